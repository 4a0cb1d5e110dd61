"""Reads standard input and writes standard output, as bytes."""

from __future__ import annotations

import os
import sys

from harden.adapters.files import unreadable
from harden.errors import HardenError
from harden.model.report import Problem

#: What a stream that came through standard input is called in messages and reports.
STDIN = "<stdin>"


def read() -> bytes | Problem:
    """Return all of standard input, of any size, or why it cannot be had."""
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        return unreadable(STDIN, error)


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
