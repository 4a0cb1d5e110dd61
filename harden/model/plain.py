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


def is_number(text: str) -> bool:
    """Return whether a text is a whole number as ports, users and shares are: digits, not more than 18 of them.

    A text of thousands of digits is none: Python refuses to read it (`sys.int_info`).
    """
    return text.isdecimal() and text.isascii() and len(text) <= 18


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a mapping as it is; an empty one for anything else."""
    return value if isinstance(value, dict) else {}
