"""The builds that files declare by the name of their image, and which of several is meant."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from harden.builds.builds import Build
from harden.builds.compose import compose_builds
from harden.builds.files import Files
from harden.builds.folders import plain
from harden.builds.jib import jib_builds
from harden.builds.skaffold import skaffold_builds
from harden.images.reference import ImageNameError, Reference, parse_reference

#: Tags that move with the source: what they hold is built from what stands in the repository.
_MOVING = frozenset(
    {
        "latest",
        "dev",
        "devel",
        "develop",
        "main",
        "master",
        "edge",
        "nightly",
        "snapshot",
        "local",
        "head",
        "trunk",
        "tip",
    }
)


#: Folders of what tests work on: whole applications of nobody, with names that are somebody's.
_MATERIAL = frozenset({"test", "tests", "testdata", "test-data", "fixtures", "__tests__", "__fixtures__", "e2e"})


class Declared:
    """The builds that skaffold, compose and Jib files declare."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """Return all of them, those whose Dockerfile is missing too."""
        files = self._files
        found: Iterable[Build] = (*skaffold_builds(files), *compose_builds(files), *jib_builds(files))
        return tuple(map(self._checked, found))

    def exactly(self, reference: Reference, manifest: str) -> list[Build]:
        """Return the builds that are declared for exactly this name; where one name has several, its tag decides."""
        found = self._by_name.get(reference.name, [])
        if reference.name.startswith("docker.io/library/"):
            found = self._near(found, manifest)
        tag = reference.tag or ""
        named = [build for build in found if _tag(build.image) and _same_end(_tag(build.image), tag)]
        return there(named) or there(found) or found

    def by_last(self, last: str, manifest: str) -> list[Build]:
        """Return the builds of images whose name ends in this part."""
        return self._near(self._by_last.get(plain(last), []), manifest)

    def _near(self, found: list[Build], manifest: str) -> list[Build]:
        """Return the builds whose file may speak of a manifest: beside it, above it, or below the nearest above it.

        A repository of many small projects uses one bare name for several images.
        """
        nearest = self.project(manifest)
        if nearest is None:
            return found
        places = ((build, posixpath.dirname(build.place)) for build in found)
        return [build for build, place in places if holds(place, nearest + "/") or holds(nearest, place + "/")]

    def project(self, manifest: str) -> str | None:
        """Return the nearest folder above a manifest in which a skaffold or compose file builds something."""
        folder = posixpath.dirname(manifest)
        while folder and folder not in self._folders:
            folder = posixpath.dirname(folder)
        return folder if folder in self._folders else None

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(posixpath.dirname(build.place) for build in self.builds if not _is_jib(build))

    @cached_property
    def _by_name(self) -> dict[str, list[Build]]:
        return _grouped((_name(build.image), build) for build in self.builds)

    @cached_property
    def _by_last(self) -> dict[str, list[Build]]:
        return _grouped((plain(_name(build.image).rpartition("/")[2]), build) for build in self.builds)

    def _checked(self, build: Build) -> Build:
        """Return a declared build, with a reason against it where its Dockerfile is not there."""
        if build.dockerfile is None or build.dockerfile in self._files.known:
            return build
        return build._replace(why=f"{build.place} names {build.dockerfile}, which is not there", is_missing=True)


def meant(builds: Iterable[Build], manifest: str) -> list[Build]:
    """Return the builds that may be meant in a manifest: those of a test's material only by what lies beside them."""
    return [build for build in builds if holds(_material(build.path), manifest)]


def _material(path: str) -> str:
    """Return the innermost folder above a path that holds the material of tests, "" where none does."""
    parts = posixpath.dirname(path).split("/")
    last = max((number for number, part in enumerate(parts) if part.lower() in _MATERIAL), default=-1)
    return "/".join(parts[: last + 1])


def there(builds: Sequence[Build]) -> list[Build]:
    """Return the builds whose Dockerfile is there."""
    return [build for build in builds if not build.is_missing]


def holds(folder: str, path: str) -> bool:
    """Return whether a path is below a folder, whose name is empty at the top."""
    return not folder or path.startswith(f"{folder}/")


def reaches_tag(reference: Reference, build: Build) -> bool:
    """Return whether the image behind a tag is built from what stands in the repository now."""
    if reference.digest is not None:
        return False
    return reference.tag in _MOVING or reference.tag is None or _tag(build.image) == reference.tag


def lenient_reference(image: str) -> Reference | None:
    """Return the reference of an image, capitals of placeholders in it made small; None where it is no name."""
    for name in (image, re.sub(r"<[^<>]*>", "placeholder", image).lower()):
        try:
            return parse_reference(name)
        except ImageNameError:
            continue
    return None


def _grouped(pairs: Iterable[tuple[str, Build]]) -> dict[str, list[Build]]:
    groups: dict[str, list[Build]] = {}
    for key, build in pairs:
        groups.setdefault(key, []).append(build)
    return groups


def _is_jib(build: Build) -> bool:
    return build.place.rpartition(":")[0].endswith(("pom.xml", ".gradle", ".kts"))


def _name(image: str) -> str:
    reference = lenient_reference(re.split(r"[:@]?\$", image, maxsplit=1)[0].rstrip(":/") or image)
    return "" if reference is None else reference.name


def _tag(image: str) -> str:
    head, colon, tag = image.rpartition(":")
    return tag if colon and head and "/" not in tag else ""


def _same_end(declared: str, tag: str) -> bool:
    """Return whether two tags are the same, or end in the same word behind a version."""
    return declared == tag or ("-" in declared and tag.endswith("-" + declared.rpartition("-")[2]))


def nearest(builds: Sequence[Build], manifest: str) -> list[Build]:
    """Return the builds whose file shares the longest path with the manifest."""

    def shared(build: Build) -> int:
        pairs = zip(posixpath.dirname(build.path).split("/"), posixpath.dirname(manifest).split("/"), strict=False)
        count = 0
        for pair, other in pairs:
            if pair != other or not pair:
                break
            count += 1
        return count

    most = max(map(shared, builds), default=0)
    return [build for build in builds if shared(build) == most]
