"""Tells rows that many workloads share once: how often, what, and the first places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harden.model.record import Record
from harden.outputs.columns import Line, Row, arrange, visible

#: Rows of this many workloads are told once; below that each stands where it belongs.
MANY = 10
_SHOWN = 3
_NAME = re.compile(r'"[^"]*"')
_ANY = '"..."'

#: What rows share that are told in one; the names in quotes may differ.
Key = tuple[str, str, str, str, str]


class Located(Record):
    """A row with the file that it is about."""

    file: str
    row: Row


class Recurring:
    """The rows that are told once, made from those of all workloads: a sequence of rows for each."""

    def __init__(self, workloads: Iterable[tuple[str, Sequence[Row]]]) -> None:
        found: dict[Key, list[Located]] = {}
        for file, rows in workloads:
            first: dict[Key, Row] = {}
            for row in rows:
                first.setdefault(_key(row), row)
            for key, row in first.items():
                found.setdefault(key, []).append(Located(file, row))
        self._found = {key: places for key, places in found.items() if len(places) >= MANY}

    def without(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that stand where they belong."""
        return [row for row in rows if _key(row) not in self._found] if self._found else list(rows)

    def lines(self, width: int | None) -> Iterator[Line]:
        """Yield the rows that are told once, the most frequent first."""
        if not self._found:
            return
        yield ((f"the same in {MANY} workloads or more:", ""),)
        often = sorted(self._found.values(), key=lambda places: -len(places))
        yield from arrange([_told(places) for places in often], width)


def _key(row: Row) -> Key:
    return row.mark, _NAME.sub(_ANY, row.title), row.risk, row.control, _NAME.sub(_ANY, row.reason)


def _told(places: Sequence[Located]) -> Row:
    first = places[0].row
    title, reason = (
        getattr(first, name) if len({getattr(each.row, name) for each in places}) == 1 else _NAME.sub(_ANY, text)
        for name, text in (("title", first.title), ("reason", first.reason))
    )
    where = ", ".join(f"{visible(each.file)}:{each.row.line}" for each in places[:_SHOWN])
    more = f" and {len(places) - _SHOWN} more"
    said = f"{reason} ({where}{more})" if reason else f"{where}{more}"
    return first._replace(line=f"{len(places)}x", title=title, reason=said)
