"""Reads names of files as Git quotes them (git-config, core.quotePath)."""

from __future__ import annotations

import os
import re

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13}


def unquoted(name: str) -> str:
    """Return a name without its quotes and escapes; bytes that are no UTF-8 become what the system's names have.

    A patch whose lines end as on Windows ends its names so, too.
    """
    name = name.removesuffix("\r")
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    return os.fsdecode(_ESCAPE.sub(_byte, os.fsencode(name[1:-1])))


def _byte(found: re.Match[bytes]) -> bytes:
    said = found[1]
    if len(said) == 3:
        return bytes([int(said, 8) & 0xFF])
    return bytes([_LETTERS[said]]) if said in _LETTERS else said
