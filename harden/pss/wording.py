"""The turns of phrase that the official messages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def quoted(words: Iterable[str]) -> str:
    """Return the words in double quotes with commas between; what is inside a word is not escaped."""
    return '"' + '", "'.join(words) + '"'


def counted(singular: str, plural: str, count: int) -> str:
    """Return the form that goes with `count`."""
    return singular if count == 1 else plural


def named(singular: str, plural: str, names: Sequence[str]) -> str:
    """Return the names behind what they are: `container "a"`, `containers "a", "b"`."""
    return f"{counted(singular, plural, len(names))} {quoted(names)}"


def containers(names: Sequence[str]) -> str:
    """Return the containers by name: `container "a"`, `containers "a", "b"`."""
    return named("container", "containers", names)


def setters(names: Sequence[str], *, pod: bool) -> str:
    """Return who set a field: the pod, containers by name, or both."""
    parts = ["pod"] if pod else []
    if names:
        parts.append(containers(names))
    return " and ".join(parts)


def escaped(value: str) -> str:
    """Return `value` as Go's %q writes it.

    What counts as printable is Python's Unicode table here and Go's there: a character that only one of them knows yet
    is written differently.
    """
    return '"' + "".join(map(_escape, value)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
