"""The mark on what harden generates: by it a later run knows its own work, and whether somebody edited it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import Enum

_LINE = re.compile(r"# Written by harden; (?:[^\n]*; )?sha256:([0-9a-f]{64})", re.ASCII)
_SAYS = "edit it and harden leaves it to you"
_FROM = "# From: "
#: So many files have a line each; more stand in one line, as JSON.
_LINES = 3


class Authorship(Enum):
    """Whose work a text is."""

    OURS = "ours"  # as harden wrote it
    EDITED = "edited"  # harden wrote it, and somebody changed it since
    THEIRS = "theirs"


def sign(body: str, sources: Iterable[str] = ()) -> str:
    """Return a text with its mark on the first line; the digest is of all that follows.

    `sources` are the files that it was made from, as a later run finds them again. `body` ends in a line feed.
    """
    rest = "".join(f"{_FROM}{each}\n" for each in _listed([_printable(source) for source in sources])) + body
    return f"# Written by harden; {_SAYS}; sha256:{_digest(rest)}\n{rest}"


def authorship(text: str) -> Authorship:
    """Return whose work a text is, by its first line; line ends that Git has changed do not count."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    found = _LINE.fullmatch(first)
    if found is None:
        return Authorship.THEIRS
    return Authorship.OURS if found[1] == _digest(rest) else Authorship.EDITED


def sources(text: str) -> tuple[str, ...]:
    """Return the files that a marked text names as those that it was made from."""
    found: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n")[1:]:
        if not line.startswith(_FROM):
            break
        found += _names(line.removeprefix(_FROM))
    return tuple(found)


def _listed(names: list[str]) -> list[str]:
    return names if len(names) <= _LINES else [json.dumps(names, ensure_ascii=False)]


def _names(said: str) -> list[str]:
    if said.startswith('["'):
        try:
            return [str(name) for name in json.loads(said)]
        except ValueError:
            # Somebody edited the line: it is the name of no file.
            return []
    return [said]


def body(text: str) -> str:
    """Return a marked text without its mark and the files that it names."""
    lines = text.replace("\r\n", "\n").split("\n")[1:]
    start = next((at for at, line in enumerate(lines) if not line.startswith(_FROM)), len(lines))
    return "\n".join(lines[start:])


def _digest(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 5 ms to load, and many runs find nothing to write

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)
