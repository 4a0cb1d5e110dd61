"""Colours a report for a terminal, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from harden.outputs.columns import Line, visible

_STYLES = {
    "file": "bold",
    "workload": "bold",
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "safe": "green",
    "review": "yellow",
    "breaking": "red",
    "no fix": "red",
    "held": "yellow",
    "exempt": "dim",
    "control": "cyan",
    "dim": "dim",
    "last": "bold",
    "head": "bold",
    "range": "cyan",
}


def show(lines: Iterable[Line], stream: TextIO) -> None:
    """Write lines to a terminal in colour; they are not broken again."""
    # rich takes longer to import than a small file takes to harden; only terminals need it.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        pieces = ((text, _STYLES.get(style, "")) for text, style in line)
        console.print(Text.assemble(*pieces), soft_wrap=True)


def patch_lines(patch: str) -> Iterator[Line]:
    """Yield the lines of a unified diff with their styles; a carriage return or tab at an end is not shown."""
    yield from map(patch_line, patch.split("\n")[:-1])


def patch_line(line: str) -> Line:
    """Return a line of a unified diff with its style."""
    return ((visible(line.rstrip("\r\t").expandtabs()), _style(line)),)


def _style(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return "head"
    return {"+": "good", "-": "bad", "@": "range", "\\": "dim"}.get(line[:1], "")
