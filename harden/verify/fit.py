"""Says quickly of values that they plainly fit a schema; whatever is not plain is left to a validator.

A validator has to be imported and has to compile all that a kind could hold, which takes twenty times as long as
looking at one object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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


def plainly_fits(schema: Plain, value: Plain, definition: Definition) -> bool:
    """Return whether `value` is sure to fit `schema`: False says either that it does not or that it is hard to say."""
    if not isinstance(schema, dict):
        return schema is True
    for keyword, said in schema.items():
        if keyword in _SILENT or keyword.startswith("x-"):
            continue
        keeps = _KEYWORDS.get(keyword)
        if keeps is None or not keeps(said, schema, value, definition):
            return False
    return True


def _type(said: Plain, _schema: Mapping[str, Plain], value: Plain, _definition: Definition) -> bool:
    return _is_of(said, value)


def _one_of(said: Plain, _schema: Mapping[str, Plain], value: Plain, _definition: Definition) -> bool:
    schemas = said if isinstance(said, list) else []
    if not all(isinstance(schema, dict) and list(schema) == ["type"] for schema in schemas):
        return False
    return sum(_is_of(schema["type"], value) for schema in schemas if isinstance(schema, dict)) == 1


def _enum(said: Plain, _schema: Mapping[str, Plain], value: Plain, _definition: Definition) -> bool:
    return isinstance(said, list) and isinstance(value, str) and value in said


def _required(said: Plain, _schema: Mapping[str, Plain], value: Plain, _definition: Definition) -> bool:
    return not isinstance(value, dict) or (isinstance(said, list) and all(name in value for name in said))


def _reference(said: Plain, _schema: Mapping[str, Plain], value: Plain, definition: Definition) -> bool:
    name = str(said).partition(_REF)[2]
    return bool(name) and plainly_fits(definition(name), value, definition)


def _items(said: Plain, _schema: Mapping[str, Plain], value: Plain, definition: Definition) -> bool:
    return not isinstance(value, list) or all(plainly_fits(said, item, definition) for item in value)


def _properties(said: Plain, schema: Mapping[str, Plain], value: Plain, definition: Definition) -> bool:
    if not isinstance(value, dict) or not isinstance(said, dict):
        return not isinstance(value, dict)
    others = schema.get("additionalProperties", True)
    return all(plainly_fits(said.get(name, others), item, definition) for name, item in value.items())


def _others(_said: Plain, schema: Mapping[str, Plain], value: Plain, definition: Definition) -> bool:
    # Beside `properties` that keyword has looked at every field.
    return "properties" in schema or _properties({}, schema, value, definition)


_KEYWORDS: dict[str, Callable[[Plain, Mapping[str, Plain], Plain, Definition], bool]] = {
    "$ref": _reference,
    "additionalProperties": _others,
    "enum": _enum,
    "items": _items,
    "oneOf": _one_of,
    "properties": _properties,
    "required": _required,
    "type": _type,
}


def _is_of(types: Plain, value: Plain) -> bool:
    names = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and type(value) in _TYPES.get(name, ()) for name in names)
