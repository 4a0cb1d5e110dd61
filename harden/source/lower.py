"""Owns the way from symbolic changes of one document to text edits that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harden.model.finding import Change
from harden.model.text import Edit, Plain, SourceText
from harden.model.tree import Document, Map, Seq
from harden.source import block, flow
from harden.source.replace import replace
from harden.source.settle import Settling, refuse, settle
from harden.source.slot import Draft, Slot
from harden.source.spans import Lines
from harden.source.style import Style
from harden.source.wanted import MISSING, Unfit, Want, collect


@dataclass(frozen=True, slots=True)
class Lowered:
    """Edits in order and apart, against the text of the file, and the changes that cannot be made, each with a reason."""

    edits: tuple[Edit, ...]
    refused: tuple[tuple[Change, str], ...]


@dataclass(frozen=True, slots=True)
class _Work:
    draft: Draft
    refused: list[tuple[Change, str]]


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
    want, refused = collect(changes)
    if document.root is None:
        refuse(refused, want, "the document is empty")
        return Lowered((), tuple(refused))
    settled = settle(Settling(refused, {}), document.root, want)
    lines = Lines(source.text)
    rank = {name: index for index, name in enumerate(order)}
    draft = Draft(source.text, lines, Style(lines, document.root), dict(before), rank)
    work = _Work(draft, refused)
    edits = [] if settled is None else _emit(work, Slot(document.root, 0, ()), settled)
    return Lowered(_finish(edits), tuple(refused))


def _emit(work: _Work, slot: Slot, want: Want) -> list[Edit]:
    """Return the edits for a settled want; what proves unfit on the way is refused and leaves no edit."""
    try:
        if want.value is not MISSING:
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
    from harden.source.settle import provider

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
            removed.add(index)
        else:
            edits.extend(_emit(work, slot.below(node.entries[index][1], index), below))
    if not removed and not new:
        return edits
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
    edit = flow.edit_seq if node.flow else block.edit_seq
    return [*edits, *edit(work.draft, slot, node, frozenset(removed), want.items)]


def _ranked(draft: Draft, want: Want) -> Plain:
    if want.value is MISSING:
        raise TypeError("a new key needs a value")
    return want.value if want.copied else _sorted_keys(draft, want.value)


def _sorted_keys(draft: Draft, value: Plain) -> Plain:
    if isinstance(value, list):
        return [_sorted_keys(draft, item) for item in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: draft.rank.get(name, len(draft.rank)))
    return {name: _sorted_keys(draft, value[name]) for name in names}


def _finish(edits: list[Edit]) -> tuple[Edit, ...]:
    """Return edits in order, insertions at one offset as one; the deepest come first because they were made first."""
    made: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start == edit.end and not edit.text:
            continue
        last = made[-1] if made else None
        if last == edit and edit.end > edit.start:
            continue
        if last is not None and last.start == last.end == edit.start == edit.end:
            made[-1] = Edit(edit.start, edit.end, last.text + edit.text)
        else:
            made.append(edit)
    return tuple(made)
