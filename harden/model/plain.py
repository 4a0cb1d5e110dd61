"""Takes plain values as what they should be: one of another type counts as nothing."""

from __future__ import annotations

from collections.abc import Mapping


def as_list(value: object) -> list[object]:
    """Return a list as it is; an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list; none where the value is no list."""
    return tuple(entry for entry in as_list(value) if isinstance(entry, str))


def as_word(value: object) -> str:
    """Return a text as it is; "" for anything else."""
    return value if isinstance(value, str) else ""


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a mapping as it is; an empty one for anything else."""
    return value if isinstance(value, dict) else {}
