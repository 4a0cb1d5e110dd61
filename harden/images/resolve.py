"""Puts facts together: general rules first, then entries, the least specific first, each with its variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harden.images.conditions import Condition
from harden.images.entry import Entry, Statement
from harden.images.facts import Confidence, ImageFacts
from harden.images.pattern import Pattern
from harden.images.reach import FROM_REGISTRY, is_within, spoken
from harden.images.reference import Reference
from harden.images.rules import ALPINE_WWW_DATA, Rule, rules_for
from harden.model.record import Record

#: An entry that speaks of an image, and the pattern by which it does.
Match = tuple[Pattern, Entry]

_DEBIAN_WWW_DATA = 33
_GATHERED = frozenset({"notes", "sources", "when"})
#: The fields that say how an image starts, the most telling first: who states them is its evidence.
_START = ("uid", "runs_as_nonroot", "host_access", "default_user", "nonroot_needs")


class _Origin(Record):
    """A place that states facts: what people are shown of it, the tags read for it, and whether the tag is one.

    `own` says that it is in a file of the project.
    """

    evidence: str
    read_for: tuple[str, ...]
    reaches: bool
    own: bool = False


class _Board:
    """What has been stated so far; `said` holds the notes and sources of each place, in the order of the layers.

    `remarks` are the places that state nothing but notes. `places` says of each how far it reaches.
    """

    __slots__ = ("conditions", "origins", "places", "remarks", "said", "values")

    def __init__(self) -> None:
        self.conditions: list[Condition] = []
        self.places: dict[str, _Origin] = {}
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
        self._add_conditions(fields, clears=clears)
        notes, sources = fields.get("notes") or (), fields.get("sources") or ()
        self.said.append((place, label, _texts(notes), _texts(sources)))

    def _add_conditions(self, fields: Mapping[str, object], *, clears: bool) -> None:
        conditions = fields.get("when")
        if isinstance(conditions, tuple):
            self.conditions.extend(conditions)
        elif clears and "when" in fields:
            self.conditions.clear()

    def apply(self, rule: Rule, states: Mapping[str, object]) -> None:
        """Let a general rule state `states`."""
        place = f"rule {rule.name}"
        # What is concluded from a name was read for no tag; what a publisher promises for all of them was.
        self.places[place] = _Origin(place, (), reaches=states.get("confidence") is not Confidence.RULE)
        self.state(place, place, {**states, "notes": (rule.why,), "sources": rule.sources}, clears=False)


def resolve(reference: Reference, matches: Iterable[Match]) -> ImageFacts | None:
    """Return the facts about an image from the entries that speak of it, the least specific first; None without any.

    A null in an entry leaves what a less specific one states; in a variant it clears it.
    """
    board = _Board()
    for rule in rules_for(reference):
        board.apply(rule, rule.states(reference))
    for pattern, entry in matches:
        board.places |= _origins(reference, pattern, entry)
        board.state(entry.statement.place, pattern.text, _meant(entry, entry.statement.fields), clears=False)
        _apply_variants(board, reference, pattern, entry)
    www_data = board.values.get("user_name") == "www-data" and board.values.get("uid") == _DEBIAN_WWW_DATA
    if www_data and ALPINE_WWW_DATA.applies(reference):
        board.apply(ALPINE_WWW_DATA, {**ALPINE_WWW_DATA.states(reference), "confidence": Confidence.DERIVED})
    return _facts(reference, board) if board.said else None


def _meant(entry: Entry, fields: Mapping[str, object]) -> Mapping[str, object]:
    """Return the fields of an entry with what a person means who names a user: that the image starts as that."""
    if entry.shipped or not fields.get("uid") or "runs_as_nonroot" in fields:
        return fields
    return {**fields, "runs_as_nonroot": True}


def _origins(reference: Reference, pattern: Pattern, entry: Entry) -> dict[str, _Origin]:
    """Return how far an entry and its variants reach; who reads a variant's tags reads all of their entry for them."""
    statements = (entry.statement, *(variant.statement for variant in entry.variants))
    if not entry.shipped:
        return {each.place: _Origin(_own_evidence(each), (), reaches=True, own=True) for each in statements}
    read_for = _unique(tag for each in statements for tag in each.read_for)
    evidence = f"shipped facts: {pattern.text} ({f'read for {spoken(read_for)}' if read_for else 'no tag is named'})"
    origin = _Origin(evidence, read_for, is_within(reference.tag, read_for))
    return {each.place: origin for each in statements}


def _own_evidence(statement: Statement) -> str:
    sources = _texts(statement.fields.get("sources"))
    if statement.fields.get("confidence") is not Confidence.LEARNED:
        return statement.place
    where = "registry" if any(source.startswith(FROM_REGISTRY) for source in sources) else "the image itself"
    return f"learned from {where} ({statement.place})"


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
    start = next((board.origins[name] for name in _START if board.values.get(name) is not None), board.said[-1][0])
    outside = frozenset(name for name, place in board.origins.items() if not board.places[place].reaches)
    return ImageFacts(
        reference=reference,
        matched=_unique(label for _, label, _, _ in quoted),
        origins=board.origins,
        notes=_unique(note for _, _, notes, _ in quoted for note in notes),
        sources=_unique(source for _, _, _, sources in quoted for source in sources),
        when=tuple(board.conditions),
        evidence=board.places[start].evidence,
        read_for=board.places[start].read_for,
        reaches_tag=board.places[start].reaches and outside.isdisjoint(_START),
        outside=outside,
        own=frozenset(name for name, place in board.origins.items() if board.places[place].own),
        **{name: value for name, value in board.values.items() if value is not None},
    )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()
