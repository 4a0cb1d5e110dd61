"""What explain prints: a manual page as Markdown, or on a terminal as plain text that is wrapped at words."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from harden.cli.console.printing import has_color
from harden.controls import Control, all_controls
from harden.controls._manual import asked_at, explain, summary
from harden.settings.keys import demand_known

#: Longer lines are hard to read, however wide the terminal is.
_WIDEST = 100
_NARROWEST = 20
_ITEM = re.compile(r"(?P<mark>[-*]|\d+\.) ")
#: Code, emphasis and links become their words.
_LINK = re.compile(r"\[(?P<words>[^]]*)\]\((?P<target>[^)\s]*)\)")
_CODE = re.compile(r"`+(?P<words>[^`]+)`+")
_STRONG = re.compile(r"\*\*(?P<words>[^*]+)\*\*")
_HEADING = "\x1b[1m{}\x1b[0m"


def manual_of(name: str) -> str:
    """Return the manual pages of a control or an official check; raises HardenError where there is none."""
    page = manual(name)
    width = _width()
    return page if width is None else shown(page, width, color=has_color(sys.stdout, "auto"))


def list_controls() -> str:
    """Return a line for each control, on a terminal as many as it takes."""
    text, width = explain_all(), _width()
    if width is None:
        return text
    lines = text.splitlines()
    indent = " " * lines[0].index(lines[0].split(None, 2)[2])
    wrapped = (textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) for line in lines)
    return "".join(f"{part}\n" for parts in wrapped for part in parts)


def manual(name: str) -> str:
    """Return the manual page of the control with this id, or of those that answer for an official check.

    Ids of other scanners lead to the pages of the controls that answer for them, or to why there is none. Raises
    HardenError where nothing is known under this name.
    """
    controls = {control.id: control for control in all_controls()}
    if name in controls:
        return explain(controls[name])
    answering = [control for control in all_controls() if name.lower() in (check.lower() for check in control.checks)]
    if not answering:
        foreign = _foreign(name, controls)
        if foreign:
            return foreign
        checks = (check for control in all_controls() for check in control.checks)
        demand_known(name, (*controls, *dict.fromkeys(checks)), "control", "explain")
    return "\n".join(explain(control) for control in answering)


def _foreign(name: str, controls: Mapping[str, Control]) -> str:
    """Return what answers for the rule of another scanner, "" where no scanner is known to have it."""
    from harden.scanners import REASONS, named  # noqa: PLC0415 -- only for names that are not harden's own

    found = named(name)
    said = [
        f"{rule.scanner} {rule.id} is {' and '.join(f'`{each}`' for each in rule.controls)} in harden."
        if rule.controls
        else f"{rule.scanner} {rule.id} has no control in harden: {REASONS[rule.because]}."
        for rule in found
    ]
    pages = [explain(controls[each]) for each in dict.fromkeys(each for rule in found for each in rule.controls)]
    return "\n".join(["\n".join(said) + "\n", *pages]) if found else ""


def explain_all() -> str:
    """Return a line for each control: its id, its level, and what it is about."""
    width = max(len(control.id) for control in all_controls())
    return "".join(f"{c.id:<{width}}  {asked_at(c):<10}  {summary(c)}\n" for c in all_controls())


def _width() -> int | None:
    """Return the columns of the terminal, None where standard output is none."""
    return (os.get_terminal_size(sys.stdout.fileno()).columns or 80) if sys.stdout.isatty() else None


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
