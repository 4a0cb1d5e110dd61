"""Reads regular files with a limit: pipes, sockets and devices, which may never end, are refused without waiting."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from harden.source.read import LIMIT


def read_regular(path: str | Path, limit: int = LIMIT) -> bytes:
    """Return the bytes of a regular file; raises OSError for anything else, and for more than `limit` bytes."""
    # Opening a pipe that nobody writes to would wait for ever, and opening a terminal could take it over.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        # Room for `limit` bytes would be had for each file, however small.
        data = b"" if found.st_size > limit else file.read(found.st_size + 1)
        if len(data) > found.st_size:
            data += file.read(limit + 1 - len(data))
        if max(found.st_size, len(data)) > limit:
            raise OSError(errno.EFBIG, f"larger than {limit // (1024 * 1024)} MB", str(path))
    return data
