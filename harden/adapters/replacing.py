"""Bringing a file to its name, whole or not at all: temporary files, what they leave behind, and attributes."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_STRAY = r"\.harden-([0-9]+)-[0-9a-f]{16}\.tmp"
#: A temporary file lives for milliseconds; one that is older (in seconds), of a process that is gone, is a stray.
#: The age also counts because processes of another container or host, which share the folder, are not seen.
_STRAY_AGE = 60
#: What gives access to others; unlike labels, which belong to the system, these have to be as they were.
_OURS = ("system.posix_acl_access", "user.")


class ChangedError(OSError):
    """The file does not hold any more what the new content was made from."""


def replace(target: Path, old: os.stat_result, data: bytes, unchanged: Callable[[], bool]) -> None:
    """Put a file with `data` in the place of `target`, whose attributes it takes over.

    Raises ChangedError where `unchanged` says no, asked as the last thing before the file is renamed; OSError where
    something cannot be done. The target is then as it was.
    """

    def finish(temporary: Path) -> None:
        if not unchanged():
            raise ChangedError
        temporary.replace(target)

    _through(target, data, 0o600, lambda handle: _keep_attributes(handle, target, old), finish)


def place(target: Path, data: bytes) -> None:
    """Write a file that is not there yet; raises FileExistsError where there is one by now, OSError else."""

    def finish(temporary: Path) -> None:
        try:
            # Unlike a rename, a link never takes the place of a file that somebody has made meanwhile.
            os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links, or one where the user may not make them.
            if os.path.lexists(target):
                raise FileExistsError(target) from None
            temporary.rename(target)
        else:
            temporary.unlink()

    _through(target, data, 0o666, lambda _: None, finish)


def sweep(folders: Iterable[str]) -> None:
    """Remove the temporary files that runs which were killed have left in these folders."""
    for folder in dict.fromkeys(folders):
        with suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                found = re.fullmatch(_STRAY, entry.name)
                if found is not None and _is_stray(entry, int(found[1])):
                    with suppress(OSError):
                        Path(entry.path).unlink()


def _is_stray(entry: os.DirEntry[str], process: int) -> bool:
    found = entry.stat(follow_symlinks=False)
    return stat.S_ISREG(found.st_mode) and time.time() - found.st_mtime > _STRAY_AGE and not _lives(process)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _through(
    target: Path, data: bytes, mode: int, prepare: Callable[[int], None], finish: Callable[[Path], None]
) -> None:
    """Write a temporary file beside `target` and bring it to the disk; `finish` moves it to its place."""
    temporary = target.parent / f".harden-{os.getpid()}-{os.urandom(8).hex()}.tmp"
    try:
        # The name is known before the file is there: whatever interrupts this from here on, it is removed.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            prepare(file.fileno())
            os.fsync(file.fileno())
        finish(temporary)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _keep_attributes(handle: int, target: Path, old: os.stat_result) -> None:
    """Give the new file what the old one had; the owner and labels of the system only where it lets us."""
    has_attributes = hasattr(os, "listxattr")
    if has_attributes:
        # A default ACL of the folder gives the temporary file rights for people that the old one has none for.
        _remove_inherited(handle, target)
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
    # After the owner, whose change takes set-id bits away.
    os.fchmod(handle, stat.S_IMODE(old.st_mode))
    if has_attributes:
        for name in _attributes(target):
            _set(handle, name, os.getxattr(target, name))


def _attributes(file: int | Path) -> list[str]:
    try:
        return os.listxattr(file)
    except OSError:
        # A file system without attributes.
        return []


def _remove_inherited(handle: int, target: Path) -> None:
    for name in set(_attributes(handle)) - set(_attributes(target)):
        if name.startswith(_OURS):
            os.removexattr(handle, name)


def _set(handle: int, name: str, value: bytes) -> None:
    if name.startswith(_OURS):
        os.setxattr(handle, name, value)
        return
    # Labels that only the system may set.
    with suppress(OSError):
        os.setxattr(handle, name, value)
