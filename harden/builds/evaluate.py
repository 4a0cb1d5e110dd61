"""What a build makes: its Dockerfile gone through, or the base that its tool puts a program on."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from harden.builds.builds import Build
from harden.builds.built import Built, User, Walk
from harden.builds.files import Files
from harden.builds.image import Start
from harden.builds.recipe import Recipe, Unreadable, read_recipe
from harden.images.facts import ImageFacts
from harden.model.plain import is_number

#: What an image has, and who it starts as.
Evaluation = tuple[Built, Start]
#: Says what is known of a base that a file names: facts, what another build makes, or why nothing is known.
Base = Callable[[str, str], "ImageFacts | Evaluation | str"]


class Evaluator:
    """Evaluates builds, each once."""

    def __init__(self, files: Files, base: Base) -> None:
        self._files = files
        self._base = base
        self._done: dict[tuple[object, ...], Evaluation | str] = {}

    def evaluate(self, build: Build) -> Evaluation | str:
        """Return what a build makes and who it starts as, or why that is not known."""
        arguments = tuple(sorted(build.arguments.items()))
        key = (build.dockerfile, build.target, build.context, arguments, build.base, build.user, build.why, build.shown)
        if key not in self._done:
            self._done[key] = self._evaluate(build)
        return self._done[key]

    def stages(self, build: Build) -> tuple[str, ...]:
        """Return the names of the stages of a build's Dockerfile."""
        recipe = self._recipe(build)
        return () if isinstance(recipe, str) else tuple(stage.name for stage in recipe.stages if stage.name)

    def _evaluate(self, build: Build) -> Evaluation | str:
        if build.why:
            return build.why
        if build.dockerfile is None:
            return self._on_base(build)
        recipe = self._recipe(build)
        if isinstance(recipe, str):
            return recipe
        index = recipe.stage(build.target)
        if index is None:
            return f"{build.place} wants the stage {build.target}, which {build.dockerfile} does not have"
        path = recipe.path
        walk = Walk(
            recipe,
            lambda name: _built(self._base(name, path)),
            lambda name: self._files.text(posixpath.join(build.context, name)),
        )
        built = walk.stage(index)
        start = Start(built)
        return start.why or (built, start)

    def _recipe(self, build: Build) -> Recipe | str:
        path = build.dockerfile or ""
        text = self._files.text(path)
        if text is None:
            return f"{path} cannot be read"
        recipe = read_recipe(path, text, build.arguments)
        return recipe.reason if isinstance(recipe, Unreadable) else recipe

    def _on_base(self, build: Build) -> Evaluation | str:
        """Return what a tool makes that puts a program on a base without a Dockerfile."""
        base = build.base
        if base is None:
            return f"{build.place} names no Dockerfile"
        place = build.shown or build.place
        path, _, line = place.rpartition(":")
        number = int(line) if is_number(line) else 0
        found = _built(self._base(base, place))
        if isinstance(found, str) and build.user is None:
            return found
        built = found.copy() if isinstance(found, Built) else Built(path or place, number, base)
        if isinstance(found, ImageFacts):
            built.facts = found
        # The tool starts the program itself, whatever the base starts.
        built.entrypoint, built.command = (), None
        built.path, built.line, built.tool = path or place, number, True
        if build.user is not None:
            built.user = User(build.user, build.user, built.path, number)
        start = Start(built)
        return start.why or (built, start)


def _built(found: ImageFacts | Evaluation | str) -> ImageFacts | Built | str:
    return found[0] if isinstance(found, tuple) and not isinstance(found, ImageFacts) else found
