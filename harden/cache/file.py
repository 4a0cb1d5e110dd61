"""Reads and writes the files of a cache: whole or not at all, and only where nobody else may write.

Whoever writes these files says what the next run finds, so they lie in a folder that is the user's own. Nothing here
fails: what cannot be read is not there, and what cannot be written is not kept.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harden.cache.digest import of_bytes
from harden.source.regular import read_regular

_ENDING = ".harden"
_NAME = re.compile(r"[0-9a-f]{40}\.harden")
_BEGUN = re.compile(r"\.begun-\w+")
#: The most bytes of a file, and the most files: one for each set of options and folder that people use.
_LARGEST, _MOST = 1 << 30, 20
#: Seconds after which nobody writes what was begun any more.
_KILLED = 3600
#: Tells programs that make backups to leave the folder out (bford.info/cachedir).
_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by harden: safe to delete.\n"


class CacheFolder:
    """A folder that holds caches; made when something is written. `trouble` says why it is of no use, "" for none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = _trouble(path)

    def read(self, key: str) -> list[bytes]:
        """Return the lines that were written under a key; none where there are none, or not all of them."""
        if self.trouble:
            return []
        try:
            path = self.path / f"{key}{_ENDING}"
            if _others_write(path.lstat()) or path.is_symlink():
                return []
            data = read_regular(path, _LARGEST)
        except OSError:
            return []
        seal, _, body = data.partition(b"\n")
        return body.split(b"\n") if seal == of_bytes(body).encode() else []

    def write(self, key: str, lines: Iterable[bytes]) -> None:
        """Put lines in the place of those that were written under a key; `trouble` says where that fails."""
        if self.trouble:
            return
        body = b"\n".join(lines)
        try:
            self._make()
            handle, begun = tempfile.mkstemp(prefix=".begun-", dir=self.path)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(of_bytes(body).encode() + b"\n")
                    file.write(body)
                Path(begun).replace(self.path / f"{key}{_ENDING}")
            except BaseException:
                Path(begun).unlink(missing_ok=True)
                raise
            self._sweep()
        except OSError as error:
            self.trouble = f"it cannot be written: {error.strerror or error}"

    def _make(self) -> None:
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.trouble = _trouble(self.path)
            if self.trouble:
                raise PermissionError(0, self.trouble)
        with suppress(FileExistsError), (self.path / _TAG).open("x", encoding="utf-8") as tag:
            tag.write(_SIGNATURE)

    def _sweep(self) -> None:
        """Take away the oldest files where there are too many, and what runs began that were killed."""
        found = []
        for path in self.path.iterdir():
            # Another run may sweep as well.
            with suppress(FileNotFoundError):
                found.append((path.lstat().st_mtime, path))
        found.sort(reverse=True)
        kept = [path for _, path in found if _NAME.fullmatch(path.name)]
        begun = [path for when, path in found if _BEGUN.fullmatch(path.name) and when < found[0][0] - _KILLED]
        for path in (*kept[_MOST:], *begun):
            with suppress(OSError):
                path.unlink()


def _trouble(path: Path) -> str:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    if not stat.S_ISDIR(found.st_mode):
        return "it is no folder"
    return "others may write there" if _others_write(found) else ""


def _others_write(found: os.stat_result) -> bool:
    """Return whether somebody else may have written a file or folder; systems without owners know no such thing."""
    if not hasattr(os, "geteuid"):
        return False
    return found.st_uid != os.geteuid() or bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
