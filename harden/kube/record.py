"""Owns records: named tuples that take a tenth of the time to define, of which one run defines fifty.

For type checkers a record is a `typing.NamedTuple`. At run time that compiles every annotation, and a constructor for
every class; here annotations are left alone, and all classes with as many fields share a constructor's code.
"""

from __future__ import annotations

from collections import _tuplegetter  # type: ignore[attr-defined]  # how `namedtuple` itself reads a field
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING

__all__ = ["Record"]


class _Fields(tuple[object, ...]):
    """What all records can do; the names are those of `collections.namedtuple`."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def _replace(self, /, **changes: object) -> _Fields:
        result = tuple.__new__(type(self), map(changes.pop, self._fields, self))
        if changes:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(changes)}")
        return result

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({fields})"

    def __getnewargs__(self) -> tuple[object, ...]:
        return tuple(self)


class _Defining(type):
    """Makes a class of named tuples from fields with their types, defaults last, and methods that only read."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
        types = body.get("__annotations__")
        if not bases or not isinstance(types, dict):
            return super().__new__(cls, name, bases, body)
        fields = tuple(types)
        shared = _constructor(len(fields))
        code = shared.__code__.replace(co_name="__new__", co_varnames=("cls", *fields), co_qualname=f"{name}.__new__")
        defaults = tuple(body[field] for field in fields if field in body)
        readers = {field: _tuplegetter(at, "") for at, field in enumerate(fields)}
        constructor = FunctionType(code, shared.__globals__, "__new__", defaults)
        own = {"__slots__": (), "__new__": constructor, "__match_args__": fields, "_fields": fields}
        return type(name, (_Fields,), {**body, **readers, **own})


@cache
def _constructor(count: int) -> FunctionType:
    """Return a constructor of so many fields, whose names are still to be given."""
    words = ", ".join(f"field{at}" for at in range(count))
    made: FunctionType = eval(f"lambda cls, {words}: new(cls, ({words},))", {"new": tuple.__new__})  # noqa: S307 - a text of ours
    return made


if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class Record(metaclass=_Defining):
        """The base that the body of a record is written under; nothing is an instance of it."""
