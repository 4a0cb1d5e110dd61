"""Describes where a node stands: as the entry of a mapping, the item of a sequence, or the root of a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.model.record import Record
from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Seq
from harden.source import spans
from harden.source.patch import CannotApply
from harden.source.spans import Lines
from harden.source.style import Style


class EditContext(Record):
    """What lowering needs to know of the document all the way down."""

    text: str
    lines: Lines
    style: Style
    before: Mapping[str, tuple[str, ...]]
    rank: Mapping[str, int]

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return new keys in the order in which they are written."""
        return _by_rank(names, self.rank)


def _by_rank(names: Iterable[str], rank: Mapping[str, int]) -> list[str]:
    last = len(rank)
    return sorted(names, key=lambda name: rank.get(name, last))


class Position:
    """Where `node` stands: at `index` of the last of its `ancestors`, or as root where it has none."""

    __slots__ = ("ancestors", "index", "node")

    def __init__(self, node: Node, index: int, ancestors: tuple[Node, ...]) -> None:
        self.node = node
        self.index = index
        self.ancestors = ancestors

    @property
    def parent(self) -> Node | None:
        """Return the collection that holds the node, None for the root."""
        return self.ancestors[-1] if self.ancestors else None

    @property
    def in_flow(self) -> bool:
        """Return whether the node stands inside a flow collection."""
        parent = self.parent
        return isinstance(parent, Map | Seq) and parent.flow

    @property
    def path(self) -> tuple[Node, ...]:
        """Return the ancestors and the node itself."""
        return (*self.ancestors, self.node)

    def below(self, node: Node, index: int) -> Position:
        """Return the position of an entry's value or an item of this position's node."""
        return Position(node, index, self.path)


class ListChange(Record):
    """What a sequence loses and gets at its end; `others` are the edits already made inside the items that stay."""

    removed: frozenset[int]
    new: tuple[Plain, ...]
    others: tuple[Edit, ...]


def holder_end(context: EditContext, position: Position) -> int:
    """Return where the holder of a node ends: behind the colon or dash; raises CannotApply where there is no colon."""
    parent = position.parent
    if isinstance(parent, Map):
        colon = spans.colon_between(context.text, *parent.entries[position.index])
        if colon is None:
            raise CannotApply("the key has no colon")
        return colon + 1
    if isinstance(parent, Seq) and not parent.flow:
        return spans.dash_before(context.text, parent, position.index) + 1
    return position.node.start


def kept_end(context: EditContext, position: Position) -> int:
    """Return where the holder and the anchor of a node end, which stay when the node's content is replaced."""
    anchor = anchor_end(context.text, position.node)
    return holder_end(context, position) if anchor is None else anchor


def anchor_end(text: str, node: Node) -> int | None:
    """Return where the anchor of a node ends, behind a tag that stands in front of it; None when it has no anchor."""
    if getattr(node, "anchor", None) is None:
        return None
    at = node.start
    while text[at] == "!":
        at = spans.skip_blank(text, spans.properties_token_end(text, at))
    return spans.properties_token_end(text, at)


def erase_blank_tail(context: EditContext, start: int, end: int) -> Edit:
    """Return the removal of `start..end`, and of the blanks behind it when the line ends there."""
    after = spans.skip_inline(context.text, end)
    return Edit(start, after if after >= context.lines.end(end) else end, "")
