"""Owns edits of block mappings and block sequences: new entries, removed entries, new items."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import render, spans
from harden.source.build import is_merge, name_of
from harden.source.comments import above_comments, comment_lines, continued_end
from harden.source.replace import after_holder
from harden.source.slot import Draft, ListChange, Slot, holder_end, kept_end


def starts(draft: Draft, node: Map | Seq) -> list[int]:
    """Return where each entry (its key or `?`) or item (its dash) of a block collection begins."""
    if isinstance(node, Map):
        return [spans.entry_start(draft.text, node, index) for index in range(len(node.entries))]
    return [spans.dash_before(draft.text, node, index) for index in range(len(node.items))]


def ends(node: Map | Seq) -> list[int]:
    """Return where the last leaf of each entry or item ends."""
    return [child.end for child in children(node)]


def children(node: Map | Seq) -> list[Node]:
    """Return the values of a mapping's entries, or the items of a sequence."""
    return [value for _, value in node.entries] if isinstance(node, Map) else node.items


def last_leaf(node: Node) -> Node:
    """Return the node below `node` that ends last."""
    while isinstance(node, Map | Seq):
        below = children(node)
        if not below or node.flow:
            return node
        node = below[-1]
    return node


class Removal:
    """The removal of some entries or items of a block collection, but not of all."""

    __slots__ = ("_draft", "_ends", "_node", "_removed", "_starts", "last", "pulled")

    def __init__(self, draft: Draft, node: Map | Seq, removed: frozenset[int]) -> None:
        self._draft = draft
        self._node = node
        self._removed = removed
        # Mostly nothing goes, and then nobody asks.
        self._starts = starts(draft, node) if removed else []
        self._ends = ends(node) if removed else []
        #: The last entry that stays.
        self.last = len(children(node)) - 1
        while self.last in removed:
            self.last -= 1
        #: The entry that moves up to the dash when those in front of it go.
        self.pulled: int | None = None

    def edits(self) -> list[Edit]:
        """Return the edits; sets `pulled`."""
        lines = self._draft.lines
        edits: list[Edit] = []
        rest = sorted(self._removed)
        if rest and rest[0] == 0 and not lines.is_first(self._starts[0]):
            first, rest = self._pull_up(rest)
            edits.append(first)
        for index in rest:
            edits.extend(self._cut(index))
        return edits

    def _cut(self, index: int) -> list[Edit]:
        """Return the removal of an entry's lines, made so that a block scalar above takes nothing in."""
        draft, lines = self._draft, self._draft.lines
        start, stop = lines.start(self._starts[index]), lines.next(self._ends[index])
        kept = comment_lines(draft, self._starts[index], children(self._node)[index])
        above = max((kept for kept in range(index) if kept not in self._removed), default=None)
        if above is None or "#" in draft.text[self._ends[above] : self._starts[above + 1]]:
            return [Edit(start, stop, kept)]
        leaf = last_leaf(children(self._node)[above])
        if not isinstance(leaf, Scalar) or leaf.style not in {"|", ">"}:
            return [Edit(start, stop, kept)]
        column = lines.column(self._starts[index])
        if kept:
            # The first comment ends the block scalar only where it stands left of its content.
            deep = len(kept) - len(kept.lstrip(" ")) > column
            return [Edit(start, stop, " " * column + kept.lstrip(" ") if deep else kept)]
        behind = stop
        while behind < len(draft.text) and not draft.text[behind : lines.end(behind)].strip(" "):
            behind = lines.next(behind)
        if "+" in _marks(draft, leaf):
            stop = behind
        comment = spans.skip_inline(draft.text, behind)
        if not draft.text.startswith("#", comment) or comment - behind <= column:
            return [Edit(start, stop, "")]
        return [Edit(start, stop, ""), Edit(behind, comment, " " * column)]

    def _pull_up(self, removed: list[int]) -> tuple[Edit, list[int]]:
        """Return the removal of the first entries, whose line begins with a dash, and the indexes still to remove."""
        draft = self._draft
        kept = next(index for index in range(len(self._starts)) if index not in self._removed)
        gaps = [draft.text[draft.lines.end(self._ends[index]) : self._starts[index + 1]] for index in range(kept)]
        if any(gap.strip() for gap in gaps):
            start = len(draft.text[: self._starts[0]].rstrip(" \t"))
            return Edit(start, draft.lines.end(self._ends[0]), ""), removed[1:]
        self.pulled = kept
        return Edit(self._starts[0], self._starts[kept], ""), removed[kept:]


