"""Which Dockerfiles go by which name: that of their folder, or the one in their own file name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from harden.builds.builds import Build
from harden.builds.placeholders import filled_in

_FILE = re.compile(
    r"(?:dockerfile|containerfile)|(?:dockerfile|containerfile)[._-](.+)|(.+)[._-](?:dockerfile|containerfile)"
)
#: Folders inside an image's folder that only say what is in them.
_INNER = frozenset({"src", "rootfs", "docker", "build", "container", "image", "dockerfiles", "package"})
#: What a Dockerfile's ending says of the build, not of the image; the first group is of no use in a cluster.
_NEVER = frozenset(
    {"dev", "development", "debug", "test", "tests", "ci", "windows", "local", "dockerignore", "md", "go"}
)
_NEVER_EITHER = frozenset({"orig", "bak", "builder", "e2e"})
_VARIANTS = frozenset(
    {"prod", "production", "release", "linux", "multi", "multistage", "alpine", "amd64", "x86_64", "arm64", "aarch64"}
    | {"debian", "ubuntu", "slim", "distroless", "scratch", "ubi", "ubi8", "ubi9", "rhel", "fips", "jvm", "native"}
    | {"gpu", "cuda", "cpu", "rootless", "nonroot", "k8s", "kubernetes", "deploy"}
)


def plain(name: str) -> str:
    """Return a name without what people write differently: capitals, `-`, `_` and `.`."""
    return re.sub(r"[-_.]", "", name.lower())


class Folders:
    """The Dockerfiles of a repository by their names; `top` are those that only the repository's own name fits.

    What templates of Dockerfiles become is told apart: nobody knows what they are filled in with.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.by_name: dict[str, list[str]] = {}
        self.top: list[str] = []
        self._templates: dict[str, list[str]] = {}
        for path in paths:
            folder, file = posixpath.split(path)
            becomes = filled_in(file.lower())
            name = _name(folder, becomes or file.lower())
            if name is None:
                continue
            if becomes is not None:
                self._templates.setdefault(plain(name), []).append(path)
            elif name:
                self.by_name.setdefault(plain(name), []).append(path)
            else:
                self.top.append(path)

    @property
    def all(self) -> tuple[Build, ...]:
        """Return the builds of all Dockerfiles, those at the top left out."""
        return tuple(_build(path) for paths in self.by_name.values() for path in paths)

    def named(self, name: str) -> tuple[Build, ...]:
        """Return the builds that go by a name."""
        return tuple(_build(path) for path in self.by_name.get(plain(name), ()))

    def templates(self, name: str) -> tuple[str, ...]:
        """Return the templates of Dockerfiles that go by a name; those at the top with the name ""."""
        return tuple(self._templates.get(plain(name), ()))


def folder_name(folder: str) -> str:
    """Return the name of the nearest folder that says more than what is in it; empty at the top."""
    parts = folder.split("/")
    return next((part for part in reversed(parts) if part.lower() not in _INNER), "")


def _name(folder: str, file: str) -> str | None:
    """Return the name that a Dockerfile goes by, empty for one at the top; None for a file that is none."""
    match = _FILE.fullmatch(file)
    if match is None:
        return None
    ending = match[1] or match[2]
    if ending is None or ending in _VARIANTS:
        # Which of a folder's files goes to the cluster, none of them says: they count as equals.
        return folder_name(folder)
    return None if ending in _NEVER or ending in _NEVER_EITHER else ending


def _build(path: str) -> Build:
    return Build("", path, path, posixpath.dirname(path))
