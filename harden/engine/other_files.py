"""Tells which files hold objects, whatever their names are: as much as kubectl reads before it stumbles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from harden.model.report import Problem
from harden.source.build import Refusal, Root, TooDeep, build
from harden.source.events import DOCUMENT_END, Event, Next
from harden.source.pure import pure_events
from harden.source.read import wide_encoding
from harden.source.split import split
from harden.source.unclear import unclear

#: Without one of these no text has a key `kind` (escapes, tags) or `items`.
_SIGNS = (b"kind", b"items", b"\\", b"!")


def may_hold_objects(data: bytes | Problem) -> bool:
    """Return whether the bytes of a file hold an object, or may: some of it may be no text, or no YAML."""
    if isinstance(data, Problem) or wide_encoding(data) is not None:
        # YAML readers take these encodings all the same (YAML 1.2.2, 5.2).
        return True
    # kubectl reads document by document, and JSON whatever its bytes: what is no text may stand behind an object.
    if b"\0" in data and not data.lstrip().startswith(b"{"):
        data = b"\n---".join(part for part in data.split(b"\n---") if b"\0" not in part)
    if not any(sign in data for sign in _SIGNS):
        return False
    return holds_objects(data.decode("utf-8", "replace").removeprefix("\ufeff"))


def holds_objects(text: str) -> bool:
    """Return whether a document of a text is a mapping that has a kind, or a list of items.

    Of what stands between two ends of documents the first document counts, as for kubectl.
    """
    return _begins_with_json(text) or any(map(_begins_with_object, _chunks(text)))


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and ("kind" in value or "items" in value)


def _begins_with_json(text: str) -> bool:
    start = text.lstrip()
    if not start.startswith("{"):
        return False
    try:
        return _is_object(json.JSONDecoder().raw_decode(start)[0])
    except (ValueError, RecursionError):
        return False


def _chunks(text: str) -> Iterator[str]:
    """Yield what stands between the ends of documents, those for kubectl alone among them."""
    pieces = split(text)
    ends = {piece.content for piece in pieces}
    for _, at, *_ in unclear(text, pieces):
        ends |= {at, text.find("\n", at) + 1 or len(text)}
    bounds = [*sorted(ends | {0}), len(text)]
    yield from (text[start:end] for start, end in pairwise(bounds))


def _begins_with_object(text: str) -> bool:
    from harden.source.libyaml import YAMLError, read  # noqa: PLC0415 - slow to import

    if not any(sign.decode() in text for sign in _SIGNS):
        return False
    try:
        return read(text, lambda next_event: _first_is_object(next_event, text, trust_nulls=True))
    except TooDeep:
        return True
    except (YAMLError, Refusal):
        pass
    try:
        return _first_is_object(pure_events(text), text, trust_nulls=False)
    except (YAMLError, Refusal, RecursionError):
        return False


def _first_is_object(next_event: Next, text: str, *, trust_nulls: bool) -> bool:
    roots: list[Root] = build(_first_document(next_event), text, 0, trust_nulls=trust_nulls)
    return any(root.node is not None and _is_object(root.node.value) for root in roots)


def _first_document(next_event: Next) -> Next:
    """Return the events of a parser up to the end of its first document: what stands behind it may be no YAML."""
    ended = False

    def event() -> Event | None:
        nonlocal ended
        if ended:
            return None
        found = next_event()
        ended = found is not None and found[0] == DOCUMENT_END
        return found

    return event
