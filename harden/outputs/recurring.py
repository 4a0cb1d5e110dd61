"""Tells rows that many workloads share once: how often, what, and the first places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harden.outputs.columns import Line, Row, arrange, visible

#: Rows of this many workloads are told once; below that each stands where it belongs.
MANY = 10
_SHOWN = 3
#: Rows whose keys are known at once.
_MOST = 2_000
_NAME = re.compile(r'"[^"]*"')
_ANY = '"..."'

#: What rows share that are told in one; the names in quotes may differ.
Key = tuple[str, str, str, str, str]


class Recurring:
    """The rows that are told once, made from those of all workloads: a sequence of rows for each.

    Of each row no more than a number is kept, so that those of a large tree are never held at once: `without` is told
    them a second time.
    """

    def __init__(self, workloads: Iterable[Sequence[Row]]) -> None:
        #: By the identity of rows: those of a large tree are the very same for many workloads.
        self._keys: dict[int, tuple[Row, Key]] = {}
        counts: Counter[int] = Counter()
        for rows in workloads:
            counts.update({hash(self._key(row)) for row in rows})
        self._often = {number for number, count in counts.items() if count >= MANY}
        self._places: dict[Key, _Places] = {}

    def without(self, file: str, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of a workload that stand where they belong, and note where the others are."""
        if not self._often:
            return list(rows)
        stay: list[Row] = []
        first: dict[Key, Row] = {}
        for row in rows:
            key = self._key(row)
            if hash(key) in self._often:
                first.setdefault(key, row)
            else:
                stay.append(row)
        for key, row in first.items():
            self._places.setdefault(key, _Places(row)).add(file, row)
        return stay

    def _key(self, row: Row) -> Key:
        known = self._keys.get(id(row))
        if known is None:
            if len(self._keys) == _MOST:
                self._keys.clear()
            known = self._keys[id(row)] = row, _key(row)
        return known[1]

    def lines(self, width: int | None) -> Iterator[Line]:
        """Yield the rows that are told once, the most frequent first."""
        if not self._places:
            return
        yield ((f"the same in {MANY} workloads or more:", ""),)
        often = sorted(self._places.values(), key=lambda places: -places.count)
        yield from arrange([places.told() for places in often], width)


class _Places:
    """A row that is told once: how often it is there, its first places, and what of it is the same in all of them."""

    def __init__(self, first: Row) -> None:
        self.count = 0
        self._first = first
        self._places: list[str] = []
        self._is_same = {"title": True, "reason": True}

    def add(self, file: str, row: Row) -> None:
        self.count += 1
        if len(self._places) < _SHOWN:
            self._places.append(f"{visible(file)}:{row.line}")
        for name in self._is_same:
            self._is_same[name] &= getattr(row, name) == getattr(self._first, name)

    def told(self) -> Row:
        title, reason = (
            text if self._is_same[name] else _NAME.sub(_ANY, text)
            for name, text in (("title", self._first.title), ("reason", self._first.reason))
        )
        said = f"{', '.join(self._places)} and {self.count - _SHOWN} more"
        reason = f"{reason} ({said})" if reason else said
        return self._first._replace(line=f"{self.count}x", title=title, reason=reason)


def _key(row: Row) -> Key:
    return row.mark, _NAME.sub(_ANY, row.title), row.risk, row.control, _NAME.sub(_ANY, row.reason)