def edit_map(draft: Draft, slot: Slot, node: Map, removed: frozenset[int], new: dict[str, Plain]) -> list[Edit]:
    """Return the edits that take entries out of a block mapping and put `new` ones in; raises Unfit."""
    if len(removed) == len(node.entries):
        look = draft.style.block(slot.trail)
        return _refill(draft, slot, node, render.block_entries(_ranked(draft, new), look), "{}")
    removal = Removal(draft, node, removed)
    edits = removal.edits()
    look = draft.style.block(slot.path)
    for place, names in groups(draft, node, removed, new):
        lines = [line for name in names for line in render.block_entry(name, new[name], look)]
        if place is not None:
            edits.append(_put_before(draft, slot, place, lines, is_pulled=place == removal.pulled))
        elif open_scalar(draft, node.entries[removal.last][1]) is not None:
            edits.append(_put_before(draft, slot, removal.last, lines, is_pulled=removal.last == removal.pulled))
        else:
            edits.append(below(draft, node.entries[removal.last][1], lines, draft.style.column(node)))
    return edits


def _ranked(draft: Draft, new: dict[str, Plain]) -> dict[str, Plain]:
    return {name: new[name] for name in draft.sorted(new)}


def _refill(draft: Draft, slot: Slot, node: Map | Seq, lines: list[str], empty: str) -> list[Edit]:
    """Return the edits for a block collection that loses all it has and gets `lines`, or becomes `empty`.

    The comment lines between what goes stay.
    """
    spots = list(zip(starts(draft, node), ends(node), strict=True))
    first, end = spots[0]
    column = draft.lines.column(first)
    newline = draft.lines.newline(first) + " " * column
    inside = [comment_lines(draft, at, child) for (at, _), child in zip(spots, children(node), strict=True)]
    gone = [
        Edit(draft.lines.start(at), draft.lines.next(stop), kept)
        for (at, stop), kept in zip(spots[1:], inside[1:], strict=True)
    ]
    if not draft.lines.is_first(first) or (slot.parent is None and not lines):
        return [Edit(first, draft.lines.end(end), newline.join(lines) or empty), *gone]
    if lines:
        return [Edit(first, draft.lines.end(end), newline.join(lines)), *gone]
    gone.insert(0, Edit(draft.lines.start(first), draft.lines.next(end), inside[0]))
    return [after_holder(draft, kept_end(draft, slot), empty), *gone]


def groups(
    draft: Draft, node: Map, removed: frozenset[int], new: dict[str, Plain]
) -> list[tuple[int | None, list[str]]]:
    """Return new names by the entry that they go before (None: the end), in order.

    Never before a `<<`, which would overwrite what stands above it.
    """
    if not any(name in draft.before for name in new):
        return [(None, list(_ranked(draft, new)))] if new else []
    if node.plain:
        names = {name: index for index, name in enumerate(node.value) if index not in removed}
        merge = -1
    else:
        own = ((at, key) for at, (key, _) in enumerate(node.entries) if at not in removed and not is_merge(key))
        names = {name_of(key): index for index, key in own}
        merge = max((index for index, (key, _) in enumerate(node.entries) if is_merge(key)), default=-1)
    found: dict[int | None, list[str]] = {}
    for name in _ranked(draft, new):
        siblings = [names[sibling] for sibling in draft.before.get(name, ()) if sibling in names]
        place = min((index for index in siblings if index > merge), default=None)
        found.setdefault(place, []).append(name)
    return sorted(found.items(), key=lambda group: len(node.entries) if group[0] is None else group[0])


