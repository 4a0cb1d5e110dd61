"""Owns putting facts together: general rules first, then entries, the least specific first, each with its variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harden.images.entry import Entry
from harden.images.facts import Confidence, ImageFacts
from harden.images.pattern import Pattern
from harden.images.reference import Reference
from harden.images.rules import ALPINE_WWW_DATA, Rule, rules_for

#: An entry that speaks of an image, and the pattern by which it does.
Match = tuple[Pattern, Entry]

_DEBIAN_WWW_DATA = 33
_GATHERED = frozenset({"notes", "sources"})


class _Board:
    """What has been stated so far; `said` holds the notes and sources of each place, in the order of the layers.

    `remarks` are the places that state nothing but notes.
    """

    __slots__ = ("origins", "remarks", "said", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}  # typed by fields.FIELDS, checked by the readers there
        self.origins: dict[str, str] = {}
        self.said: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = []
        self.remarks: set[str] = set()

    def state(self, place: str, label: str, fields: Mapping[str, object], *, clears: bool) -> None:
        """Let `place` state `fields`; null clears what was stated only where `clears`."""
        for name, value in fields.items():
            if name in _GATHERED or (value is None and not clears):
                continue
            self.values[name] = value
            self.origins[name] = place
        if fields.get("uid") is not None and "confidence" not in fields:
            self.values["confidence"] = Confidence.READ
            self.origins["confidence"] = place
        if not fields.keys() - _GATHERED:
            self.remarks.add(place)
        notes, sources = fields.get("notes") or (), fields.get("sources") or ()
        self.said.append((place, label, _texts(notes), _texts(sources)))

    def apply(self, rule: Rule, states: Mapping[str, object]) -> None:
        """Let a general rule state `states`."""
        place = f"rule {rule.name}"
        self.state(place, place, {**states, "notes": (rule.why,), "sources": rule.sources}, clears=False)


def resolve(reference: Reference, matches: Iterable[Match]) -> ImageFacts | None:
    """Return the facts about an image from the entries that speak of it, the least specific first; None without any.

    A null in an entry leaves what a less specific one states; in a variant it clears it.
    """
    board = _Board()
    for rule in rules_for(reference):
        board.apply(rule, rule.states(reference))
    for pattern, entry in matches:
        board.state(entry.statement.place, pattern.text, entry.statement.fields, clears=False)
        _apply_variants(board, reference, pattern, entry)
    www_data = board.values.get("user_name") == "www-data" and board.values.get("uid") == _DEBIAN_WWW_DATA
    if www_data and ALPINE_WWW_DATA.applies(reference):
        board.apply(ALPINE_WWW_DATA, {**ALPINE_WWW_DATA.states(reference), "confidence": Confidence.DERIVED})
    return _facts(reference, board) if board.said else None


def _apply_variants(board: _Board, reference: Reference, pattern: Pattern, entry: Entry) -> None:
    if reference.tag is None:
        if any("uid" in variant.statement.fields for variant in entry.variants):
            note = "The user differs between tags, and this reference has only a digest: check the user."
            doubt = {"confidence": Confidence.DERIVED, "notes": (note,)}
            board.state(entry.statement.place, pattern.text, doubt, clears=False)
        return
    for variant in entry.variants:
        if variant.speaks_of(reference.tag):
            board.state(variant.statement.place, pattern.text, variant.statement.fields, clears=True)


def _facts(reference: Reference, board: _Board) -> ImageFacts:
    """Build the facts; places none of whose words counts in the end are not quoted."""
    counting = set(board.origins.values()) | board.remarks
    quoted = [said for said in reversed(board.said) if said[0] in counting]
    return ImageFacts(
        reference=reference,
        matched=_unique(label for _, label, _, _ in quoted),
        origins=board.origins,
        notes=_unique(note for _, _, notes, _ in quoted for note in notes),
        sources=_unique(source for _, _, _, sources in quoted for source in sources),
        **{name: value for name, value in board.values.items() if value is not None},
    )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()
