"""Puts build files into their place in the order of evidence: behind a project's own facts, before shipped ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harden.builds.ground import Ground
from harden.images.by_file import STAND_IN, ImagesByFile, Lookup
from harden.model.record import Record
from harden.model.report import Problem, Stage

if TYPE_CHECKING:
    from harden.builds.outcome import Outcome
    from harden.builds.repositories import Repositories
    from harden.images.assumed import Assumption
    from harden.images.facts import ImageFacts

#: What kustomizations make of an image in a file.
Names = Callable[[str, str], "tuple[str, ...]"]


class Known(Record):
    """What is known of an image in one file; `why` says why its build file does not tell who it starts as.

    `base` is what it is built on, where knowing that would tell.
    """

    facts: ImageFacts | None
    why: str = ""
    base: str | None = None


_NOTHING = Known(None)


class Asked(Record):
    """The images that were asked for in a file: those of which nothing is to be said, and the others."""

    silent: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class BuiltImages(ImagesByFile):
    """Tells what is known of images, with what the build files beside the manifests say.

    `facts` are those of the project's own files, the shipped ones and general rules; `ground` is None where no build
    file may be read. Nothing is read before an image asks for it, and what is read is kept for the run.
    """

    def __init__(
        self, facts: Lookup, ground: Ground | None, names: Names | None = None, assumption: Assumption | None = None
    ) -> None:
        super().__init__(facts if assumption is None else lambda image: assumption.over(image, facts(image)))
        self._facts = facts
        self._ground = ground
        self._names = names
        self._assumption = assumption
        self._files: dict[str, _OfFile] = {}
        self._repositories: Repositories | None = None

    def of(self, file: str) -> Lookup:
        """Return what tells of the images in a file."""
        if file not in self._files:
            self._files[file] = _OfFile(self, file)
        return self._files[file]

    def undecided(self, image: str, file: str) -> str:
        """Return why what is built here of an image does not tell who it starts as; "" where nothing is to be said."""
        return self.known(image, file).why

    def names(self, image: str, file: str) -> tuple[str, ...]:
        """Return what kustomizations make of an image in a file; itself where they leave it."""
        return (image,) if self._names is None or image.startswith(STAND_IN) else self._names(file, image)

    def to_learn(self, image: str, file: str) -> tuple[str, ...]:
        """Return the images that tell who an image in a file starts as, once they are learned: itself, or its base."""
        base = self.known(image, file).base
        return self.names(image, file) if base is None else (base,)

    def known(self, image: str, file: str) -> Known:
        """Return what is known of an image in a file."""
        if file not in self._files:
            self._files[file] = _OfFile(self, file)
        return self._files[file].known(image)

    def look_ahead(self, file: str, text: str) -> None:
        """Find out what is known of the images in a text, before processes share the work on it."""
        if self._ground is None:
            return
        from harden.builds.mentioned import mentioned  # noqa: PLC0415 - only long streams need it

        for image in mentioned(text):
            self.known(image, file)

    def notes(self) -> Iterator[Problem]:
        """Yield what people should know of the build files and statements of a run: Dockerfiles that end as root."""
        if self._repositories is not None:
            yield from self._repositories.notes()
        if self._assumption is not None:
            yield from (Problem(place, Stage.NOTE, said) for place, said in self._assumption.notes())

    def standing(self, files: Sequence[str]) -> object:
        """Return what answers about images in files hang on beside facts and kustomizations, before any is given."""
        stated = None if self._assumption is None else self._assumption.globs
        return stated, self._ground, None if self._ground is None else self._places(self._ground).standing(files)

    @property
    def looked(self) -> int:
        """Return how much of repositories was looked at so far."""
        return 0 if self._repositories is None else self._repositories.looked

    def looks(self) -> dict[str, dict[str, str]]:
        """Return digests of what answers so far rest on: by repository, of each file and of the list of files."""
        return {} if self._repositories is None else self._repositories.looks()

    def resume(self, looks: Mapping[str, Mapping[str, str]]) -> bool:
        """Return whether looking at the same things would show the same."""
        if self._ground is None:
            return not looks
        return self._places(self._ground).resume(looks)

    def asked(self, file: str) -> Asked:
        """Return the images that were asked for in a file, apart those of which nothing at all is to be said."""
        known = self._files[file].answers if file in self._files else {}
        # What is stated of images is told in the end by those that were asked for.
        silent = {image for image, each in known.items() if each == _NOTHING and self._assumption is None}
        return Asked(tuple(image for image in known if image in silent), tuple(i for i in known if i not in silent))

    def ask_again(self, file: str, asked: Asked) -> None:
        """Find out what an earlier run was asked for in a file, so that this one has as much to tell in the end."""
        if file not in self._files:
            self._files[file] = _OfFile(self, file)
        self._files[file].answers.update(dict.fromkeys(asked.silent, _NOTHING))
        for image in asked.others:
            self.known(image, file)

    def find(self, image: str, file: str) -> Known:
        """Return what is known of an image in a file, found out anew."""
        if image.startswith(STAND_IN):
            return Known(None)
        names = self.names(image, file)
        found = [self._one(name, file) for name in names]
        first = found[0]
        if names != (image,):
            return _together(names, found)
        return first

    def _one(self, image: str, file: str) -> Known:
        facts = self._facts(image)
        outcome = self._outcome(image, facts, file)
        why, base = "", None
        if outcome is not None:
            from harden.builds.outcome import Refused  # noqa: PLC0415 - loaded already where there is one

            if isinstance(outcome, Refused):
                why, base = outcome.reason, outcome.base
            else:
                facts = _over(facts, outcome.facts)
        if self._assumption is not None:
            facts = self._assumption.over(image, facts)
        if facts is None:
            return Known(None, why, base) if why or base else _NOTHING
        return Known(facts) if facts.user_known else Known(facts, why, base)

    def _outcome(self, image: str, facts: ImageFacts | None, file: str) -> Outcome:
        if self._ground is None or (facts is not None and _is_settled(facts)):
            return None
        is_known = facts is not None and facts.user_known
        if is_known and "/" not in image:
            # A bare name that is known is a public image's.
            return None
        return self._places(self._ground).outcome(image, file, is_known=is_known)

    def _places(self, ground: Ground) -> Repositories:
        if self._repositories is None:
            from harden.builds.repositories import Repositories  # noqa: PLC0415 - few images are unknown

            self._repositories = Repositories(ground, self._facts, self._everywhere)
        return self._repositories


class _OfFile:
    """Tells of the images in one file; each is found out about once."""

    __slots__ = ("_file", "_images", "answers")

    def __init__(self, images: BuiltImages, file: str) -> None:
        self._images = images
        self._file = file
        self.answers: dict[str, Known] = {}

    def __call__(self, image: str) -> ImageFacts | None:
        return self.known(image).facts

    def known(self, image: str) -> Known:
        if image not in self.answers:
            self.answers[image] = self._images.find(image, self._file)
        return self.answers[image]


def _is_settled(facts: ImageFacts) -> bool:
    """Return whether the project's own facts say how an image starts."""
    return facts.user_known and not facts.own.isdisjoint({"uid", "runs_as_nonroot", "host_access"})


