"""Reads a file, and puts a new one in its place, whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from harden.model.report import Problem, Stage
from harden.source.read import LIMIT


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
        said = f"larger than {LIMIT // (1024 * 1024)} MB"
        return Problem(name, Stage.READ, said, hint="leave it out with --exclude, or split it")
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
            _replace(target, old, data)
    except OSError as error:
        said = f"could not be written: {error.strerror or error}"
        return Problem(name, Stage.WRITE, said, hint="the file is as it was; `harden diff` gives a patch instead")
    if refusal is None and old.st_nlink > 1:
        return Problem(name, Stage.NOTE, f"was one of {old.st_nlink} hard links; the others keep the old content")
    return refusal


def create(name: str, data: bytes) -> Problem | None:
    """Write a file that is not there yet, with its folder; return why there is none, or None."""
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except OSError as error:
        return Problem(name, Stage.WRITE, f"could not be written: {error.strerror or error}")
    return None


def look(name: str) -> bytes | Problem | None:
    """Return the bytes of a file that may be there, None where nothing is, or why they cannot be had."""
    return read(name) if os.path.lexists(name) else None


def unreadable(name: str, error: OSError | ValueError) -> Problem:
    """Return the problem for a path that the operating system does not hand over, in its words."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(name, Stage.READ, f"cannot be read: {said or error}")


def _refusal(name: str, target: Path, old: os.stat_result, original: bytes) -> Problem | None:
    if old.st_size != len(original) or target.read_bytes() != original:
        return Problem(name, Stage.WRITE, "changed since it was read; nothing was written", hint="run harden again")
    # Renaming over a file asks only for its folder; a file that its owner made read-only is meant to stay.
    if not os.access(target, os.W_OK):
        return Problem(name, Stage.WRITE, "is read-only; nothing was written", hint="chmod u+w it, or leave it out")
    return None


def _replace(target: Path, old: os.stat_result, data: bytes) -> None:
    # Slow to import; only writing needs it.
    from tempfile import mkstemp  # noqa: PLC0415 - see above

    handle, temporary = mkstemp(prefix=".harden-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            _keep_attributes(file.fileno(), target, old)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def _keep_attributes(handle: int, target: Path, old: os.stat_result) -> None:
    """Give the new file what the old one had; the owner and single attributes only where the system lets us."""
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
    # After the owner, whose change takes set-id bits away.
    os.fchmod(handle, stat.S_IMODE(old.st_mode))
    if not hasattr(os, "listxattr"):
        return
    # A file system without attributes, or one whose security labels only the system may set.
    with suppress(OSError):
        for name in os.listxattr(target):
            with suppress(OSError):
                os.setxattr(handle, name, os.getxattr(target, name))
