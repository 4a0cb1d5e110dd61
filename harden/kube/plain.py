"""Takes plain values as what they should be: one of another type counts as nothing."""

from __future__ import annotations


def entries(value: object) -> list[object]:
    """Return the items of a list; none where the value is no list."""
    return value if isinstance(value, list) else []


def words(value: object) -> tuple[str, ...]:
    """Return the texts of a list; none where the value is no list."""
    return tuple(entry for entry in entries(value) if isinstance(entry, str))


def word(value: object) -> str:
    """Return a text; "" for anything else."""
    return value if isinstance(value, str) else ""