def _over(facts: ImageFacts | None, built: ImageFacts) -> ImageFacts:
    """Return what a build file says of an image, with what the project's own facts say above it."""
    if facts is None or not facts.own:
        return built
    fields = {name: getattr(facts, name) for name in facts.own}
    origins = {name: place for name, place in facts.origins.items() if name in facts.own}
    return built._replace(
        **fields,
        origins={**built.origins, **origins},
        matched=(*facts.matched, *built.matched),
        outside=built.outside - facts.own,
    )


def _together(names: Sequence[str], found: Sequence[Known]) -> Known:
    """Return what is known of all that kustomizations make of an image; nothing where that differs in what counts."""
    counting = {None if each.facts is None else _what_counts(each.facts) for each in found}
    named = " and ".join(names[:2])
    if len(counting) > 1:
        return Known(None, f"kustomizations make {named} of it, which differ in who they start as")
    # Of equals the one whose tag the facts reach least.
    known = min(found, key=lambda each: each.facts is not None and each.facts.reaches_tag)
    if known.facts is None:
        return Known(None, known.why or f"a kustomization makes {names[0]} of it")
    return known


def _what_counts(facts: ImageFacts) -> object:
    return facts.default_user, facts.uid, facts.gid, facts.runs_as_nonroot, facts.nonroot_needs, facts.host_access
