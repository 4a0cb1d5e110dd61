"""Reads a file, and puts a new one in its place, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from harden.adapters.replacing import ChangedError, place, replace
from harden.model.report import Problem, Stage
from harden.source.read import LIMIT
from harden.source.regular import read_regular

#: What a stream that came through standard input is called in messages and reports.
STDIN = "<stdin>"


def read(name: str) -> bytes | Problem:
    """Return the bytes of a file, or why they cannot be had; pipes such as `/dev/fd/63` are read to their end."""
    try:
        with Path(name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # A pipe has no size and may never end.
            data = b"" if size > LIMIT else file.read(size + 1 if size else LIMIT + 1)
    except (OSError, ValueError) as error:
        return unreadable(name, error)
    if max(size, len(data)) > LIMIT:
        return too_large(name)
    return data


def write(name: str, data: bytes, *, original: bytes) -> Problem | None:
    """Put `data` in the place of `original` in a file; return why the file is as it was, or a note, or None.

    The new content is written beside the file, brought to the disk and then renamed over it: nobody sees half of it.
    A symbolic link stays and its target is replaced; mode, extended attributes and, where allowed, the owner are kept.
    A file that no longer holds `original` is left alone.
    """
    try:
        old = Path(name).stat()
        if not stat.S_ISREG(old.st_mode):
            return Problem(name, Stage.WRITE, "is no regular file; nothing was written", hint="pass its text as `-`")
        target = Path(name).resolve(strict=True)
        refusal = _refusal(name, target, old, original)
        if refusal is None:
            replace(target, old, data, lambda: target.read_bytes() == original)
    except ChangedError:
        refusal = _changed(name)
    except OSError as error:
        said = f"could not be written: {error.strerror or error}"
        return Problem(name, Stage.WRITE, said, hint="the file is as it was; `harden diff` gives a patch instead")
    if refusal is None and old.st_nlink > 1:
        return Problem(name, Stage.NOTE, f"was one of {old.st_nlink} hard links; the others keep the old content")
    return refusal


def create(name: str, data: bytes) -> Problem | None:
    """Write a file that is not there yet, with its folder, whole or not at all; return why there is none, or None."""
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        place(path, data)
    except FileExistsError:
        return Problem(name, Stage.WRITE, "is there by now; nothing was written", hint="run harden again")
    except OSError as error:
        return Problem(name, Stage.WRITE, f"could not be written: {error.strerror or error}")
    return None


def put(name: str, data: bytes) -> None:
    """Write a result into a file, whatever it holds: whole or not at all; pipes and devices take it as it comes.

    A symbolic link stays, and its target is replaced. Raises OSError where it cannot be written.
    """
    path = Path(name)
    # `resolve` follows a link whose target is not there yet, too.
    target = path.resolve()
    try:
        old = target.stat()
    except FileNotFoundError:
        place(target, data)
        return
    if not stat.S_ISREG(old.st_mode):
        path.write_bytes(data)
        return
    # Renaming asks only for the folder; a file that its owner made read-only is meant to stay.
    os.close(os.open(target, os.O_WRONLY))
    try:
        replace(target, old, data, lambda: True)
    except OSError as error:
        # A folder that takes no new file, or a file that is a mount of its own: containers are given such ones.
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS, errno.EXDEV}:
            raise
        path.write_bytes(data)


def input_at(output: str, inputs: Iterable[str]) -> str | None:
    """Return which of the inputs the file of a result is, by whatever name or link; None where it is none of them."""
    try:
        wanted = Path(output).stat()
    except OSError:
        return None
    return next((name for name in inputs if _is_at(name, wanted)), None) if stat.S_ISREG(wanted.st_mode) else None


def _is_at(name: str, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(0) if name == STDIN else Path(name).stat(), wanted)
    except (OSError, ValueError):
        return False


def look(name: str) -> bytes | Problem | None:
    """Return the bytes of a regular file that may be there, None where nothing is, or why they cannot be had."""
    if not os.path.lexists(name):
        return None
    try:
        return read_regular(name)
    except (OSError, ValueError) as error:
        return unreadable(name, error)


def too_large(name: str) -> Problem:
    """Return the problem for an input that is larger than any manifest."""
    said = f"larger than {LIMIT // (1024 * 1024)} MB"
    return Problem(name, Stage.READ, said, hint="leave it out with --exclude, or split it")


def unreadable(name: str, error: OSError | ValueError) -> Problem:
    """Return the problem for a path that the operating system does not hand over, in its words."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(name, Stage.READ, f"cannot be read: {said or error}")


def _refusal(name: str, target: Path, old: os.stat_result, original: bytes) -> Problem | None:
    if old.st_size != len(original) or target.read_bytes() != original:
        return _changed(name)
    # Renaming over a file asks only for its folder; a file that its owner made read-only is meant to stay.
    if not os.access(target, os.W_OK):
        return Problem(name, Stage.WRITE, "is read-only; nothing was written", hint="chmod u+w it, or leave it out")
    return None


def _changed(name: str) -> Problem:
    return Problem(name, Stage.WRITE, "changed since it was read; nothing was written", hint="run harden again")
