"""Finds the comments that belong to a node: those it holds, those above it, and those that continue it below."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence

from harden.model.record import Record
from harden.model.text import Edit, LineIndex
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import spans
from harden.source.position import EditContext
from harden.source.style import walk


class Comment(Record):
    """A comment of which people should know: its 1-based line, its text, and whether it is there afterwards.

    One that `stays` is about something that is removed below it, or a value that is replaced in front of it.
    """

    line: int
    text: str
    stays: bool


def behind(context: EditContext, node: Node) -> list[int]:
    """Return the place of the comment that ends the line of a scalar, if there is one."""
    if not isinstance(node, Scalar) or node.style in {"|", ">"}:
        return []
    at = spans.skip_inline(context.text, node.end)
    return [at] if at > node.end and context.text.startswith("#", at) else []


def above(context: EditContext, node: Map | Seq, index: int) -> list[int]:
    """Return the places of the comments with lines of their own directly above an entry or item."""
    if isinstance(node, Map):
        start = spans.entry_start(context.text, node, index)
    else:
        start = node.items[index].start if node.flow else spans.dash_before(context.text, node, index)
    if not context.lines.is_first(start):
        return []
    line = context.lines.start(start)
    first = above_comments(context, line, start - line, 0)
    found = []
    while first < line:
        found.append(spans.skip_inline(context.text, first))
        first = context.lines.next(first)
    return found


def told(context: EditContext, root: Node, edits: Sequence[Edit], stale: Collection[int]) -> tuple[Comment, ...]:
    """Return the comments that edits take away, and of `stale` ones those that stay, in the order of the text."""
    found: dict[int, bool] = dict.fromkeys(stale, True)
    leaves: list[Scalar] = []
    for edit in edits:
        old = context.text[edit.start : edit.end]
        if "#" not in old:
            continue
        leaves = leaves or [node for node in walk(root) if isinstance(node, Scalar)]
        first = bisect_right(leaves, edit.start, key=lambda leaf: leaf.start)
        covered = leaves[max(first - 1, 0) : bisect_right(leaves, edit.end, key=lambda leaf: leaf.start)]
        for match in re.finditer(r"(?:(?<=\s)|^)#[^\r\n]*", old):
            at = edit.start + match.start()
            if not any(leaf.start < at < leaf.end for leaf in covered):
                found[at] = match[0].rstrip() in edit.text
    if not found:
        return ()
    index = LineIndex(context.text)
    texts = {at: context.text[at : context.lines.end(at)].rstrip() for at in found}
    moved = {at for at, stays in found.items() if stays and at not in stale}
    return tuple(Comment(index.line(at), texts[at], found[at]) for at in sorted(found) if at not in moved)


def comment_lines(context: EditContext, start: int, node: Node) -> str:
    """Return the lines that hold nothing but a comment in an entry that goes, from its `start` to its value's end."""
    if "#" not in context.text[start : node.end] or not isinstance(node, Map | Seq) or node.flow:
        return ""
    kept = []
    covered = [leaf for leaf in walk(node) if isinstance(leaf, Scalar)]
    at = context.lines.next(start)
    while at < node.end:
        place = spans.skip_inline(context.text, at)
        after = context.lines.next(at)
        if context.text.startswith("#", place) and not any(leaf.start < place < leaf.end for leaf in covered):
            kept.append(context.text[at:after])
        at = after
    return "".join(kept)


def above_comments(context: EditContext, line: int, column: int, floor: int) -> int:
    """Return the start of the comment lines at `column` directly above `line`, none of them before `floor`."""
    while line > floor:
        above = context.lines.start(line - 1 if context.text[line - 2 : line] != "\r\n" else line - 2)
        text = context.text[above:line]
        if above < floor or not text.startswith("#", column) or text[:column].strip(" \t"):
            return line
        line = above
    return line


def continued_end(context: EditContext, node: Node, column: int, *, item: bool = False) -> int:
    """Return the end of a node, or an offset on the last of the comment lines that continue it in front of `column`.

    They stand directly below, without a blank line: deeper than what is to come at `column`, or, at the dashes of a
    list that ends here, with a dash of their own (of this very list, where another `item` is to come).
    """
    dashes = set(_dash_columns(context, node))
    if item:
        dashes.add(column)
    end = node.end
    at = context.lines.next(end)
    dash: int | None = None  # how far behind its `#` the dash of a commented-out item stands
    while context.lines.end(end) < len(context.text):
        place = spans.skip_inline(context.text, at)
        if not context.text.startswith("#", place):
            return end
        deep = place - at
        text = context.text[place + 1 : context.lines.end(place)]
        indent = len(text) - len(text.lstrip(" "))
        if deep == column and deep in dashes and text[indent : indent + 1] == "-":
            dash = indent
        elif deep <= column and (deep < column or dash is None or indent <= dash):
            return end
        end = place
        at = context.lines.next(place)
    return end


def _dash_columns(context: EditContext, node: Node) -> list[int]:
    """Return the columns of the dashes of the block sequences that end where the node ends."""
    found: list[int] = []
    while isinstance(node, Map | Seq) and not node.flow:
        if isinstance(node, Seq):
            found.append(context.style.dash_column(node))
            node = node.items[-1]
        else:
            node = node.entries[-1][1]
    return found
