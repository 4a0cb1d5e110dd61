"""Cuts a file into the pieces that become documents, without parsing them, and finds them again."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Given to `re` when they are needed, which then keeps them compiled.
#: Lines that mark documents where the text also breaks lines with a lone carriage return.
_MARKER = r"(?:^|(?<=\n)|(?<=\r))(?:---|\.\.\.)(?=[ \t\r\n]|\Z)"
#: The beginning of a line that may be one, with the break above it, where only line feeds break lines.
_MARK_BELOW = r"\n(?:---|\.\.\.)"
#: What stands behind a marker; nothing at the end of a text.
_BEHIND = frozenset({"", " ", "\t", "\r", "\n"})
_LONE_RETURN = r"\r(?!\n)"
#: A byte order mark in front of what a piece holds.
_MARKED = r"(?:(?:---)?[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n))*\ufeff"
_NEXT_VALUE = r"\}\s*\{"
_SPACE = r"\s*"


class Piece:
    """`text[start:end]` holds at most one document; `index` is 0-based (see `harden.model.tree.Document`).

    A parser reads it from `content` on: `start`, or behind a byte order mark in front of the document.
    """

    __slots__ = ("content", "end", "index", "start")

    def __init__(self, index: int, start: int, end: int) -> None:
        self.index = index
        self.start = start
        self.content = start
        self.end = end


def marks(text: str) -> list[int]:
    """Return where lines begin with three dashes or dots, behind a line feed or at the beginning of the text."""
    # A pattern that begins with one certain character goes through a text once, in half of the time of two words.
    below = [found.start() + 1 for found in re.finditer(_MARK_BELOW, text)]
    return [0, *below] if text.startswith(("---", "...")) else below


def split(text: str, marked: Sequence[int] | None = None) -> tuple[Piece, ...]:
    """Return the pieces of `text` in order; they cover it from the first to the last code point.

    `marked` are its `marks`, if somebody has found them.

    Counted as k8s.io/apimachinery `util/yaml.NewYAMLReader` counts: a line that starts with `---` ends a piece unless
    nothing stands before it, so a leading `---` makes no empty piece and a comment before the first `---` does.
    Different from there: directives belong to the piece behind them, `--- {a: 1}` counts as a marker, and what stands
    behind `...` without a `---` is a piece. JSON values one after another are pieces, as for kubectl.
    """
    values = _json_values(text)
    if values:
        return values
    bounds = [0, *_cuts(text, marks(text) if marked is None else marked), len(text)]
    pieces = tuple(Piece(i, bounds[i], bounds[i + 1]) for i in range(len(bounds) - 1))
    if "\ufeff" in text:
        _find_marks(text, pieces)
    return pieces


def piece_texts(text: str) -> list[str]:
    """Return what the pieces of `text` hold, in order: one behind the other, they are `text`."""
    return [text[each.start : each.end] for each in split(text)]


def _find_marks(text: str, pieces: Sequence[Piece]) -> None:
    """Have pieces read from behind a byte order mark: kubectl's reader hands each document on alone, mark and all.

    A YAML reader takes such a mark off at the start of its input, and nowhere else.
    """
    marked = re.compile(_MARKED)
    for piece in pieces:
        found = marked.match(text, piece.start, piece.end)
        if found is not None:
            piece.content = found.end()


def _cuts(text: str, marked: Sequence[int]) -> list[int]:
    cuts: list[int] = []
    resume = 0  # where the lines begin that the next marker would close
    looked = 0  # in front of it stand only ends, comments and blank lines, so that what follows is known already
    begins = False
    for at in _markers(text, marked):
        if text.startswith("...", at):
            if at >= looked:
                looked, begins = _behind_end(text, at)
            if begins:
                resume = _next_line(text, at)
                cuts.append(resume)
            continue
        cut = _above_directives(text, at, resume)
        if cut > resume:
            cuts.append(cut)
            line = _next_line(text, at)
            bare = text[at + 3 : line].lstrip()[:1] in {"", "#"}
            resume = line if bare else at
    return cuts


def _markers(text: str, marked: Sequence[int]) -> list[int]:
    if "\r" in text and re.search(_LONE_RETURN, text) is not None:
        return [found.start() for found in re.finditer(_MARKER, text)]
    return [at for at in marked if text[at + 3 : at + 4] in _BEHIND]


def _behind_end(text: str, at: int) -> tuple[int, bool]:
    """Return the first line behind `...` that is no other `...`, and whether a document without `---` begins there."""
    line = _next_line(text, at)
    while line < len(text):
        after = _next_line(text, line)
        content = text[line:after].strip()
        if content and not content.startswith(("#", "...")):
            return line, not content.startswith(("---", "%"))
        line = after
    return line, False


def _above_directives(text: str, at: int, floor: int) -> int:
    """Return `at`, or the first of the `%` lines above it, with nothing but comments and blank lines in between."""
    first = at
    while at > floor:
        above = max(text.rfind("\n", floor, at - 1), text.rfind("\r", floor, at - 1), floor - 1) + 1
        line = text[above:at].strip()
        if text.startswith("%", above):
            first = above
        elif line and not line.startswith("#"):
            break
        at = above
    return first


def _next_line(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    return at + 2 if text.startswith("\r\n", at) else min(at + 1, len(text))


def _json_values(text: str) -> tuple[Piece, ...]:
    """Return a piece for each value when the text is two or more JSON objects one after another, else nothing."""
    if not text.lstrip().startswith("{") or re.search(_NEXT_VALUE, text) is None:
        return ()
    import json  # noqa: PLC0415 - only needed for a stream of JSON values

    decoder = json.JSONDecoder()
    ends: list[int] = []
    at = _skip_space(text, 0)
    while at < len(text):
        if text[at] != "{":
            return ()
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return ()
        ends.append(at)
        at = _skip_space(text, at)
    if len(ends) < len(("first", "second")):
        return ()
    starts = [0, *ends[:-1]]
    return tuple(
        Piece(i, start, end) for i, (start, end) in enumerate(zip(starts, [*ends[:-1], len(text)], strict=True))
    )


def _skip_space(text: str, at: int) -> int:
    found = re.compile(_SPACE).match(text, at)
    return found.end() if found is not None else at


def assign(documents: Sequence[tuple[int, bool]], run: Sequence[Piece]) -> list[int | None] | None:
    """Return the index of the document that each piece holds (None: an empty piece), None where they do not fit.

    `documents` are those that a parser found in the text of the pieces, in order: the code point at which each begins,
    and whether it has anything in it.
    """
    if not documents:
        return None
    found: list[int | None] = []
    at = 0
    for piece in run:
        mine: int | None = None
        while at < len(documents) and documents[at][0] < piece.end:
            if documents[at][1]:
                if mine is not None:
                    return None
                mine = at
            at += 1
        found.append(mine)
    return found
