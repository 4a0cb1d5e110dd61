"""The mark on what harden generates: by it a later run knows its own work, and whether somebody edited it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import Enum
from itertools import takewhile

from harden.model.record import Record

_LINE = re.compile(r"# Written by harden; (?:[^\n]*; )?sha256:([0-9a-f]{64})", re.ASCII)
_SAYS = "edit it and harden leaves it to you"
_FROM = "# From: "
#: So many files have a line each; more stand in one line, as JSON.
_LINES = 3
#: So many files are named; of more their number, folder and digest are, or the companions of a large bundle would hold
#: mostly names.
_NAMES = 100


class Authorship(Enum):
    """Whose work a text is."""

    OURS = "ours"  # as harden wrote it
    EDITED = "edited"  # harden wrote it, and somebody changed it since
    THEIRS = "theirs"


class Crowd(Record):
    """Files that are too many to name: their number, the folder that holds them all, the digest of their names."""

    files: int
    below: str
    digest: str


def sign(body: str, origins: str = "") -> str:
    """Return a text with its mark on the first line; the digest is of all that follows.

    `origins` are the lines for the files that it was made from (`named`). `body` ends in a line feed.
    """
    rest = origins + body
    return f"# Written by harden; {_SAYS}; sha256:{_digest(rest)}\n{rest}"


def authorship(text: str) -> Authorship:
    """Return whose work a text is, by its first line; line ends that Git has changed do not count."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    found = _LINE.fullmatch(first)
    if found is None:
        return Authorship.THEIRS
    return Authorship.OURS if found[1] == _digest(rest) else Authorship.EDITED


def named(names: Sequence[str]) -> str:
    """Return the lines for the files that a text was made from, `names` as a later run finds them again."""
    said = [_printable(name) for name in names]
    return _lines(said if len(said) <= _LINES else [json.dumps(said, ensure_ascii=False)])


def crowd_of(names: Sequence[str], below: str) -> Crowd | None:
    """Return what is said of the files in place of their names, which are those within `below`; None of few."""
    return Crowd(len(names), below, _digest("\n".join(names))) if len(names) > _NAMES else None


def counted(crowd: Crowd, below: str) -> str:
    """Return the line for files that are not named; `below` is their folder as the text's own file finds it."""
    said = {"files": crowd.files, "below": _printable(below), "sha256": crowd.digest}
    return _lines([json.dumps(said, ensure_ascii=False)])


def sources(text: str) -> tuple[str, ...]:
    """Return the files that a marked text names as those that it was made from."""
    return tuple(name for said in _said(text) for name in _names(said))


def crowd(text: str) -> Crowd | None:
    """Return what a marked text says of the files that it was made from and does not name."""
    return next((found for said in _said(text) if (found := _count(said)) is not None), None)


def _count(said: str) -> Crowd | None:
    if not said.startswith('{"'):
        return None
    try:
        data = json.loads(said)
        return Crowd(int(data["files"]), str(data["below"]), str(data["sha256"]))
    except (ValueError, KeyError, TypeError):
        # Somebody edited the line, or it is the name of a file.
        return None


def _said(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")[1:]
    return [line.removeprefix(_FROM) for line in takewhile(lambda line: line.startswith(_FROM), lines)]


def _lines(said: Sequence[str]) -> str:
    return "".join(f"{_FROM}{each}\n" for each in said)


def _names(said: str) -> list[str]:
    if said.startswith('["'):
        try:
            return [str(name) for name in json.loads(said)]
        except ValueError:
            # Somebody edited the line: it is the name of no file.
            return []
    return [said] if _count(said) is None else []


def body(text: str) -> str:
    """Return a marked text without its mark and the files that it names."""
    lines = text.replace("\r\n", "\n").split("\n")[1:]
    start = next((at for at, line in enumerate(lines) if not line.startswith(_FROM)), len(lines))
    return "\n".join(lines[start:])


def _digest(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 5 ms to load, and many runs find nothing to write

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(name: str) -> str:
    return name if name.isprintable() else "".join(char if char.isprintable() else "?" for char in name)
