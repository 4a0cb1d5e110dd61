"""Tells whether text is YAML at all, without making anything of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harden.source.build import DEPTH_LIMIT, TooDeep


def is_well_formed(text: str, start: int, end: int, most: int | None = None) -> bool:
    """Return whether a part of a text is YAML, of `most` documents at most (None: of any number)."""
    from harden.source.libyaml import CParser, YAMLError  # noqa: PLC0415 - slow to import

    try:
        documents = exhaust(CParser(text[start:end]).get_event, start)
    except (YAMLError, TooDeep):
        return False
    return most is None or documents <= most


def exhaust(next_event: Callable[[], Any], base: int) -> int:
    """Read all events, the offset of whose text is `base`, and return how many documents they are of.

    It raises TooDeep, and what the parser raises.
    """
    from ruamel.yaml.events import (  # noqa: PLC0415 - slow to import
        CollectionEndEvent,
        CollectionStartEvent,
        DocumentStartEvent,
    )

    depth = documents = 0
    event = next_event()
    while event is not None:
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > DEPTH_LIMIT:
                raise TooDeep(f"nested deeper than {DEPTH_LIMIT} levels", event.start_mark.index + base)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, DocumentStartEvent):
            documents += 1
        event = next_event()
    return documents
