"""Says what field of a schema a misspelt one was likely meant to be."""

from __future__ import annotations

from collections.abc import Callable

from harden.model.text import Path, Plain

_REF = "#/$defs/"


def meant(schema: Plain, path: Path, field: str, definition: Callable[[str], Plain]) -> str:
    """Return the name, among the fields that a schema has at `path`, that is nearest to `field`; "" for none."""
    for step in path:
        schema = _below(_resolved(schema, definition), step)
    fields = _resolved(schema, definition).get("properties")
    known = {name.lower(): name for name in fields} if isinstance(fields, dict) else {}
    import difflib  # noqa: PLC0415 -- slow to import, and needed only where a field is misspelt

    near = difflib.get_close_matches(field.lower(), known, n=1, cutoff=0.8)
    return known[near[0]] if near else ""


def _resolved(schema: Plain, definition: Callable[[str], Plain]) -> dict[str, Plain]:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = definition(str(schema["$ref"]).partition(_REF)[2])
    return schema if isinstance(schema, dict) else {}


def _below(schema: dict[str, Plain], step: str | int) -> Plain:
    if isinstance(step, int):
        return schema.get("items")
    fields = schema.get("properties")
    return fields.get(step) if isinstance(fields, dict) and step in fields else schema.get("additionalProperties")
