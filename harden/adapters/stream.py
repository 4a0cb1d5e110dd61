"""Owns standard input and output as bytes."""

from __future__ import annotations

import sys

from harden.adapters.files import MAX_BYTES, too_large, unreadable
from harden.model.report import Problem

#: What a stream that came through standard input is called in messages and reports.
STDIN = "<stdin>"


def read() -> bytes | Problem:
    """Return all of standard input, or why it cannot be had."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        return unreadable(STDIN, error)
    return data if len(data) <= MAX_BYTES else too_large(STDIN)


def write(data: bytes) -> None:
    """Write to standard output; raises BrokenPipeError when nobody reads on."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
