"""Finds the build file of an image and what it says: the one entry to this package."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harden.builds import ko
from harden.builds.affixes import Affixes
from harden.builds.builds import Build
from harden.builds.declared import Declared, holds, lenient_reference, meant, nearest, reaches_tag, there
from harden.builds.files import Files, Read, read_local
from harden.builds.folders import Folders, plain
from harden.builds.kustomizations import Kustomizations
from harden.builds.outcome import Outcome, Refused, Resolved, RootFinding
from harden.builds.ownership import PLACEHOLDER, Ownership, is_official
from harden.builds.scripts import Scripts
from harden.builds.told import Told
from harden.images.facts import ImageFacts
from harden.images.reference import Reference

# What reads Dockerfiles takes as long to import as all else here, and many images have none.
if TYPE_CHECKING:
    from harden.builds.evaluate import Evaluation, Evaluator

#: The most Dockerfiles that build on one another.
_DEPTH = 20


class BuildFiles:
    """What the build files below `root` say of the images that are built there; nothing is read before it is needed.

    `facts_lookup` says what is known of an image without them: shipped facts and general rules; `base_lookup` says it
    of images that others build on, where that is more. `read` reads a file by its absolute path. Answers are kept for
    the life of the object.
    """

    def __init__(
        self,
        root: Path | Files,
        facts_lookup: Callable[[str], ImageFacts | None],
        read: Read = read_local,
        base_lookup: Callable[[str], ImageFacts | None] | None = None,
    ) -> None:
        self.files = Files(root, read) if isinstance(root, Path) else root
        self._facts_lookup = facts_lookup
        self._base_lookup = facts_lookup if base_lookup is None else base_lookup
        self._scripts = Scripts(self.files)
        self._ownership = Ownership(self.files, self._scripts, lambda: meant(self._declared.builds, ""))
        self._answers: dict[tuple[str, str], Outcome] = {}
        self._findings: dict[tuple[str, int], RootFinding] = {}
        self._underway: set[str] = set()
        #: The bases of which nothing is known, by what is said of that.
        self._unknown_bases: dict[str, str] = {}

    @cached_property
    def _evaluator(self) -> Evaluator:
        from harden.builds.evaluate import Evaluator  # noqa: PLC0415 - see above

        return Evaluator(self.files, self._base)

    def lookup(self, image: str, manifest: str) -> Outcome:
        """Return what the build files say of an image in a manifest, None: nothing.

        `manifest` is a path below the root, or an absolute one.
        An image that is known without them is looked for only where the Git remote or the Go module shows that it is
        the repository's own.
        """
        if Path(manifest).is_absolute():
            manifest = posixpath.relpath(Path(manifest).resolve().as_posix(), self.files.root.as_posix())
        key = (image, manifest)
        if key not in self._answers:
            answer = self._answers[key] = self._look(image, manifest)
            if isinstance(answer, Resolved) and answer.finding is not None:
                self._findings[answer.finding.path, answer.finding.line] = answer.finding
        return self._answers[key]

    def renamed(self, image: str, manifest: str) -> tuple[str, ...]:
        """Return what kustomizations make of an image in a manifest; the image itself where they leave it."""
        return self._kustomizations.names(image, manifest)

    @property
    def findings(self) -> tuple[RootFinding, ...]:
        """Return the Dockerfiles, of the images that were asked for, that end as root."""
        return tuple(finding for _, finding in sorted(self._findings.items()))

    def _look(self, image: str, manifest: str) -> Outcome:
        if image.startswith(ko.SCHEME):
            path = image[len(ko.SCHEME) :]
            build = ko.ko_build(self.files, path)
            return self._answer(Reference("ko.local", path.lower(), None, None), [build], manifest, "ko builds it here")
        reference = lenient_reference(image)
        if reference is None:
            return None
        if self._is_known(image):
            return self._own_before_facts(reference, manifest)
        named = [name for name in self.renamed(image, manifest) if name != image]
        best: Refused | None = None
        for written in (*named, image):
            found = self._find(written, manifest)
            if isinstance(found, Resolved):
                return found
            best = best or found
        return best

    def _is_known(self, image: str) -> bool:
        facts = self._facts_lookup(image)
        return facts is not None and facts.user_known

    def _own_before_facts(self, reference: Reference, manifest: str) -> Resolved | None:
        """Return what is built here of an image that is known anyway.

        An organisation has many repositories: its own image is the one that a file declares, or that has the name of
        this repository.
        """
        owner = self._ownership.quickly(reference)
        if owner is None or is_official(reference):
            return None
        builds = meant(self._declared.exactly(reference, manifest), manifest)
        if not builds and plain(reference.last) in map(plain, self._ownership.names):
            builds = self._at_top(reference.last)
        found = self._answer(reference, builds, manifest, owner) if builds else None
        return found if isinstance(found, Resolved) else None

    def _find(self, written: str, manifest: str) -> Resolved | Refused | None:
        reference = lenient_reference(written)
        if reference is None:
            return None
        exact = self._exactly(reference, manifest)
        if exact and not is_official(reference):
            return self._answer(reference, exact, manifest, f"{exact[0].place} builds it")
        owner = self._ownership.shown(reference, written)
        if owner is None:
            return None
        builds = self._by_last(reference, manifest) or self._scaffolded(reference, manifest)
        if builds:
            return self._unless_copy(reference, builds) or self._answer(reference, builds, manifest, owner)
        return self._unbuilt(reference, written, owner)

    def _unbuilt(self, reference: Reference, written: str, owner: str) -> Refused | None:
        """Return why nothing is known of an image that no build file goes by the name of; None: nothing to be said."""
        own = plain(reference.last) in map(plain, self._ownership.names)
        templates = self._folders.templates(reference.last) or (self._folders.templates("") if own else ())
        if templates:
            return Refused(f"nothing here says what {templates[0]} is filled in with", templates)
        if "/" not in written or owner == PLACEHOLDER:
            # Nothing shows that it is built here at all.
            return None
        return Refused(f"{owner}, but no build file here goes by the name {reference.last}")

    def _unless_copy(self, reference: Reference, builds: Sequence[Build]) -> Refused | None:
        if not self._ownership.may_be_copy(reference):
            return None
        paths = tuple(dict.fromkeys(build.path for build in builds))
        return Refused(f"it may be a copy of the public image {reference.last}, and nothing here pushes it", paths)

    def _exactly(self, reference: Reference, manifest: str) -> list[Build]:
        """Return the builds that are declared for this name; none where the folders near the manifest say more."""
        exact = meant(self._declared.exactly(reference, manifest), manifest)
        beside = [build for build in exact if holds(posixpath.dirname(build.place), manifest)]
        # Somewhere else the same bare name may be another image, and a whole one the example of a test.
        if beside or not exact or reference.name.startswith("docker.io/library/"):
            return beside
        near = nearest([*exact, *self._folders.named(reference.last)], manifest)
        return exact if any(build in exact for build in near) else []

    def _by_last(self, reference: Reference, manifest: str) -> list[Build]:
        declared = meant(self._declared.by_last(reference.last, manifest), manifest)
        beside = [build for build in there(declared) if holds(posixpath.dirname(build.place), manifest)]
        found = beside or [
            *there(declared),
            *self._in_project(reference, manifest, self._folders.named(reference.last)),
        ]
        if found:
            return found
        return self._at_top(reference.last) or self._by_shared_part(reference, manifest) or declared

    def _by_shared_part(self, reference: Reference, manifest: str) -> list[Build]:
        shared = self._in_project(reference, manifest, self._affixes.builds(reference))
        # Where a Dockerfile stands nearer to the manifest, a part of a name does not outweigh it.
        near = nearest([*shared, *self._folders.all], manifest) if shared else ()
        return [build for build in shared if build in near]

    def _in_project(self, reference: Reference, manifest: str, builds: Sequence[Build]) -> list[Build]:
        """Return the builds that an image with a bare name may have: those of the project that its manifest is in."""
        builds = meant(builds, manifest)
        project = self._declared.project(manifest)
        if project is None or not reference.name.startswith("docker.io/library/"):
            return builds
        return [build for build in builds if holds(project, build.path)]

    def _at_top(self, last: str) -> list[Build]:
        """Return the Dockerfiles at the top with a stage of this name, or all where the repository has the name."""
        tops = [Build("", path, path, "") for path in self._folders.top]
        staged = [build._replace(target=last) for build in tops if last in self._evaluator.stages(build)]
        if staged:
            return staged
        return tops if plain(last) in map(plain, self._ownership.names) else []

    def _scaffolded(self, reference: Reference, manifest: str) -> list[Build]:
        """Return the Dockerfile of a kubebuilder project above the manifest, whose image is called controller."""
        folder = posixpath.dirname(manifest)
        while reference.name == "docker.io/library/controller" and folder:
            folder = posixpath.dirname(folder)
            path = posixpath.join(folder, "Dockerfile")
            if posixpath.join(folder, "PROJECT") in self.files.known and path in self.files.known:
                return [Build("", path, path, folder)]
        return []

    def _answer(self, reference: Reference, builds: Sequence[Build], manifest: str, owner: str) -> Resolved | Refused:
        near = [way for build in nearest(builds, manifest) for way in self._ways(build)]
        results = [(build, self._evaluator.evaluate(build)) for build in near]
        counting = {_what_counts(result) for _, result in results}
        paths = tuple(dict.fromkeys(build.path for build in near))
        build, result = results[0]
        if len(counting) > 1 and not all(isinstance(found, str) for _, found in results):
            shown = f"{' and '.join(paths)} could build it, and" if len(paths) > 1 else f"the ways to build {paths[0]}"
            return Refused(f"{shown} differ in who it starts as", paths)
        if isinstance(result, str):
            return Refused(result, paths, self._unknown_bases.get(result))
        return self._resolved(reference, build, result, owner)

    def _ways(self, build: Build) -> tuple[Build, ...]:
        text = self.files.text(build.dockerfile) if build.dockerfile is not None else None
        return (build,) if text is None else self._told.ways(build, text, self._evaluator.stages(build))

    def _resolved(self, reference: Reference, build: Build, result: Evaluation, owner: str) -> Resolved:
        from harden.builds.image import facts_of, root_finding  # noqa: PLC0415 - see above

        built, start = result

        def script(name: str) -> str | None:
            return self.files.text(posixpath.join(build.context, name))

        facts = facts_of(built, start, reference, script, reaches=reaches_tag(reference, build))
        return Resolved(facts, owner, root_finding(built, start, script))

    def _base(self, name: str, path: str) -> ImageFacts | Evaluation | str:
        """Return what is known of the base of a Dockerfile: facts, or what another Dockerfile here makes."""
        facts = self._base_lookup(name)
        if facts is not None and facts.default_user is not None:
            return facts
        if name in self._underway or len(self._underway) >= _DEPTH:
            return f"{path} builds on {name}, which builds on itself, or on too many others"
        self._underway.add(name)
        try:
            found = self._base_build(name, path)
        finally:
            self._underway.discard(name)
        if found is not None:
            return found
        if facts is not None:
            return facts
        said = f"{path} builds on {name}, of which nothing is known"
        self._unknown_bases[said] = name
        return said

    def _base_build(self, name: str, path: str) -> Evaluation | str | None:
        reference = lenient_reference(name)
        if reference is None or is_official(reference):
            return None
        builds = self._declared.exactly(reference, path) or self._declared.exactly(reference, "")
        if not builds and self._ownership.shown(reference, name) is not None:
            builds = self._by_last(reference, path)
        near = [build for build in nearest(builds, path) if build.dockerfile != path]
        results = [self._evaluator.evaluate(build) for build in near]
        if len({_what_counts(result) for result in results}) != 1:
            return None
        return results[0]

    @cached_property
    def _declared(self) -> Declared:
        return Declared(self.files)

    @cached_property
    def _folders(self) -> Folders:
        return Folders(self.files.paths)

    @cached_property
    def _kustomizations(self) -> Kustomizations:
        return Kustomizations(self.files)

    @cached_property
    def _told(self) -> Told:
        return Told(self._scripts)

    @cached_property
    def _affixes(self) -> Affixes:
        return Affixes(self.files, self._folders)


def _what_counts(result: Evaluation | str) -> object:
    if isinstance(result, str):
        return result
    built, start = result
    base = built.facts
    return start.why, start.user, start.account.uid, start.account.gid, base.uid if base is not None else None
