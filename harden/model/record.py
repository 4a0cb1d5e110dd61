"""The base of all records: named tuples that take a tenth of the time to define, of which one run defines a hundred."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

__all__ = ["Record"]

#: What a class has that is no part of a record's body, or is the named tuple's own.
_OWN = frozenset({"__module__", "__qualname__", "__annotations__"})
#: What a named tuple has at each of its fields: the fastest way to an item by its name.
_field_at = type(namedtuple("_Sample", ("only",)).only)  # type: ignore[attr-defined] # noqa: PYI024 - no record
_GLOBALS = {"_tuple_new": tuple.__new__, "__builtins__": {}}


@cache
def _making(count: int) -> CodeType:
    """Return what makes a tuple of so many arguments; compiled once for all records of a size.

    A named tuple compiles it for itself, which takes most of the time that defining it takes.
    """
    names = "".join(f"a{at}," for at in range(count))
    code: CodeType = eval(f"lambda _cls,{names}: _tuple_new(_cls,({names}))", dict(_GLOBALS)).__code__  # noqa: S307 - see above
    return code


class _Named(tuple[object, ...]):
    """What named tuples have beside their fields, under their names."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    _field_defaults: dict[str, object] = {}  # noqa: RUF012 - as in a named tuple

    @classmethod
    def _make(cls, values: object) -> _Named:
        made = tuple.__new__(cls, values)  # type: ignore[arg-type]
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **values: object) -> _Named:
        made = self._make(map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {list(values)!r}")
        return made

    def _asdict(self) -> dict[str, object]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({said})"

    def __getnewargs__(self) -> tuple[object, ...]:
        return tuple(self)


class _Defining(type):
    """Makes a named tuple of a class body: fields with their types, defaults last, and methods that only read."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
        if not bases:
            return super().__new__(cls, name, bases, body)
        types = body.get("__annotations__")
        fields = tuple(types) if isinstance(types, dict) else ()
        defaults = {field: body[field] for field in fields if field in body}
        if tuple(defaults) != fields[len(fields) - len(defaults) :]:
            raise TypeError(f"{name}: a field without a default follows one with a default")
        code = _making(len(fields)).replace(co_varnames=("_cls", *fields), co_name="__new__")
        own = {word: value for word, value in body.items() if word not in fields and word != "__annotations__"}
        made = {field: _field_at(index, "") for index, field in enumerate(fields)}
        own["__new__"] = FunctionType(code, _GLOBALS, "__new__", tuple(defaults.values()))
        named = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        return type(name, (_Named,), {**made, **named, **own})


if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class Record(metaclass=_Defining):
        """The base that the body of a record is written under, as under `typing.NamedTuple`.

        That one compiles the annotation of every field, which takes two thirds of the time. Here they
        are for type checkers only. Nothing is an instance of this class.
        """
