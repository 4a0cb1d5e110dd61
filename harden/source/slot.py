"""Owns places that hold a node: a mapping's entry, a sequence's item, or the root of a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.model.record import Record
from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Seq
from harden.source import spans
from harden.source.spans import Lines
from harden.source.style import Style
from harden.source.wanted import Unfit


class Draft(Record):
    """What lowering needs to know of the document all the way down."""

    text: str
    lines: Lines
    style: Style
    before: Mapping[str, tuple[str, ...]]
    rank: Mapping[str, int]

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return new keys in the order in which they are written."""
        rank = self.rank
        last = len(rank)
        return sorted(names, key=lambda name: rank.get(name, last))


class Slot:
    """Where `node` stands: at `index` of the last node of `trail` (its ancestors), or as root when that is empty."""

    __slots__ = ("index", "node", "trail")

    def __init__(self, node: Node, index: int, trail: tuple[Node, ...]) -> None:
        self.node = node
        self.index = index
        self.trail = trail

    @property
    def parent(self) -> Node | None:
        """Return the collection that holds the node, None for the root."""
        return self.trail[-1] if self.trail else None

    @property
    def in_flow(self) -> bool:
        """Return whether the node stands inside a flow collection."""
        parent = self.parent
        return isinstance(parent, Map | Seq) and parent.flow

    @property
    def path(self) -> tuple[Node, ...]:
        """Return the ancestors and the node itself."""
        return (*self.trail, self.node)

    def below(self, node: Node, index: int) -> Slot:
        """Return the slot of an entry's value or an item of this slot's node."""
        return Slot(node, index, self.path)


class ListChange(Record):
    """What a sequence loses and gets at its end; `others` are the edits already made inside the items that stay."""

    removed: frozenset[int]
    new: tuple[Plain, ...]
    others: tuple[Edit, ...]


def holder_end(draft: Draft, slot: Slot) -> int:
    """Return where the holder of a node ends: behind the colon or dash; raises Unfit for a key without a colon."""
    parent = slot.parent
    if isinstance(parent, Map):
        colon = spans.colon_between(draft.text, *parent.entries[slot.index])
        if colon is None:
            raise Unfit("the key has no colon")
        return colon + 1
    if isinstance(parent, Seq) and not parent.flow:
        return spans.dash_before(draft.text, parent, slot.index) + 1
    return slot.node.start


def kept_end(draft: Draft, slot: Slot) -> int:
    """Return where the holder and the anchor of a node end, which stay when the node's content is replaced."""
    anchor = anchor_end(draft.text, slot.node)
    return holder_end(draft, slot) if anchor is None else anchor


def anchor_end(text: str, node: Node) -> int | None:
    """Return where the anchor of a node ends, behind a tag that stands in front of it; None when it has no anchor."""
    if getattr(node, "anchor", None) is None:
        return None
    at = node.start
    while text[at] == "!":
        at = spans.skip_blank(text, spans.properties_token_end(text, at))
    return spans.properties_token_end(text, at)


def erase_blank_tail(draft: Draft, start: int, end: int) -> Edit:
    """Return the removal of `start..end`, and of the blanks behind it when the line ends there."""
    after = spans.skip_inline(draft.text, end)
    return Edit(start, after if after >= draft.lines.end(end) else end, "")
