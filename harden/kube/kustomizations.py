"""Knows the kustomizations of a run together: who lists which file, and into which namespaces each can put objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from harden.model.report import Problem
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.kube.kustomization import Kustomization
    from harden.kube.kustomization_writes import Look

#: The file names that kustomize looks for (sigs.k8s.io/kustomize, api/konfig.RecognizedKustomizationFileNames).
NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


class Kustomizations:
    """The kustomizations that are known of in a run."""

    def __init__(self, known: Iterable[Kustomization] = (), look: Look = lambda _path: None) -> None:
        """Index them; `look` returns what a file holds that one of them generates from."""
        self.look = look
        self._all = tuple(known)
        self._named = {each.name: each for each in self._all}
        self._folders = {each.folder: each for each in self._all}
        self._listers: dict[str, list[Kustomization]] = {}
        self._patches: dict[str, str] = {}
        for each in self._all:
            for path in each.resources:
                self._listers.setdefault(path, []).append(each)
            for patch in each.patches:
                if patch.path is not None:
                    self._patches.setdefault(patch.path, each.name)

    def __iter__(self) -> Iterator[Kustomization]:
        """Yield them all."""
        return iter(self._all)

    def named(self, file: str) -> Kustomization | None:
        """Return the kustomization that a file is, None where it is none."""
        return self._named.get(posixpath.normpath(file))

    def patch_of(self, file: str) -> str | None:
        """Return the kustomization that calls a file a patch; None, too, where one lists it as a resource."""
        path = posixpath.normpath(file)
        return None if path in self._listers else self._patches.get(path)

    def listers(self, path: str) -> tuple[Kustomization, ...]:
        """Return the kustomizations that list a file or a folder, by its normalised path."""
        return tuple(self._listers.get(path, ()))

    def of_folder(self, path: str) -> Kustomization | None:
        """Return the kustomization in a folder, None where there is none."""
        return self._folders.get(path)

    def above(self, paths: Iterable[str]) -> tuple[Kustomization, ...]:
        """Return the kustomizations that bring in any of these files or folders, directly or by others."""
        found: dict[str, Kustomization] = {}
        todo = [posixpath.normpath(path) for path in paths]
        while todo:
            for each in self._listers.get(todo.pop(), ()):
                if each.name not in found:
                    found[each.name] = each
                    todo.append(each.folder)
        return tuple(found.values())

    def inside(self, names: frozenset[str]) -> frozenset[str]:
        """Return what kustomizations can list of a run over these files: the files, and all folders."""
        return names.union(self._folders, (posixpath.dirname(name) or "." for name in names))

    def namespaces(self, kustomization: Kustomization) -> frozenset[str] | None:
        """Return the namespaces that a kustomization can put objects into; None where each object's own word counts.

        The outermost `namespace:` wins (sigs.k8s.io/kustomize, api/internal/target: transformers of a kustomization run
        on all that its resources have come to).
        """
        found = self._ends(kustomization)
        return None if None in found else frozenset(each for each in found if each is not None)

    def namespaces_of(self, file: str) -> frozenset[str | None]:
        """Return the namespaces that the kustomizations give to a file, None among them for one that gives none."""
        listers = self._listers.get(posixpath.normpath(file), ())
        return frozenset(end for lister in listers for end in self._ends(lister))

    def namespace_of(self, file: str) -> str | None:
        """Return the one namespace that the kustomizations give which list a file, themselves or by its folder.

        Where they disagree nobody can say.
        """
        found = self.namespaces_of(file)
        return next(iter(found)) if len(found) == 1 else None

    @property
    def change_images(self) -> bool:
        """Return whether any of them changes images."""
        return any(each.images for each in self._all)

    def images_of(self, file: str, image: str) -> tuple[str, ...]:
        """Return what an image in a file ends up as, one for each way to the top of what lists it; itself without any.

        Each kustomization changes what its resources have come to (sigs.k8s.io/kustomize, api/internal/target).
        """
        from harden.kube.kustomize_images import renamed  # noqa: PLC0415 - asked where some kustomization changes images

        found: dict[str, None] = {}
        seen: set[tuple[str, str]] = set()
        todo = [(posixpath.normpath(file), image)]
        while todo:
            path, name = todo.pop()
            above = [each for each in self._listers.get(path, ()) if each.folder != path]
            if not above:
                found[name] = None
            for each in above:
                state = each.folder, renamed(name, each.images)
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return tuple(sorted(found)) or (image,)

    def _ends(self, kustomization: Kustomization) -> frozenset[str | None]:
        """Return the namespaces that objects of a kustomization end up in, one for each that builds it."""
        known = self._known_ends.get(kustomization.name)
        if known is None:
            known = self._known_ends[kustomization.name] = self._ends_in_circles(kustomization)
        return known

    @cached_property
    def _known_ends(self) -> dict[str, frozenset[str | None]]:
        """The ends of each kustomization, by its name, but for those in circles and below them: from the top down."""
        above = {
            name: {over.name for over in self._listers.get(each.folder, ()) if over is not each}
            for name, each in self._named.items()
        }
        below: dict[str, list[str]] = {}
        for name, overs in above.items():
            for over in overs:
                below.setdefault(over, []).append(name)
        missing = {name: len(overs) for name, overs in above.items()}
        ready = [name for name, count in missing.items() if not count]
        found: dict[str, frozenset[str | None]] = {}
        while ready:
            name = ready.pop()
            # None among them: somebody builds it who gives no namespace, so that its own one counts.
            ends = [found[over] for over in above[name]] or [frozenset({None})]
            every = ends[0] if len(ends) == 1 else frozenset[str | None]().union(*ends)
            own = self._named[name].namespace
            found[name] = every if own is None or None not in every else (every - {None}) | {own}
            for under in below.get(name, ()):
                missing[under] -= 1
                if not missing[under]:
                    ready.append(under)
        return found

    def _ends_in_circles(self, kustomization: Kustomization) -> frozenset[str | None]:
        """Return the ends of a kustomization that is built by some that list each other."""
        ends, seen = set[str | None](), set[tuple[str, str | None]]()
        todo: list[tuple[Kustomization, str | None]] = [(kustomization, None)]
        while todo:
            here, given = todo.pop()
            given = here.namespace if here.namespace is not None else given
            if (here.name, given) in seen:
                continue
            seen.add((here.name, given))
            above = [each for each in self._listers.get(here.folder, ()) if each is not here]
            ends |= set() if above else {given}
            todo += [(each, given) for each in above]
        # Kustomizations that list each other in a circle: kustomize refuses them.
        return frozenset(ends or {given for _, given in seen if given is not None} or {None})


def is_kustomization(name: str) -> bool:
    """Return whether a file of this name (a path with `/`) is a kustomization."""
    return posixpath.basename(name) in NAMES


def among(
    inputs: Sequence[tuple[str, bytes | Problem]],
    near: Iterable[Kustomization] = (),
    beside: Look = lambda _path: None,
) -> Kustomizations:
    """Return the kustomizations among the inputs of a run, and those `near` them.

    `beside` returns what a file holds that is not among the inputs.
    """

    @cache
    def places() -> dict[str, int]:
        return {posixpath.normpath(name): at for at, (name, _) in enumerate(inputs)}

    def look(path: str) -> SourceText | None:
        at = places().get(path)
        if at is None:
            return beside(path)
        _, data = inputs[at]
        source = decode(path, data) if isinstance(data, bytes) else None
        return source if isinstance(source, SourceText) else None

    paths = dict.fromkeys(posixpath.normpath(name) for name, _ in inputs if is_kustomization(name))
    own = [source for path in paths if (source := look(path)) is not None]
    if not own:
        return Kustomizations(near, look)
    from harden.kube.kustomization import read  # noqa: PLC0415 - only where there is one

    read_ = (read(source, look) for source in own)
    return Kustomizations((*(each for each in read_ if each is not None), *near), look)
