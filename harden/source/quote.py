"""Writes a scalar so that every YAML 1.1 and JSON reader sees the value that was meant."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from harden.source.scalars import Atom, Unreadable, resolve_plain

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# The patterns are compiled when they are needed: together that takes as long as a small file takes to parse.


@cache
def _plain(*, flow: bool) -> re.Pattern[str]:
    """Match text that cannot end early or be taken for something else; stricter than YAML, alike in every reader."""
    if flow:
        return re.compile(r"[A-Za-z0-9_./$(+\\-](?:[A-Za-z0-9_./$()+=~^<>@%*&!|;'\"\\-]| (?=[^\s#])|(?<=[^\s])#)*\Z")
    return re.compile(
        r"[A-Za-z0-9_./$(+\\-](?:[A-Za-z0-9_./$()+=~^<>@%*&!|;,\[\]{}'\"?\\-]|:(?=[^\s])| (?=[^\s#])|(?<=[^\s])#)*\Z"
    )


@cache
def _typed() -> re.Pattern[str]:
    """Match what YAML 1.1 readers other than Kubernetes' see as a number, a time or a special value."""
    return re.compile(
        r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z"
        r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*\Z"
        r"|[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:[eE][-+]?[0-9]+)?\Z"
        r"|[-+]?0[xXoObB]?[0-9a-fA-F_]+\Z"
        r"|=\Z"
    )


@cache
def _printable() -> re.Pattern[str]:
    return re.compile(r"[ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\Z")


def scalar(value: Atom, quote: str, *, flow: bool = False, json: bool = False) -> str:
    """Return `value` as text on one line; `quote` is the quote to use where a string needs one."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if json:
        return double(value)
    if is_plain(value, flow=flow):
        return value
    return quoted(value, quote)


def quoted(value: str, quote: str) -> str:
    """Return a string in the given quotes, or in double ones where single ones cannot hold it."""
    if quote == "'" and _is_printable(value):
        return "'" + value.replace("'", "''") + "'"
    return double(value)


def double(value: str) -> str:
    """Return a string in double quotes, as JSON and YAML both read it."""
    if _is_printable(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(_escape(char) for char in value) + '"'


@lru_cache(maxsize=1024)
def is_plain(value: str, *, flow: bool = False) -> bool:
    """Return whether `value` can stand without quotes and is then a string to every reader."""
    # Letters alone, as most keys are, can be nothing but a word.
    if not (value.isascii() and value.isalpha()):
        if _plain(flow=flow).match(value) is None or _typed().match(value) is not None:
            return False
        if value.startswith(("---", "...", "- ")) or value == "-":
            return False
    try:
        return resolve_plain(value) == value
    except Unreadable:
        return False


def _is_printable(text: str) -> bool:
    return text.isprintable() if text.isascii() else _printable().match(text) is not None


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _is_printable(char):
        return char
    return f"\\u{ord(char):04x}"