def _put_before(draft: Draft, slot: Slot, place: int, lines: list[str], *, is_pulled: bool) -> Edit:
    """Return the insertion of lines above an entry, and above the comment lines that belong to it.

    An entry on its dash's line stays there and gets them below, unless it ends the text with an open block scalar.
    `is_pulled` says that the entry moves up to the dash.
    """
    node = slot.node
    if not isinstance(node, Map):
        raise TypeError("only a mapping has keys to put before others")
    at = spans.entry_start(draft.text, node, place)
    newline = draft.lines.newline(at)
    column = draft.style.column(node)
    if not is_pulled and draft.lines.is_first(at):
        line = draft.lines.start(at)
        floor = line
        if place > 0 or slot.parent is not None:
            above = node.entries[place - 1][1] if place > 0 else None
            floor = holder_end(draft, slot) if above is None else continued_end(draft, above, column)
        line = above_comments(draft, line, at - line, floor)
        return Edit(line, line, "".join(" " * column + text + newline for text in lines))
    if is_pulled or open_scalar(draft, node.entries[place][1]) is not None:
        return Edit(at, at, "".join(text + newline + " " * column for text in lines))
    return below(draft, node.entries[place][1], lines, column)


def below(draft: Draft, node: Node, lines: Sequence[str], column: int, *, item: bool = False) -> Edit:
    """Return the insertion of lines below a node and the comments that continue it; `item` says that a dash begins."""
    end = continued_end(draft, node, column, item=item)
    newline = draft.lines.newline(end)
    line_end = draft.lines.end(end)
    if line_end == len(draft.text):
        return Edit(line_end, line_end, "".join(newline + " " * column + line for line in lines))
    at = draft.lines.next(end)
    return Edit(at, at, "".join(" " * column + line + newline for line in lines))


def _marks(draft: Draft, node: Node) -> str:
    """Return what stands behind the `|` or `>` of a block scalar (`-`, `+`, a number), or nothing."""
    if not isinstance(node, Scalar) or node.style not in {"|", ">"}:
        return ""
    start = spans.content_start(draft.text, node.start)
    return draft.text[start + 1 : start + 3]


def is_open_ended(draft: Draft, node: Node) -> bool:
    """Return whether a line break behind the node would change its value: it is a `|` or `>` scalar without `-`."""
    return isinstance(node, Scalar) and node.style in {"|", ">"} and "-" not in _marks(draft, node)


def open_scalar(draft: Draft, node: Node) -> Scalar | None:
    """Return the `|` or `>` scalar that ends the text without a line break and whose value one would change."""
    if node.end != len(draft.text):
        return None
    last = last_leaf(node)
    return last if isinstance(last, Scalar) and is_open_ended(draft, last) else None


def edit_seq(draft: Draft, slot: Slot, node: Seq, change: ListChange) -> list[Edit]:
    """Return the edits that take items out of a block sequence and put new ones at its end; raises Unfit."""
    look = draft.style.block(slot.path)
    lines = render.block_items(change.new, look)
    if len(change.removed) == len(node.items):
        return _refill(draft, slot, node, lines, "[]")
    removal = Removal(draft, node, change.removed)
    edits = removal.edits()
    if not lines:
        return edits
    last = node.items[removal.last]
    literal = open_scalar(draft, last)
    if literal is not None and not any(
        edit.start <= literal.end and edit.end > literal.start for edit in change.others
    ):
        edits.append(_strip(draft, literal))
    return [*edits, below(draft, last, lines, draft.style.dash_column(node), item=True)]


def _strip(draft: Draft, literal: Scalar) -> Edit:
    """Return the edit that gives a block scalar without a final line break a `-`, so that one below changes nothing."""
    at = spans.content_start(draft.text, literal.start)
    keep = draft.text.find("+", at, draft.lines.end(at))
    return Edit(at + 1, at + 1, "-") if keep < 0 else Edit(keep, keep + 1, "-")
