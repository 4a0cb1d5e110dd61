"""Turns the symbolic changes of one document into text edits that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from harden.model.finding import Change
from harden.model.record import Record
from harden.model.text import Edit, Plain, SourceText
from harden.model.tree import Document, Map, Node, Scalar, Seq
from harden.source import block
from harden.source.comments import Comment, above, behind, told
from harden.source.diff import Diffing, KeptAnchors, RemovedKeys, diff, own_entries, provider, refuse
from harden.source.patch import MISSING, CannotApply, Patch, Refusals, collect
from harden.source.position import EditContext, ListChange, Position
from harden.source.replace import replace
from harden.source.spans import Lines
from harden.source.style import Style, walk


class Lowered(Record):
    """Edits in order and apart, against the text of the file, and the changes that cannot be made, with reasons.

    `comments` are those that go with what is removed, and those that stay and may no longer be true.
    """

    edits: tuple[Edit, ...]
    refused: tuple[tuple[Change, str], ...]
    comments: tuple[Comment, ...] = ()


class _Work(Record):
    context: EditContext
    refused: Refusals
    stale: list[int]


def lower(
    document: Document,
    source: SourceText,
    changes: Sequence[Change],
    before: Mapping[str, tuple[str, ...]],
    order: Sequence[str],
) -> Lowered:
    """Return the edits that make `changes` in one document.

    The changes apply to the document as it was read, all at once. A new key goes above the first sibling named in
    `before`, else at the end of its mapping; `order` ranks new keys among themselves, others follow as they came. An
    item that a list has already is not appended again. A refused change leaves the others in force.
    """
    lines = Lines(source.text, document.start, document.end)
    rank = _ranks(tuple(order))
    refused: list[tuple[Change, str]] = []
    left = list(changes)
    while document.root is not None:
        context = EditContext(source.text, lines, Style(lines, document.root), before, rank)
        work = _Work(context, Refusals(), [])
        edits = _attempt(work, document, document.root, left)
        again = work.refused.found
        refused.extend(again)
        if not again:
            return Lowered(edits, tuple(refused), told(context, document.root, edits, work.stale))
        # A change is made whole or not at all, and others may have relied on a refused one.
        gone = {id(change) for change, _ in again}
        left = [change for change in left if id(change) not in gone]
    return Lowered((), tuple((change, "the document is empty") for change in left))


@lru_cache(maxsize=8)
def _ranks(order: tuple[str, ...]) -> Mapping[str, int]:
    return {name: index for index, name in enumerate(order)}


def _attempt(work: _Work, document: Document, root: Node, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """Return the edits for `changes`; where one of them cannot be made, they are of no use."""
    context, refused = work.context, work.refused
    want = collect(changes, refused)
    has_aliases = "*" in context.text[document.start : document.end]
    kept, gone = _shared(root, want, refused) if has_aliases else ({}, frozenset())
    settled = diff(Diffing(refused, kept, gone), root, want)
    edits = [] if settled is None else _emit(work, Position(root, 0, ()), settled)
    return _keep_open_end(context, root, _close_gap(context, _in_order(context, edits)))


def _shared(root: Node, want: Patch, refused: Refusals) -> tuple[KeptAnchors, RemovedKeys]:
    from harden.source.shared import share  # noqa: PLC0415 - only few documents have aliases

    return share(root, want, refused)


def _emit(work: _Work, position: Position, want: Patch) -> list[Edit]:
    """Return the edits for a settled want; what proves unfit on the way is refused and leaves no edit."""
    try:
        if want.value is not MISSING:
            work.stale.extend(behind(work.context, position.node))
            return replace(work.context, position, _ranked(work.context, want))
        if isinstance(position.node, Map):
            return _emit_map(work, position, position.node, want)
        if isinstance(position.node, Seq):
            return _emit_seq(work, position, position.node, want)
    except CannotApply as reason:
        refuse(work.refused, want, str(reason))
        return []
    raise TypeError("a want without a value needs a collection")


def _emit_map(work: _Work, position: Position, node: Map, want: Patch) -> list[Edit]:
    edits: list[Edit] = []
    removed: set[int] = set()
    new: dict[str, Plain] = {}
    for name, below in want.steps.items():
        if not isinstance(name, str):
            raise TypeError("a mapping has no numbered steps once settled")
        index, is_merged = provider(node, name)
        if index is None or is_merged:
            new[name] = _ranked(work.context, below)
        elif below.remove:
            # An earlier one of the same name would count in its place.
            removed.update((index,) if node.plain else own_entries(node, name))
        else:
            edits.extend(_emit(work, position.below(node.entries[index][1], index), below))
    if not removed and not new:
        return edits
    work.stale.extend(comment for index in removed for comment in above(work.context, node, index))
    if node.flow:
        from harden.source import flow  # noqa: PLC0415 - only few manifests have such mappings

        return [*edits, *flow.edit_map(work.context, position, node, frozenset(removed), new)]
    return [*edits, *block.edit_map(work.context, position, node, frozenset(removed), new)]


def _emit_seq(work: _Work, position: Position, node: Seq, want: Patch) -> list[Edit]:
    edits: list[Edit] = []
    removed: set[int] = set()
    for index, below in want.steps.items():
        if not isinstance(index, int):
            raise TypeError("a sequence has no named steps once settled")
        if below.remove:
            removed.add(index)
        else:
            edits.extend(_emit(work, position.below(node.items[index], index), below))
    if not removed and not want.items:
        return edits
    work.stale.extend(comment for index in removed for comment in above(work.context, node, index))
    change = ListChange(frozenset(removed), tuple(want.items), tuple(edits))
    if node.flow:
        from harden.source import flow  # noqa: PLC0415 - only few manifests have such lists

        return [*edits, *flow.edit_seq(work.context, position, node, change)]
    return [*edits, *block.edit_seq(work.context, position, node, change)]


def _ranked(context: EditContext, want: Patch) -> Plain:
    if want.value is MISSING:
        raise TypeError("a new key needs a value")
    return want.value if want.copied else _sorted_keys(context, want.value)


def _sorted_keys(context: EditContext, value: Plain) -> Plain:
    if isinstance(value, list):
        return [_sorted_keys(context, item) for item in value]
    if not isinstance(value, dict):
        return value
    names = context.sorted(value) if len(value) > 1 else value
    return {name: _sorted_keys(context, value[name]) for name in names}


def _in_order(context: EditContext, edits: list[Edit]) -> tuple[Edit, ...]:
    """Return edits in order, insertions at one offset as one; the deepest come first because they were made first."""
    made: list[Edit] = []
    for wanted in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        edit = _off_comment(context, wanted)
        if edit.start == edit.end and not edit.text:
            continue
        last = made[-1] if made else None
        if last == edit and edit.end > edit.start:
            continue
        if last is not None and edit.start == edit.end < last.end and not last.text:
            # A removal that took blank lines along reaches over the place below it.
            edit = Edit(last.end, last.end, edit.text)
        if last is not None and last.start == last.end == edit.start == edit.end:
            made[-1] = Edit(edit.start, edit.end, last.text + edit.text)
        else:
            made.append(edit)
    return tuple(made)


def _off_comment(context: EditContext, edit: Edit) -> Edit:
    """Keep a comment a comment that stands right behind the bracket or quote that goes."""
    if edit.start == edit.end or not context.text.startswith("#", edit.end):
        return edit
    before = edit.text[-1:] or context.text[edit.start - 1 : edit.start]
    return Edit(edit.start, edit.end, f"{edit.text} ") if before.strip() else edit


def _close_gap(context: EditContext, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Take the line break from what is put below the end of the text when the last line goes and leaves its own."""
    if len(edits) < len(("removal", "insertion")):
        return edits
    *head, gone, new = edits
    newline = context.lines.newline(gone.start)
    at_end = gone.end == new.start == new.end == len(context.text)
    leaves_break = gone.text.endswith(newline) or (not gone.text and context.lines.start(gone.start) == gone.start)
    if not at_end or not leaves_break or not new.text.startswith(newline):
        return edits
    return (*head, gone, Edit(new.start, new.end, new.text.removeprefix(newline)))


def _keep_open_end(context: EditContext, root: Node, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Keep a text without a final line break so when its last lines are removed."""
    text = context.text
    if not edits or edits[-1].end != len(text) or text.endswith(("\n", "\r")):
        return edits
    *head, last = edits
    if last.text:
        return (*head, Edit(last.start, last.end, last.text.removesuffix(context.lines.newline(last.start))))
    while head and head[-1].end == last.start and not head[-1].text:
        last = Edit(head.pop().start, last.end, "")
    if head and head[-1].end == last.start:
        above = head.pop()
        return (*head, Edit(above.start, above.end, above.text.removesuffix(context.lines.newline(above.start))), last)
    size = 2 if text[: last.start].endswith("\r\n") else 1
    start = last.start - size
    before = text[max(start, 0) : last.start]
    literals = (node for node in walk(root) if isinstance(node, Scalar) and node.end == start)
    if before not in {"\n", "\r", "\r\n"} or any(block.is_open_ended(context, node) for node in literals):
        return (*head, last)
    longer = (*head, Edit(start, last.end, ""))
    return _keep_open_end(context, root, longer) if head and head[-1].end == start else longer
