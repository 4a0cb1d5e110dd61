"""Owns a quick yes for values that plainly fit a schema; whatever is not plain is left to a validator.

A validator has to be imported and has to compile all that a kind could hold, which takes twenty times as long as looking
at one object.
"""

from __future__ import annotations

from collections.abc import Callable

from harden.model.text import Plain

#: Keywords that only describe. Formats are none that a validator of this draft would check, and `x-` is Kubernetes' own.
_SILENT = frozenset({"$schema", "description", "format"})
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
    return all(_keeps(keyword, schema, value, definition) for keyword in schema)


def _keeps(keyword: str, schema: dict[str, Plain], value: Plain, definition: Definition) -> bool:
    said = schema[keyword]
    if keyword in _SILENT or keyword.startswith("x-"):
        return True
    match keyword:
        case "type":
            return _is_of(said if isinstance(said, list) else [said], value)
        case "$ref":
            name = str(said).partition(_REF)[2]
            return bool(name) and plainly_fits(definition(name), value, definition)
        case "oneOf":
            return isinstance(said, list) and _is_of_one(said, value)
        case "enum":
            return isinstance(said, list) and isinstance(value, str) and value in said
        case "items":
            return not isinstance(value, list) or all(plainly_fits(said, item, definition) for item in value)
        case "required":
            return isinstance(said, list) and (not isinstance(value, dict) or all(name in value for name in said))
        case "properties" | "additionalProperties":
            return not isinstance(value, dict) or _fields_fit(schema, value, definition)
        case _:
            return False


def _fields_fit(schema: dict[str, Plain], value: dict[str, Plain], definition: Definition) -> bool:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    return isinstance(known, dict) and all(
        plainly_fits(known.get(name, others), item, definition) for name, item in value.items()
    )


def _is_of(types: list[Plain], value: Plain) -> bool:
    return any(isinstance(name, str) and type(value) in _TYPES.get(name, ()) for name in types)


def _is_of_one(schemas: list[Plain], value: Plain) -> bool:
    """Return whether the value is of exactly one of the schemas, which name types and nothing else."""
    fitting = 0
    for schema in schemas:
        if not isinstance(schema, dict) or list(schema) != ["type"]:
            return False
        said = schema["type"]
        fitting += _is_of(said if isinstance(said, list) else [said], value)
    return fitting == 1
