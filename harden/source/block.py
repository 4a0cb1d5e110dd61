"""Edits block mappings and block sequences: new entries, removed entries, new items."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.text import Edit, Plain
from harden.model.tree import Alias, Map, Node, Scalar, Seq
from harden.source import render, spans
from harden.source.build import is_merge, name_of
from harden.source.comments import above_comments, comment_lines, continued_end
from harden.source.position import EditContext, ListChange, Position, holder_end, kept_end
from harden.source.replace import after_holder


def starts(context: EditContext, node: Map | Seq) -> list[int]:
    """Return where each entry (its key or `?`) or item (its dash) of a block collection begins."""
    if isinstance(node, Map):
        return [spans.entry_start(context.text, node, index) for index in range(len(node.entries))]
    return [spans.dash_before(context.text, node, index) for index in range(len(node.items))]


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

    def __init__(self, context: EditContext, node: Map | Seq, removed: frozenset[int]) -> None:
        self._draft = context
        self._node = node
        self._removed = removed
        # Mostly nothing goes, and then nobody asks.
        self._starts = starts(context, node) if removed else []
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
        context, lines = self._draft, self._draft.lines
        start, stop = lines.start(self._starts[index]), lines.next(self._ends[index])
        kept = comment_lines(context, self._starts[index], children(self._node)[index])
        above = max((kept for kept in range(index) if kept not in self._removed), default=None)
        if above is None or "#" in context.text[self._ends[above] : self._starts[above + 1]]:
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
        while behind < len(context.text) and not context.text[behind : lines.end(behind)].strip(" "):
            behind = lines.next(behind)
        if "+" in _marks(context, leaf):
            stop = behind
        comment = spans.skip_inline(context.text, behind)
        if not context.text.startswith("#", comment) or comment - behind <= column:
            return [Edit(start, stop, "")]
        return [Edit(start, stop, ""), Edit(behind, comment, " " * column)]

    def _pull_up(self, removed: list[int]) -> tuple[Edit, list[int]]:
        """Return the removal of the first entries, whose line begins with a dash, and the indexes still to remove."""
        context = self._draft
        kept = next(index for index in range(len(self._starts)) if index not in self._removed)
        gaps = [context.text[context.lines.end(self._ends[index]) : self._starts[index + 1]] for index in range(kept)]
        if any(gap.strip() for gap in gaps):
            start = len(context.text[: self._starts[0]].rstrip(" \t"))
            return Edit(start, context.lines.end(self._ends[0]), ""), removed[1:]
        self.pulled = kept
        return Edit(self._starts[0], self._starts[kept], ""), removed[kept:]


def edit_map(
    context: EditContext, position: Position, node: Map, removed: frozenset[int], new: dict[str, Plain]
) -> list[Edit]:
    """Return the edits that take entries out of a block mapping and put `new` ones in; raises CannotApply."""
    if len(removed) == len(node.entries):
        look = context.style.block(position.ancestors)
        return _refill(context, position, node, render.block_entries(_ranked(context, new), look), "{}")
    removal = Removal(context, node, removed)
    edits = removal.edits()
    look = context.style.block(position.path)
    for place, names in groups(context, node, removed, new):
        lines = [line for name in names for line in render.block_entry(name, new[name], look)]
        if place is not None:
            edits.append(_put_before(context, position, place, lines, is_pulled=place == removal.pulled))
        elif open_scalar(context, node.entries[removal.last][1]) is not None:
            edits.append(_put_before(context, position, removal.last, lines, is_pulled=removal.last == removal.pulled))
        else:
            edits.append(below(context, node.entries[removal.last][1], lines, context.style.column(node)))
    return edits


def _ranked(context: EditContext, new: dict[str, Plain]) -> dict[str, Plain]:
    return {name: new[name] for name in context.sorted(new)}


def _refill(context: EditContext, position: Position, node: Map | Seq, lines: list[str], empty: str) -> list[Edit]:
    """Return the edits for a block collection that loses all it has and gets `lines`, or becomes `empty`.

    The comment lines between what goes stay.
    """
    spots = list(zip(starts(context, node), ends(node), strict=True))
    first, end = spots[0]
    column = context.lines.column(first)
    newline = context.lines.newline(first) + " " * column
    inside = [comment_lines(context, at, child) for (at, _), child in zip(spots, children(node), strict=True)]
    gone = [
        Edit(context.lines.start(at), context.lines.next(stop), kept)
        for (at, stop), kept in zip(spots[1:], inside[1:], strict=True)
    ]
    if not context.lines.is_first(first) or (position.parent is None and not lines):
        return [Edit(first, context.lines.end(end), newline.join(lines) or empty), *gone]
    if lines:
        return [Edit(first, context.lines.end(end), newline.join(lines)), *gone]
    gone.insert(0, Edit(context.lines.start(first), context.lines.next(end), inside[0]))
    return [after_holder(context, _properties_end(context, position), empty), *gone]


def _properties_end(context: EditContext, position: Position) -> int:
    """Return where the holder of a node ends, or its anchor and tag, whichever line they stand on."""
    node = position.node
    if isinstance(node, Alias) or node.tag is None:
        return kept_end(context, position)
    end = node.start
    for _ in range(1 if node.anchor is None else 2):
        end = spans.properties_token_end(context.text, spans.skip_blank(context.text, end))
    return end


def groups(
    context: EditContext, node: Map, removed: frozenset[int], new: dict[str, Plain]
) -> list[tuple[int | None, list[str]]]:
    """Return new names by the entry that they go before (None: the end), in order.

    Never before a `<<`, which would overwrite what stands above it.
    """
    if not any(name in context.before for name in new):
        return [(None, list(_ranked(context, new)))] if new else []
    if node.plain:
        names = {name: index for index, name in enumerate(node.value) if index not in removed}
        merge = -1
    else:
        own = ((at, key) for at, (key, _) in enumerate(node.entries) if at not in removed and not is_merge(key))
        names = {name_of(key): index for index, key in own}
        merge = max((index for index, (key, _) in enumerate(node.entries) if is_merge(key)), default=-1)
    found: dict[int | None, list[str]] = {}
    for name in _ranked(context, new):
        siblings = [names[sibling] for sibling in context.before.get(name, ()) if sibling in names]
        place = min((index for index in siblings if index > merge), default=None)
        found.setdefault(place, []).append(name)
    return sorted(found.items(), key=lambda group: len(node.entries) if group[0] is None else group[0])


def _put_before(context: EditContext, position: Position, place: int, lines: list[str], *, is_pulled: bool) -> Edit:
    """Return the insertion of lines above an entry, and above the comment lines that belong to it.

    An entry on its dash's line stays there and gets them below, unless it ends the text with an open block scalar.
    `is_pulled` says that the entry moves up to the dash.
    """
    node = position.node
    if not isinstance(node, Map):
        raise TypeError("only a mapping has keys to put before others")
    at = spans.entry_start(context.text, node, place)
    newline = context.lines.newline(at)
    column = context.style.column(node)
    if not is_pulled and context.lines.is_first(at):
        line = context.lines.start(at)
        floor = line
        if place > 0 or position.parent is not None:
            above = node.entries[place - 1][1] if place > 0 else None
            floor = holder_end(context, position) if above is None else continued_end(context, above, column)
        line = above_comments(context, line, at - line, floor)
        return Edit(line, line, "".join(" " * column + text + newline for text in lines))
    if is_pulled or open_scalar(context, node.entries[place][1]) is not None:
        return Edit(at, at, "".join(text + newline + " " * column for text in lines))
    return below(context, node.entries[place][1], lines, column)


def below(context: EditContext, node: Node, lines: Sequence[str], column: int, *, item: bool = False) -> Edit:
    """Return the insertion of lines below a node and the comments that continue it; `item` says that a dash begins."""
    end = continued_end(context, node, column, item=item)
    newline = context.lines.newline(end)
    line_end = context.lines.end(end)
    if line_end == len(context.text):
        return Edit(line_end, line_end, "".join(newline + " " * column + line for line in lines))
    at = context.lines.next(end)
    return Edit(at, at, "".join(" " * column + line + newline for line in lines))


def _marks(context: EditContext, node: Node) -> str:
    """Return what stands behind the `|` or `>` of a block scalar (`-`, `+`, a number), or nothing."""
    if not isinstance(node, Scalar) or node.style not in {"|", ">"}:
        return ""
    start = spans.content_start(context.text, node.start)
    return context.text[start + 1 : start + 3]


def is_open_ended(context: EditContext, node: Node) -> bool:
    """Return whether a line break behind the node would change its value: it is a `|` or `>` scalar without `-`."""
    return isinstance(node, Scalar) and node.style in {"|", ">"} and "-" not in _marks(context, node)


def open_scalar(context: EditContext, node: Node) -> Scalar | None:
    """Return the `|` or `>` scalar that ends the text without a line break and whose value one would change."""
    if node.end != len(context.text):
        return None
    last = last_leaf(node)
    return last if isinstance(last, Scalar) and is_open_ended(context, last) else None


def edit_seq(context: EditContext, position: Position, node: Seq, change: ListChange) -> list[Edit]:
    """Return the edits that take items out of a block sequence and put new ones at its end; raises CannotApply."""
    look = context.style.block(position.path)
    lines = render.block_items(change.new, look)
    if len(change.removed) == len(node.items):
        return _refill(context, position, node, lines, "[]")
    removal = Removal(context, node, change.removed)
    edits = removal.edits()
    if not lines:
        return edits
    last = node.items[removal.last]
    literal = open_scalar(context, last)
    if literal is not None and not any(
        edit.start <= literal.end and edit.end > literal.start for edit in change.others
    ):
        edits.append(_strip(context, literal))
    return [*edits, below(context, last, lines, context.style.dash_column(node), item=True)]


def _strip(context: EditContext, literal: Scalar) -> Edit:
    """Return the edit that gives a block scalar without a final line break a `-`, so that one below changes nothing."""
    at = spans.content_start(context.text, literal.start)
    keep = context.text.find("+", at, context.lines.end(at))
    return Edit(at + 1, at + 1, "-") if keep < 0 else Edit(keep, keep + 1, "-")
