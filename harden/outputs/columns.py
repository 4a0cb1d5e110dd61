"""Arranges findings: as columns where there is room, one part below the other where there is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from harden.model.record import Record

#: A piece of a line and the name of its style; "" is plain.
Segment = tuple[str, str]
Line = tuple[Segment, ...]

_INDENT = "    "
_GAP = "  "

#: A longer title does not move the columns of the other rows.
_WIDEST_TITLE = 72

#: Less room than this for the reasons (columns of the terminal), and they go to lines of their own.
_NARROWEST_REASON = 32


class Row(Record):
    """One finding for people: its mark, its 1-based line, what is done or wrong, how sure, by which control, why.

    A row for findings of many workloads has their number in place of the line ("12x").
    """

    mark: str
    line: int | str
    title: str
    risk: str
    control: str
    reason: str
    style: str


def arrange(rows: Sequence[Row], width: int | None) -> Iterator[Line]:
    """Yield the lines for `rows`, which share their columns; no line is broken when `width` is None."""
    widths = _Widths(
        number=max(len(str(row.line)) for row in rows),
        titles=_title_width([row.title for row in rows], width),
        risk=max(len(row.risk) for row in rows),
        control=max(len(row.control) for row in rows),
    )
    if width is None:
        return (_unbroken(row, widths) for row in rows)
    if width - widths.before_reason < _NARROWEST_REASON:
        return (line for row in rows for line in _stacked(row, widths, width))
    return (line for row in rows for line in _beside(row, widths, width))


def _title_width(titles: Sequence[str], width: int | None) -> int:
    """Return the width of the column of titles; where lines are broken, the longest word has room in it."""
    longest = max(map(len, titles))
    if longest <= _WIDEST_TITLE or width is None:
        return min(longest, _WIDEST_TITLE)
    return max(_WIDEST_TITLE, *(len(word) for title in titles for word in title.split(" ")))


class _Widths(Record):
    number: int
    titles: int
    risk: int
    control: int

    @property
    def before_title(self) -> int:
        return len(_INDENT) + 1 + len(_GAP) + self.number + len(_GAP)

    @property
    def before_reason(self) -> int:
        return self.before_title + self.titles + self.risk + self.control + 3 * len(_GAP)


def _unbroken(row: Row, widths: _Widths) -> Line:
    first = (*_start(row, widths), (row.title.ljust(widths.titles), ""), (_GAP, ""))
    return _trimmed((*first, *_cells(row, widths), (_GAP, ""), (row.reason, "dim")))


def _cells(row: Row, widths: _Widths) -> Line:
    return (row.risk.ljust(widths.risk), row.risk), (_GAP, ""), (row.control.ljust(widths.control), "control")


def _beside(row: Row, widths: _Widths, width: int) -> Iterator[Line]:
    titles = wrapped(row.title, widths.titles)
    if max(map(len, titles)) > widths.titles:
        # A word that is wider than its column would push the reason over the edge.
        yield from _stacked(row, widths, width)
        return
    reasons = wrapped(row.reason, width - widths.before_reason)
    cells = _cells(row, widths)
    blank = (" " * (widths.risk + len(_GAP) + widths.control), "")
    for at, (title, reason) in enumerate(zip_longest(titles, reasons, fillvalue="")):
        start = _start(row, widths) if at == 0 else ((" " * widths.before_title, ""),)
        middle = cells if at == 0 else (blank,)
        yield _trimmed((*start, (title.ljust(widths.titles), ""), (_GAP, ""), *middle, (_GAP, ""), (reason, "dim")))


def _stacked(row: Row, widths: _Widths, width: int) -> Iterator[Line]:
    space = " " * widths.before_title
    for at, title in enumerate(wrapped(row.title, width - len(space))):
        yield (*(_start(row, widths) if at == 0 else ((space, ""),)), (title, ""))
    said = f"{row.control}: {row.reason}" if row.reason else row.control
    about = wrapped(said, width - len(space) - len(row.risk) - len(_GAP))
    for at, part in enumerate(about):
        yield (space, ""), (row.risk if at == 0 else " " * len(row.risk), row.risk), (_GAP, ""), (part, "dim")


def _start(row: Row, widths: _Widths) -> Line:
    return (_INDENT, ""), (row.mark, row.style), (f"{_GAP}{row.line:>{widths.number}}{_GAP}", "dim")


def _trimmed(line: Line) -> Line:
    """Return a line without the spaces at its end."""
    while line and not line[-1][0].strip():
        line = line[:-1]
    return (*line[:-1], (line[-1][0].rstrip(), line[-1][1])) if line else line


def wrapped(text: str, width: int | None) -> list[str]:
    """Return `text` broken between words into lines of at most `width`; a longer word stands alone."""
    if width is None:
        return [text]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def visible(text: str) -> str:
    """Return `text` with what a terminal would not show, or would obey, written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text
    )


def inert(line: str) -> str:
    """Return a line that a runner of GitHub Actions takes for no command, whatever names stand in it.

    It looks for `::` where a line begins, and for `##[` anywhere (actions/runner, ActionCommand.cs).
    """
    if line.lstrip().startswith("::"):
        line = line.replace("::", ":\\x3a", 1)
    return line.replace("##[", "#\\x23[")
