"""Says quickly of values that they plainly fit a schema; whatever is not plain is left to a validator.

A validator has to be imported and has to compile all that a kind could hold, which takes twenty times as long as
looking at one object. Here each part of a schema becomes a function when a value first comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from harden.model.text import Plain

#: Keywords that only describe: a validator of this draft checks no formats, and `x-` is Kubernetes' own.
_SILENT = frozenset({"$id", "$schema", "description", "format"})
_REF = "#/$defs/"
#: Narrower than JSON Schema, for which 1.0 is an integer: a validator then says so.
_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}

#: Returns the definition of a name.
Definition = Callable[[str], Plain]
#: Whether a value is sure to fit: False says either that it does not or that it is hard to say.
Check = Callable[[Plain], bool]


class Fit:
    """Makes checks of schemas; those of definitions are made once."""

    __slots__ = ("_definition", "_named")

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._named: dict[str, Check] = {}

    def check(self, schema: Plain) -> Check:
        """Return what says whether a value is sure to fit `schema`."""
        if not isinstance(schema, dict):
            return _yes if schema is True else _no
        checks: list[Check] = []
        for keyword, said in schema.items():
            if keyword in _SILENT or keyword.startswith("x-"):
                continue
            make = _KEYWORDS.get(keyword)
            if make is None:
                return _no
            checks.append(make(self, said, schema))
        return checks[0] if len(checks) == 1 else partial(_all, tuple(checks))

    def reference(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of a definition by its name."""
        name = str(said).partition(_REF)[2]
        if not name:
            return _no

        def check(value: Plain) -> bool:
            known = self._named.get(name)
            if known is None:
                known = self._named[name] = self.check(self._definition(name))
            return known(value)

        return check

    def items(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of what is in a list."""
        return partial(_all_of_list, self.check(said))

    def properties(self, said: Plain, schema: Mapping[str, Plain]) -> Check:
        """Return the check of the fields of a mapping."""
        if not isinstance(said, dict):
            return _no_mapping
        others = self.check(schema.get("additionalProperties", True))
        known: dict[str, Check] = {}

        def check(value: Plain) -> bool:
            if not isinstance(value, dict):
                return True
            for name, item in value.items():
                each = known.get(name)
                if each is None:
                    if name not in said:
                        each = others
                    else:
                        each = known[name] = self.check(said[name])
                if not each(item):
                    return False
            return True

        return check

    def others(self, _said: Plain, schema: Mapping[str, Plain]) -> Check:
        """Return the check of the fields of a mapping that has no `properties`: beside these it is done already."""
        return _yes if "properties" in schema else self.properties({}, schema)

    def type(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of the type of a value."""
        return partial(_is_of, _types(said))

    def one_of(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of schemas one of which has to take a value, if all are of types alone."""
        schemas = said if isinstance(said, list) else []
        plain = [schema for schema in schemas if isinstance(schema, dict) and list(schema) == ["type"]]
        return partial(_is_of_one, [_types(schema["type"]) for schema in plain]) if plain == schemas else _no

    def enum(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of texts."""
        return partial(_is_among, said) if isinstance(said, list) else _no

    def required(self, said: Plain, _schema: Mapping[str, Plain]) -> Check:
        """Return the check of what a mapping cannot do without."""
        return partial(_has_all, said) if isinstance(said, list) else _no_mapping


def _yes(_value: Plain) -> bool:
    return True


def _no(_value: Plain) -> bool:
    return False


def _no_mapping(value: Plain) -> bool:
    return not isinstance(value, dict)


def _all(checks: tuple[Check, ...], value: Plain) -> bool:
    for check in checks:  # noqa: SIM110 - a generator takes as long as many a check
        if not check(value):
            return False
    return True


def _all_of_list(check: Check, value: Plain) -> bool:
    return not isinstance(value, list) or all(map(check, value))


def _is_of(types: frozenset[type], value: Plain) -> bool:
    return type(value) in types


def _is_of_one(types: list[frozenset[type]], value: Plain) -> bool:
    return sum(type(value) in each for each in types) == 1


def _is_among(texts: list[Plain], value: Plain) -> bool:
    return isinstance(value, str) and value in texts


def _has_all(names: list[Plain], value: Plain) -> bool:
    return not isinstance(value, dict) or all(name in value for name in names)


def _types(said: Plain) -> frozenset[type]:
    names = said if isinstance(said, list) else [said]
    return frozenset(each for name in names if isinstance(name, str) for each in _TYPES.get(name, ()))


_KEYWORDS: dict[str, Callable[[Fit, Plain, Mapping[str, Plain]], Check]] = {
    "$ref": Fit.reference,
    "additionalProperties": Fit.others,
    "enum": Fit.enum,
    "items": Fit.items,
    "oneOf": Fit.one_of,
    "properties": Fit.properties,
    "required": Fit.required,
    "type": Fit.type,
}
