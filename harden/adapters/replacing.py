"""Bringing a file to its name, whole or not at all: temporary files, what they leave behind, and attributes."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from harden.adapters.attributes import keep

_STRAY = r"\.harden-([0-9]+)-[0-9a-f]{16}\.tmp"
#: A temporary file lives for milliseconds; one that is older (in seconds), of a process that is gone, is a stray.
#: The age also counts because processes of another container or host, which share the folder, are not seen.
_STRAY_AGE = 60


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

    _through(target, data, 0o600, lambda handle: keep(handle, target, old), finish)


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
    if sys.platform == "win32":
        # Signal 0 would be Ctrl-C there. A file that some process has open cannot be removed anyway.
        return False
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
