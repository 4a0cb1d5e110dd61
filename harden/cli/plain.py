"""Owns command lines of apply, diff and check that are plainly right: what they ask for, without typer.

They are what hooks, editors and pipes run, and importing typer takes them as long as hardening a small file. Everything
else is typer's: help, completion, other commands, and every word that this reader cannot place, so that there is one
voice that says what is wrong. Both read the same options, which `options.py` declares.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harden.cli.options import PATHS, REWRITES, REWRITING, Takes, swallowed

if TYPE_CHECKING:
    from harden.cli.request import Request

_NAMED = {name: option for option in REWRITING for name in (*option.names, option.off) if name is not None}


def read(words: Sequence[str]) -> Request | None:
    """Return what the words ask for, exactly as typer would read them; None where they are for typer to read."""
    if not words or words[0] not in REWRITES or "_HARDEN_COMPLETE" in os.environ:
        return None
    given: dict[str, object] = {}
    paths: list[str] = []
    # The next word is the last one of these.
    left = [*reversed(words[1:])]
    while left:
        word = left.pop()
        if word == "--":
            paths.extend(reversed(left))
            break
        if word == "-" or not word.startswith("-"):
            paths.append(word)
        elif not _take(word, left, given):
            return None
    if any(swallowed(option, given.get(option.key)) is not None for option in REWRITING):
        return None
    from harden.cli.request import request_of  # noqa: PLC0415 - help and completion do without

    return request_of(words[0], {**given, PATHS: paths})


def _take(word: str, left: list[str], given: dict[str, object]) -> bool:
    """Put the options of a word into `given`, one of them with the next word; return False where that is not right."""
    is_long = word.startswith("--")
    if is_long:
        name, equals, value = word.partition("=")
        attached = value if equals else None
    else:
        name, attached = word[:2], word[2:] or None
    option = _NAMED.get(name)
    if option is None:
        return False
    if option.takes is Takes.NOTHING:
        given[option.key] = name != option.off
        if attached is not None:
            # Behind the letter of one option may be that of the next one.
            left.append(f"-{attached}")
        return attached is None or not (is_long or attached.startswith("-"))
    if attached is None and not left:
        return False
    value = left.pop() if attached is None else attached
    before = given.get(option.key, ())
    given[option.key] = (*before, value) if option.is_list and isinstance(before, tuple) else value
    return True
