"""Packs records and plain data into rows that JSON can hold, and unpacks the very same: types, order and all.

A row is a text, or a list of a number that says what it is and of the numbers of rows before it. Equal values of one
pack share a row, so that what many reports say alike is written, read and made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from harden.model import change, finding, kube, report, text

#: A text, or what a value is and what it is made of.
Row = str | list[Any]

_SCALAR, _FLOAT, _TUPLE, _LIST, _DICT, _VIEW, _SET = range(7)
#: Numbers from here on stand for classes.
_CLASSES = 10
#: Where the records stand that reports are made of.
_MODULES = (change, finding, kube, report, text)


class UnpackableError(Exception):
    """Raised for a value that no row stands for, and for rows that no value was packed into."""


class Packing:
    """Packs values into rows, in their order; `rows` are those so far.

    Values that are packed must live as long as the packing: it knows them by their identity.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._numbers: dict[object, int] = {}
        self._seen: dict[int, int] = {}
        #: What is looked up by its identity must not go away.
        self._alive: list[object] = []

    def add(self, value: object) -> int:
        """Return the number of the row that stands for a value."""
        known = self._seen.get(id(value))
        if known is not None:
            return known
        row = self._row(value)
        # Rows hold numbers of rows, and scalars behind the sign for scalars with their type: equal ones are the same.
        key = row if isinstance(row, str) else (*row, type(row[-1])) if row[0] == _SCALAR else tuple(row)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.rows)
            self.rows.append(row)
        self._seen[id(value)] = number
        self._alive.append(value)
        return number

    def _row(self, value: object) -> Row:
        kind = type(value)
        if kind is str:
            return _encodable(cast("str", value))
        number = _numbers().get(kind)
        if number is not None:
            parts = (value.name,) if isinstance(value, Enum) else cast("tuple[object, ...]", value)
            return [number, *map(self.add, parts)]
        return [_SCALAR, value] if kind in {int, bool, type(None)} else self._plain(value, kind)

    def _plain(self, value: object, kind: type) -> Row:
        if kind in {tuple, list}:
            return [_TUPLE if kind is tuple else _LIST, *map(self.add, cast("Sequence[object]", value))]
        if kind is frozenset:
            return [_SET, *sorted(map(self.add, cast("Iterable[object]", value)))]
        if isinstance(value, dict | MappingProxyType):
            return [_DICT if kind is dict else _VIEW, *(self.add(each) for pair in value.items() for each in pair)]
        if kind is float:
            return [_FLOAT, float.hex(cast("float", value))]
        raise UnpackableError(f"{kind.__qualname__} cannot be packed")


def _encodable(text: str) -> str:
    """Return a text; raises UnpackableError for halves of characters, which JSON may put together."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnpackableError("half a character cannot be packed") from error
    return text


def unpacked(rows: Sequence[object], wanted: Iterable[int]) -> list[Any]:
    """Return the values of some rows; raises UnpackableError for rows that no value was packed into."""
    made: list[Any] = []
    makers = _makers()
    try:
        for row in rows:
            if isinstance(row, str):
                made.append(row)
                continue
            mark, *parts = cast("list[int]", row)
            made.append(makers[mark](parts, made))
        return [made[number] for number in wanted]
    except (LookupError, TypeError, ValueError) as error:
        raise UnpackableError(f"these rows cannot be unpacked: {type(error).__name__}") from error


@cache
def _numbers() -> Mapping[type, int]:
    return {kind: number for number, kind in enumerate(_known(), _CLASSES)}


def _known() -> list[type]:
    """Return the classes of records and closed sets, in an order that is the same in each run of this version."""
    found: dict[type, None] = {}
    for module in _MODULES:
        for each in vars(module).values():
            if isinstance(each, type) and (hasattr(each, "_fields") or (issubclass(each, Enum) and each is not Enum)):
                found[each] = None
    return sorted(found, key=lambda each: (each.__module__, each.__qualname__))


Maker = Callable[[list[Any], list[Any]], Any]


@cache
def _makers() -> Mapping[int, Maker]:
    makers: dict[int, Maker] = {
        _SCALAR: lambda parts, _: parts[0],
        _FLOAT: lambda parts, _: float.fromhex(parts[0]),
        _TUPLE: lambda parts, made: tuple([made[at] for at in parts]),
        _LIST: lambda parts, made: [made[at] for at in parts],
        _DICT: _mapping,
        _VIEW: lambda parts, made: MappingProxyType(_mapping(parts, made)),
        _SET: lambda parts, made: frozenset(made[at] for at in parts),
    }
    for kind, number in _numbers().items():
        makers[number] = _member(kind) if issubclass(kind, Enum) else _record(kind)
    return makers


def _mapping(parts: list[int], made: list[Any]) -> dict[Any, Any]:
    return {made[key]: made[value] for key, value in zip(parts[::2], parts[1::2], strict=True)}


def _member(kind: type[Enum]) -> Maker:
    return lambda parts, made: kind[made[parts[0]]]


def _record(kind: Any) -> Maker:
    count = len(kind._fields)
    make = tuple.__new__

    def maker(parts: list[int], made: list[Any]) -> object:
        if len(parts) != count:
            raise ValueError(kind.__qualname__)
        return make(kind, [made[at] for at in parts])

    return maker
