"""Reads standard input and writes standard output, as bytes."""

from __future__ import annotations

import os
import sys

from harden.adapters.files import STDIN, too_large, unreadable
from harden.errors import HardenError
from harden.model.report import Problem
from harden.source.read import LIMIT

#: What is larger than any file is still handed through as it is, up to what fits into memory.
_LIMIT = 20 * LIMIT


def read() -> bytes | Problem:
    """Return all of standard input, or why it cannot be had."""
    try:
        data = sys.stdin.buffer.read(_LIMIT + 1)
    except OSError as error:
        return unreadable(STDIN, error)
    # Never a part of it: what came is handed through where nothing changes.
    return too_large(STDIN) if len(data) > _LIMIT else data


def write(data: bytes) -> None:
    """Write to standard output; what nobody reads any more (`harden diff | head`) is dropped without a word.

    Raises HardenError where it cannot be written: the disk is full.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python writes what is left once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise HardenError(f"standard output: cannot be written: {error.strerror}") from error
