"""Writes a page of Markdown as plain text for a terminal, wrapped at words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

#: Longer lines are hard to read, however wide the terminal is.
_WIDEST = 100
_NARROWEST = 20
_ITEM = re.compile(r"(?P<mark>[-*]|\d+\.) ")
#: Code, emphasis and links become their words.
_LINK = re.compile(r"\[(?P<words>[^]]*)\]\((?P<target>[^)\s]*)\)")
_CODE = re.compile(r"`+(?P<words>[^`]+)`+")
_STRONG = re.compile(r"\*\*(?P<words>[^*]+)\*\*")
_HEADING = "\x1b[1m{}\x1b[0m"


def shown(page: str, width: int, *, color: bool) -> str:
    """Return a page of Markdown as text of at most `width` columns, but for words and code that are longer."""
    lines = _lines(page.splitlines(), max(min(width, _WIDEST), _NARROWEST), color=color)
    return "".join(f"{line}\n" for line in lines)


def _lines(page: Sequence[str], width: int, *, color: bool) -> Iterator[str]:
    is_code = False
    block: list[str] = []
    for line in (*page, ""):
        if line.startswith("```"):
            yield from _block(block, width)
            block, is_code = [], not is_code
        elif is_code:
            yield f"    {line}".rstrip()
        elif line.startswith("#"):
            yield from _block(block, width)
            block = []
            heading = _plain(line.lstrip("# "))
            yield _HEADING.format(heading) if color else heading
        elif not line.strip():
            yield from _block(block, width)
            yield from [""] if line != "" or block else []
            block = []
        else:
            block.append(line)


def _block(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield a paragraph, list or table, and nothing for no lines."""
    for is_table, part in groupby(lines, key=lambda line: line.startswith("|")):
        yield from (_table if is_table else _text)(list(part), width)


def _text(lines: Iterable[str], width: int) -> Iterator[str]:
    said: list[str] = []
    for line in lines:
        if _ITEM.match(line.lstrip()) and said:
            yield from _wrapped(" ".join(said), width)
            said = []
        said.append(line.strip() if said else line.rstrip())
    if said:
        yield from _wrapped(" ".join(said), width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    item = _ITEM.match(text.lstrip())
    start = len(text) - len(text.lstrip())
    inner = " " * (start + len(item.group()) if item else start)
    yield from textwrap.wrap(
        _plain(text), width, subsequent_indent=inner, break_long_words=False, break_on_hyphens=False
    )


def _table(rows: Sequence[str], width: int) -> Iterator[str]:
    """Yield a table: a row of one line as `name: value` lines, where its columns have no room beside each other."""
    cells = [[_plain(cell.strip()) for cell in row.strip("|").split("|")] for row in rows]
    head, *body = [row for row in cells if not all(set(cell) <= set("-: ") for cell in row)]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=False)]
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        for row in (head, *body):
            yield "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False)).rstrip()
        return
    size = max(map(len, head)) + 2
    for row in body:
        for name, cell in zip(head, row, strict=False):
            yield from textwrap.wrap(
                f"{name}:".ljust(size) + cell,
                width,
                subsequent_indent=" " * size,
                break_long_words=False,
                break_on_hyphens=False,
            )


def _plain(text: str) -> str:
    for pattern in (_LINK, _CODE, _STRONG):
        text = pattern.sub(lambda found: found["words"], text)
    return text
