"""The base of all records: named tuples that take a third of the time to define, of which one run defines a hundred."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["Record"]

#: What a class has that is no part of a record's body, or is the named tuple's own.
_OWN = frozenset({"__module__", "__qualname__", "__annotations__"})


class _Defining(type):
    """Makes a named tuple of a class body: fields with their types, defaults last, and methods that only read."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
        if not bases:
            return super().__new__(cls, name, bases, body)
        types = body.get("__annotations__")
        fields = tuple(types) if isinstance(types, dict) else ()
        defaults = tuple(body[field] for field in fields if field in body)
        made = namedtuple(name, fields, defaults=defaults, module=str(body["__module__"]))  # type: ignore[misc] # noqa: PYI024 - of names not known here
        made.__qualname__ = str(body["__qualname__"])
        for word, value in body.items():
            if word not in _OWN and word not in fields:
                setattr(made, word, value)
        return made


if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class Record(metaclass=_Defining):
        """The base that the body of a record is written under, as under `typing.NamedTuple`.

        That one compiles the annotation of every field, which takes two thirds of the time. Here they
        are for type checkers only. Nothing is an instance of this class.
        """
