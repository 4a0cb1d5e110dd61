"""Owns the way from symbolic changes of one document to text edits that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from harden.model.finding import Change
from harden.model.record import Record
from harden.model.text import Edit, Plain, SourceText
from harden.model.tree import Document, Map, Node, Scalar, Seq
from harden.source import block, flow
from harden.source.comments import Comment, above, behind, told
from harden.source.replace import replace
from harden.source.settle import Settling, own_entries, provider, refuse, settle
from harden.source.shared import share
from harden.source.slot import Draft, ListChange, Slot
from harden.source.spans import Lines
from harden.source.style import Style, walk
from harden.source.wanted import MISSING, Refusals, Unfit, Want, collect


class Lowered(Record):
    """Edits in order and apart, against the text of the file, and the changes that cannot be made, with reasons.

    `comments` are those that go with what is removed, and those that stay and may no longer be true.
    """

    edits: tuple[Edit, ...]
    refused: tuple[tuple[Change, str], ...]
    comments: tuple[Comment, ...] = ()


class _Work(Record):
    draft: Draft
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
        draft = Draft(source.text, lines, Style(lines, document.root), before, rank)
        work = _Work(draft, Refusals(), [])
        edits = _attempt(work, document, document.root, left)
        again = work.refused.found
        refused.extend(again)
        if not again:
            return Lowered(edits, tuple(refused), told(draft, document.root, edits, work.stale))
        # A change is made whole or not at all, and others may have relied on a refused one.
        gone = {id(change) for change, _ in again}
        left = [change for change in left if id(change) not in gone]
    return Lowered((), tuple((change, "the document is empty") for change in left))


@lru_cache(maxsize=8)
def _ranks(order: tuple[str, ...]) -> Mapping[str, int]:
    return {name: index for index, name in enumerate(order)}


def _attempt(work: _Work, document: Document, root: Node, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """Return the edits for `changes`; where one of them cannot be made, they are of no use."""
    draft, refused = work.draft, work.refused
    want = collect(changes, refused)
    has_aliases = "*" in draft.text[document.start : document.end]
    pins, gone = share(root, want, refused) if has_aliases else ({}, frozenset())
    settled = settle(Settling(refused, pins, gone), root, want)
    edits = [] if settled is None else _emit(work, Slot(root, 0, ()), settled)
    return _keep_open_end(draft, root, _close_gap(draft, _in_order(draft, edits)))


def _emit(work: _Work, slot: Slot, want: Want) -> list[Edit]:
    """Return the edits for a settled want; what proves unfit on the way is refused and leaves no edit."""
    try:
        if want.value is not MISSING:
            work.stale.extend(behind(work.draft, slot.node))
            return replace(work.draft, slot, _ranked(work.draft, want))
        if isinstance(slot.node, Map):
            return _emit_map(work, slot, slot.node, want)
        if isinstance(slot.node, Seq):
            return _emit_seq(work, slot, slot.node, want)
    except Unfit as reason:
        refuse(work.refused, want, str(reason))
        return []
    raise TypeError("a want without a value needs a collection")


def _emit_map(work: _Work, slot: Slot, node: Map, want: Want) -> list[Edit]:
    edits: list[Edit] = []
    removed: set[int] = set()
    new: dict[str, Plain] = {}
    for name, below in want.steps.items():
        if not isinstance(name, str):
            raise TypeError("a mapping has no numbered steps once settled")
        index, is_merged = provider(node, name)
        if index is None or is_merged:
            new[name] = _ranked(work.draft, below)
        elif below.remove:
            # An earlier one of the same name would count in its place.
            removed.update((index,) if node.plain else own_entries(node, name))
        else:
            edits.extend(_emit(work, slot.below(node.entries[index][1], index), below))
    if not removed and not new:
        return edits
    work.stale.extend(comment for index in removed for comment in above(work.draft, node, index))
    edit = flow.edit_map if node.flow else block.edit_map
    return [*edits, *edit(work.draft, slot, node, frozenset(removed), new)]


def _emit_seq(work: _Work, slot: Slot, node: Seq, want: Want) -> list[Edit]:
    edits: list[Edit] = []
    removed: set[int] = set()
    for index, below in want.steps.items():
        if not isinstance(index, int):
            raise TypeError("a sequence has no named steps once settled")
        if below.remove:
            removed.add(index)
        else:
            edits.extend(_emit(work, slot.below(node.items[index], index), below))
    if not removed and not want.items:
        return edits
    work.stale.extend(comment for index in removed for comment in above(work.draft, node, index))
    change = ListChange(frozenset(removed), tuple(want.items), tuple(edits))
    edit = flow.edit_seq if node.flow else block.edit_seq
    return [*edits, *edit(work.draft, slot, node, change)]


def _ranked(draft: Draft, want: Want) -> Plain:
    if want.value is MISSING:
        raise TypeError("a new key needs a value")
    return want.value if want.copied else _sorted_keys(draft, want.value)


def _sorted_keys(draft: Draft, value: Plain) -> Plain:
    if isinstance(value, list):
        return [_sorted_keys(draft, item) for item in value]
    if not isinstance(value, dict):
        return value
    names = draft.sorted(value) if len(value) > 1 else value
    return {name: _sorted_keys(draft, value[name]) for name in names}


def _in_order(draft: Draft, edits: list[Edit]) -> tuple[Edit, ...]:
    """Return edits in order, insertions at one offset as one; the deepest come first because they were made first."""
    made: list[Edit] = []
    for wanted in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        edit = _off_comment(draft, wanted)
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


def _off_comment(draft: Draft, edit: Edit) -> Edit:
    """Keep a comment a comment that stands right behind the bracket or quote that goes."""
    if edit.start == edit.end or not draft.text.startswith("#", edit.end):
        return edit
    before = edit.text[-1:] or draft.text[edit.start - 1 : edit.start]
    return Edit(edit.start, edit.end, f"{edit.text} ") if before.strip() else edit


def _close_gap(draft: Draft, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Take the line break from what is put below the end of the text when the last line goes and leaves its own."""
    if len(edits) < len(("removal", "insertion")):
        return edits
    *head, gone, new = edits
    newline = draft.lines.newline(gone.start)
    at_end = gone.end == new.start == new.end == len(draft.text)
    leaves_break = gone.text.endswith(newline) or (not gone.text and draft.lines.start(gone.start) == gone.start)
    if not at_end or not leaves_break or not new.text.startswith(newline):
        return edits
    return (*head, gone, Edit(new.start, new.end, new.text.removeprefix(newline)))


def _keep_open_end(draft: Draft, root: Node, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Keep a text without a final line break so when its last lines are removed."""
    text = draft.text
    if not edits or edits[-1].end != len(text) or text.endswith(("\n", "\r")):
        return edits
    *head, last = edits
    if last.text:
        return (*head, Edit(last.start, last.end, last.text.removesuffix(draft.lines.newline(last.start))))
    while head and head[-1].end == last.start and not head[-1].text:
        last = Edit(head.pop().start, last.end, "")
    if head and head[-1].end == last.start:
        above = head.pop()
        return (*head, Edit(above.start, above.end, above.text.removesuffix(draft.lines.newline(above.start))), last)
    size = 2 if text[: last.start].endswith("\r\n") else 1
    start = last.start - size
    before = text[max(start, 0) : last.start]
    literals = (node for node in walk(root) if isinstance(node, Scalar) and node.end == start)
    if before not in {"\n", "\r", "\r\n"} or any(block.is_open_ended(draft, node) for node in literals):
        return (*head, last)
    longer = (*head, Edit(start, last.end, ""))
    return _keep_open_end(draft, root, longer) if head and head[-1].end == start else longer
