"""Tells whether text is YAML at all, without making anything of it."""

from __future__ import annotations

from harden.source.build import DEPTH_LIMIT, TooDeep
from harden.source.events import DOCUMENT, MAP, MAP_END, SCALAR, SEQ, SEQ_END, Next


def is_well_formed(text: str, start: int, end: int, most: int | None = None) -> bool:
    """Return whether a part of a text is YAML, of `most` documents at most (None: of any number)."""
    from harden.source.libyaml import YAMLError, read  # noqa: PLC0415 - slow to import

    try:
        documents = read(text[start:end], lambda next_event: exhaust(next_event, start))
    except (YAMLError, TooDeep):
        return False
    return most is None or documents <= most


def exhaust(next_event: Next, base: int) -> int:
    """Read all events, the offset of whose text is `base`, and return how many documents they are of.

    It raises TooDeep, and what the parser raises.
    """
    depth = documents = 0
    while True:
        event = next_event()
        if event is None:
            return documents
        kind = event[0]
        if kind == SCALAR:
            continue
        if kind in {MAP, SEQ}:
            depth += 1
            if depth > DEPTH_LIMIT:
                raise TooDeep(f"nested deeper than {DEPTH_LIMIT} levels", event[1] + base)
        elif kind in {MAP_END, SEQ_END}:
            depth -= 1
        elif kind == DOCUMENT:
            documents += 1
