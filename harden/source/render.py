"""Writes new values as text: block lines, flow text on one line, and flow text spread over lines."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.text import Plain
from harden.source.quote import double, is_plain, quoted, scalar
from harden.source.scalars import Atom
from harden.source.style import BlockLook, FlowLook


def block_entry(name: str, value: Plain, look: BlockLook) -> list[str]:
    """Return the lines of `name: value`, without the indent of the first."""
    head = name_text(name, look.quote)
    below = look._replace(flow_lists=False) if look.flow_lists else look
    if isinstance(value, list) and value and not (look.flow_lists and is_flat(value)):
        return [f"{head}:", *(" " * look.dash + line for line in block_items(value, below))]
    if isinstance(value, dict) and value:
        return [f"{head}:", *(" " * look.step + line for line in block_entries(value, below))]
    return [f"{head}: {inline(value, look)}"]


def block_entries(value: dict[str, Plain], look: BlockLook) -> list[str]:
    """Return the lines of a block mapping."""
    return [line for name, item in value.items() for line in block_entry(name, item, look)]


def block_items(value: Sequence[Plain], look: BlockLook) -> list[str]:
    """Return the lines of a block sequence."""
    return [line for item in value for line in block_item(item, look)]


def block_item(value: Plain, look: BlockLook) -> list[str]:
    """Return the lines of one item of a block sequence, its dash included."""
    first, *rest = block_value(value, look)
    indent = " " * (1 + len(look.gap))
    return [f"-{look.gap}{first}", *(indent + line for line in rest)]


def block_value(value: Plain, look: BlockLook) -> list[str]:
    """Return the lines of a value that stands on its own."""
    if isinstance(value, dict) and value:
        return block_entries(value, look)
    if isinstance(value, list) and value:
        return block_items(value, look)
    return [inline(value, look)]


def inline(value: Plain, look: BlockLook) -> str:
    """Return a scalar, an empty collection or a flat list as it stands behind `key: ` in block style."""
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[" + ", ".join(scalar(_leaf(item), look.quote, flow=True) for item in value) + "]"
    return scalar(value, look.quote)


def name_text(name: str, quote: str) -> str:
    """Return a key in block style."""
    return name if is_plain(name) else quoted(name, quote)


def flow_value(value: Plain, look: FlowLook) -> str:
    """Return a value as flow text on one line."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        return "{" + look.pad + look.comma.join(flow_entry(*entry, look) for entry in value.items()) + look.pad + "}"
    if isinstance(value, list):
        return "[" + look.comma.join(flow_value(item, look) for item in value) + "]"
    if look.quoted and isinstance(value, str):
        return quoted(value, look.quote)
    return scalar(value, look.quote, flow=True, json=look.json)


def flow_entry(name: str, value: Plain, look: FlowLook) -> str:
    """Return `name: value` as flow text on one line."""
    return f"{flow_name(name, look)}{look.colon}{flow_value(value, look)}"


def flow_name(name: str, look: FlowLook) -> str:
    """Return a key in flow style."""
    if look.json:
        return double(name)
    return name if is_plain(name, flow=True) else quoted(name, look.quote)


def spread_entry(name: str, value: Plain, look: FlowLook, indent: str, newline: str) -> str:
    """Return `name: value` with nested collections spread over lines; `indent` is that of the entry's line."""
    return f"{flow_name(name, look)}{look.colon}{spread_value(value, look, indent, newline)}"


def spread_value(value: Plain, look: FlowLook, indent: str, newline: str) -> str:
    """Return a value with its collections spread over lines, as JSON or KYAML is printed."""
    inner = indent + look.unit
    end = ("," if look.trailing else "") + newline + indent
    if isinstance(value, dict) and value:
        parts = [spread_entry(name, item, look, inner, newline) for name, item in value.items()]
        return "{" + newline + f",{newline}".join(inner + part for part in parts) + end + "}"
    if isinstance(value, list) and value and not (look.inline_lists and is_flat(value)):
        if look.cuddled and all(isinstance(item, dict) and item for item in value):
            return "[" + ", ".join(spread_value(item, look, indent, newline) for item in value) + "]"
        parts = [spread_value(item, look, inner, newline) for item in value]
        return "[" + newline + f",{newline}".join(inner + part for part in parts) + end + "]"
    return flow_value(value, look)


def is_flat(value: list[Plain]) -> bool:
    """Return whether a list holds scalars only."""
    return not any(isinstance(item, dict | list) for item in value)


def _leaf(value: Plain) -> Atom:
    if isinstance(value, dict | list):
        raise TypeError("a flat list holds scalars only")
    return value
