"""Looks at the files of a repository: which there are, and the text of those that somebody asks for."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from harden.cache.digest import of_text

#: The most bytes of a file that is read, and the most entries of a repository that are looked at.
_SIZE = 1 << 20
_ENTRIES = 200_000

#: Folders of other people's code, of tools, and of what a build leaves behind.
_FOREIGN = frozenset(
    {"node_modules", "vendor", "third_party", "third-party", "bower_components", "site-packages", "venv", "__pycache__"}
)
#: Hidden names that are looked at all the same: workflows of continuous integration, and the settings of ko.
_SHOWN = frozenset({".github", ".gitlab-ci.yml", ".ko.yaml"})

#: What says how an image is built: the rest of this package is of no use without one of them.
_BUILD_FILE = re.compile(
    r"(?:.*[._-])?(?:dockerfile|containerfile)(?:[._-].*)?|skaffold[\w.-]*\.ya?ml|(?:docker-)?compose[\w.-]*\.ya?ml|pom\.xml|"
    r"build\.gradle(?:\.kts)?|\.ko\.yaml",
    re.IGNORECASE,
)

#: Stands for what has no text.
_NO_TEXT = "-"

#: Stand for whether something is built, and for all paths, where things that were looked at are told by path.
_BUILDS, _PATHS = "/builds", "/paths"

#: Reads a file by its absolute path; None where it is no file, too large, or cannot be read.
Read = Callable[[Path], bytes | None]


def repository_root(path: Path) -> Path:
    """Return the top of the Git work tree that holds `path`, or its folder where there is none."""
    folder = path if path.is_dir() else path.parent
    return next((above for above in (folder, *folder.parents) if is_work_tree(above)), folder)


def is_work_tree(folder: Path) -> bool:
    """Return whether a folder is the top of a Git work tree; False too of one that nobody may look into."""
    try:
        (folder / ".git").stat()
    except OSError:
        return False
    return True


def is_file(path: Path) -> bool:
    """Return whether something is a regular file; False too where nobody may look."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def read_local(path: Path) -> bytes | None:
    """Return the content of a regular file of at most 1 MiB; None for everything else, symbolic links too."""
    try:
        # O_NONBLOCK: opening a pipe must not wait for somebody to write to it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        return file.read() if stat.S_ISREG(state.st_mode) and state.st_size <= _SIZE else None


class Files:
    """The files of a repository by their paths below its root, with `/` between parts.

    Nothing is looked at before somebody asks. Symbolic links, hidden entries and the folders of other people's code are
    passed over.
    """

    def __init__(self, root: Path, read: Read = read_local) -> None:
        self.root = root.resolve()
        self.read = read
        self._texts: dict[str, str | None] = {}

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._walked

    @cached_property
    def known(self) -> frozenset[str]:
        """Return all paths, to ask whether one is there."""
        return frozenset(self.paths)

    @cached_property
    def builds_something(self) -> bool:
        """Return whether there is any file that may say how an image is built."""
        return any(_BUILD_FILE.fullmatch(posixpath.basename(path)) is not None for path in self._walked)

    @property
    def looks(self) -> dict[str, str]:
        """Return digests of all that was looked at: of texts by their paths, and of what is asked of all paths."""
        found = {path: _NO_TEXT if text is None else of_text(text) for path, text in self._texts.items()}
        if "builds_something" in self.__dict__:
            found[_BUILDS] = str(self.builds_something)
        if "paths" in self.__dict__:
            found[_PATHS] = of_text("\0".join(self.paths))
        return found

    @property
    def looked(self) -> int:
        """Return how much was looked at."""
        return len(self._texts) + ("builds_something" in self.__dict__) + ("paths" in self.__dict__)

    def shows(self, looks: Mapping[str, str]) -> bool:
        """Return whether looking at the same things shows the same; then this has looked at them, too."""
        for path in looks:
            if path == _BUILDS:
                _ = self.builds_something
            elif path == _PATHS:
                _ = self.paths
            else:
                self.text(path)
        found = self.looks
        return all(found.get(path) == digest for path, digest in looks.items())

    def named(self, *names: str) -> tuple[str, ...]:
        """Return the paths of the files with one of these names, in any folder."""
        return tuple(path for path in self.paths if posixpath.basename(path) in names)

    def text(self, path: str) -> str | None:
        """Return the text of a file; None where it is none, or lies outside. It is read once."""
        path = posixpath.normpath(path)
        if path.startswith(("../", "/")) or path == "..":
            return None
        if path not in self._texts:
            self._texts[path] = self._fetch(path)
        return self._texts[path]

    def _fetch(self, path: str) -> str | None:
        full = self.root / path
        if not full.parent.resolve().is_relative_to(self.root):
            return None
        data = self.read(full)
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None

    @cached_property
    def _walked(self) -> tuple[str, ...]:
        return tuple(sorted(self._walk()))

    def _walk(self) -> Iterator[str]:
        waiting, left = [""], _ENTRIES
        while waiting and left > 0:
            folder = waiting.pop()
            for entry in self._entries(folder):
                left -= 1
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False):
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as found:
                return [entry for entry in found if _is_wanted(entry.name)]
        except OSError:
            return []


def _is_wanted(name: str) -> bool:
    return name in _SHOWN if name.startswith(".") else name not in _FOREIGN
