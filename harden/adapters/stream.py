"""Owns standard input and output as bytes."""

from __future__ import annotations

import os
import sys

from harden.adapters.files import unreadable
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
    """Write to standard output; what nobody reads any more (`harden diff | head`) is dropped without a word."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python writes what is left once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
