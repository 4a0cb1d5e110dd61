"""Tells which files hold objects, whatever their names are: as much as kubectl reads before it stumbles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
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
_PLAIN = str.maketrans({**dict.fromkeys("\x85\u2028\u2029", "\n"), "\t": " "})


def may_hold_objects(data: bytes | Problem) -> bool:
    """Return whether the bytes of a file hold an object, or may: some of it may be no text, or no YAML."""
    if isinstance(data, Problem) or wide_encoding(data) is not None:
        # YAML readers take these encodings all the same (YAML 1.2.2, 5.2).
        return True
    # kubectl reads document by document, and JSON whatever its bytes: what is no text may stand behind an object.
    if b"\0" in data and not data.lstrip().startswith(b"{"):
        data = b"\n---".join(b"\n" if b"\0" in part else part for part in data.split(b"\n---"))
    if not any(sign in data for sign in _SIGNS):
        return False
    return holds_objects(data.decode("utf-8", "replace").removeprefix("\ufeff"))


def holds_objects(text: str) -> bool:
    """Return whether a document of a text is a mapping that has a kind, or a list of items.

    A document counts although something behind it is no YAML, as for kubectl.
    """
    return _begins_with_json(text) or any(map(_holds_object, _chunks(text)))


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
    """Yield what stands between the ends of documents, and once more where some are ends for kubectl alone."""
    pieces = split(text)
    bounds = [*(piece.content for piece in pieces), len(text)]
    ends = {end for _, at, *_ in unclear(text, pieces) for end in (at, text.find("\n", at) + 1 or len(text))}
    for cuts in (bounds, sorted({*bounds, *ends})) if ends else (bounds,):
        yield from (text[start:end] for start, end in pairwise(cuts))


def _holds_object(text: str) -> bool:
    from harden.source.libyaml import YAMLError, read  # noqa: PLC0415 - slow to import

    if not any(sign.decode() in text for sign in _SIGNS):
        return False
    if text.lstrip().startswith("{"):
        text = text.lstrip()  # of blanks that are none in YAML
    plain = text.translate(_PLAIN)
    # libyaml refuses some tabs that go-yaml reads; the reader in Python does not know the line breaks of YAML 1.1.
    for words, with_libyaml in ((text, True), (plain, True), (plain, False)):
        holds = partial(_has_object, text=words, trust_nulls=with_libyaml)
        try:
            return read(words, holds) if with_libyaml else holds(pure_events(words))
        except TooDeep:
            return True
        except (YAMLError, Refusal, RecursionError):
            continue
    return False


def _has_object(next_event: Next, text: str, *, trust_nulls: bool) -> bool:
    """Return whether a document is an object; raises what the parser raises where it comes to an end before one."""
    ends: list[Event | None] = []
    while not ends:
        roots: list[Root] = build(_document(next_event, ends).__next__, text, 0, trust_nulls=trust_nulls)
        if any(root.node is not None and _is_object(root.node.value) for root in roots):
            return True
    return False


def _document(next_event: Next, ends: list[Event | None]) -> Iterator[Event | None]:
    """Yield the events of the next document, then None, which goes into `ends` where the text ends there.

    What follows may be no YAML, and nothing is read ahead: of what is nested too deeply the rest takes long.
    """
    event: Event | None
    while (event := next_event()) is not None:
        yield event
        if event[0] == DOCUMENT_END:
            break
    else:
        ends.append(None)
    yield None
