"""Owns putting a value where a node stands, with the node's comments and anchor kept."""

from __future__ import annotations

from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import render, spans
from harden.source.quote import double, quoted, scalar
from harden.source.scalars import Atom
from harden.source.slot import Draft, Slot, anchor_end, erase_blank_tail, holder_end, kept_end
from harden.source.style import BlockLook
from harden.source.wanted import Unfit


def replace(draft: Draft, slot: Slot, value: Plain) -> list[Edit]:
    """Return the edits that make the node of `slot` hold `value`; raises Unfit."""
    if slot.in_flow:
        return _replace_in_flow(draft, slot, value)
    if isinstance(value, dict | list) and value and not _stays_flow(slot.node) and not _joins_flow(draft, slot, value):
        return _replace_by_block(draft, slot, value)
    return replace_inline(draft, slot, _inline_text(draft, slot, value))


def replace_inline(draft: Draft, slot: Slot, text: str) -> list[Edit]:
    """Return the edits that put `text` (one line) where the node of a block slot stands."""
    node = slot.node
    if spans.is_absent(node):
        return _fill_absent(draft, slot, text)
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        header = _header_end(draft.text, node)
        if draft.lines.is_first(node.start) and slot.parent is not None and not draft.lines.column(node.start):
            raise Unfit("its value begins on a line of its own, where nothing but a block scalar can stand")
        return [Edit(_content(draft.text, node), header, text), Edit(draft.lines.end(header), node.end, "")]
    if not spans.is_block(node):
        return [Edit(_content(draft.text, node), node.end, text)]
    end = draft.lines.end(node.end)
    start = spans.content_start(draft.text, node.start)
    kept = kept_end(draft, slot)
    if slot.parent is None or draft.lines.start(kept) == draft.lines.start(start):
        return [Edit(start, end, text)]
    return [after_holder(draft, kept, text), Edit(draft.lines.end(kept), end, "")]


def after_holder(draft: Draft, offset: int, text: str) -> Edit:
    """Return the edit that puts ` text` at `offset`, instead of the blanks there when nothing else is on the line."""
    blank = spans.skip_inline(draft.text, offset)
    at_end = blank >= draft.lines.end(offset)
    return Edit(offset, blank if at_end else offset, f" {text}")


def _fill_absent(draft: Draft, slot: Slot, text: str) -> list[Edit]:
    node = slot.node
    if slot.parent is None:
        raise Unfit("the document is empty")
    if isinstance(node, Scalar) and node.tag is not None:
        kept = kept_end(draft, slot)
        return [Edit(kept, max(node.end, kept), f" {text}")]
    return [after_holder(draft, kept_end(draft, slot), text)]


def _stays_flow(node: Node) -> bool:
    return isinstance(node, Map | Seq) and node.flow and bool(node.entries if isinstance(node, Map) else node.items)


def _joins_flow(draft: Draft, slot: Slot, value: Plain) -> bool:
    """Return whether a flat list goes beside flow lists in one block mapping."""
    if not isinstance(slot.parent, Map) or not isinstance(value, list) or not render.is_flat(value):
        return False
    return draft.style.block(slot.trail).flow_lists


def _content(text: str, node: Node) -> int:
    """Return where a node begins behind its anchor: a tag is replaced with the content."""
    anchor = anchor_end(text, node)
    return node.start if anchor is None else spans.skip_blank(text, anchor)


def _header_end(text: str, node: Node) -> int:
    start = spans.content_start(text, node.start)
    return spans.header_end(text, start)


def _inline_text(draft: Draft, slot: Slot, value: Plain) -> str:
    if isinstance(value, dict | list):
        return render.flow_value(value, draft.style.flow(slot.path))
    return scalar_text(draft, slot.node, value, flow=False, json=False)


def scalar_text(draft: Draft, node: Node, value: Atom, *, flow: bool, json: bool) -> str:
    """Return a scalar in the quotes of the node that it replaces, as far as they can hold it."""
    if isinstance(value, str) and not json and isinstance(node, Scalar):
        if node.style == "'":
            return quoted(value, "'")
        if node.style == '"':
            return double(value)
    return scalar(value, draft.style.quote, flow=flow, json=json)


def _replace_by_block(draft: Draft, slot: Slot, value: Plain) -> list[Edit]:
    parent = slot.parent
    if parent is None:
        return _replace_root(draft, slot, value)
    look = draft.style.block(slot.trail)._replace(flow_lists=False)
    lines = render.block_value(value, look)
    if isinstance(parent, Map):
        entry = spans.entry_start(draft.text, parent, slot.index)
        column = draft.lines.column(entry) + (look.dash if isinstance(value, list) else look.step)
        return _replace_by_lines(draft, slot, _indented(draft, slot, lines, column))
    return _replace_item(draft, slot, lines, look)


def _replace_item(draft: Draft, slot: Slot, lines: list[str], look: BlockLook) -> list[Edit]:
    """Put lines behind the dash of an item when nothing else is on its line, else below it."""
    node = slot.node
    dash = holder_end(draft, slot) - 1
    kept = kept_end(draft, slot)
    at_end = spans.skip_inline(draft.text, node.end) >= draft.lines.end(node.end)
    on_line = draft.lines.start(dash) == draft.lines.start(node.start)
    if kept != dash + 1 or not on_line or not (at_end or spans.is_block(node)) or _is_literal(node):
        column = draft.lines.column(dash) + 1 + len(look.gap)
        return _replace_by_lines(draft, slot, _indented(draft, slot, lines, column))
    column = draft.lines.column(dash) + 2 if spans.is_absent(node) else draft.lines.column(node.start)
    text = (draft.lines.newline(dash) + " " * column).join(lines)
    if spans.is_absent(node):
        return _fill_absent(draft, slot, text)
    return [Edit(node.start, draft.lines.end(node.end), text)]


def _is_literal(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style in {"|", ">"}


def _indented(draft: Draft, slot: Slot, lines: list[str], column: int) -> str:
    newline = draft.lines.newline(slot.node.start)
    return "".join(newline + " " * column + line for line in lines)


def _replace_by_lines(draft: Draft, slot: Slot, text: str) -> list[Edit]:
    """Return the edits that erase a node and put lines below what is left of its line; `text` begins with a break."""
    node = slot.node
    kept = kept_end(draft, slot)
    if spans.is_block(node):
        return [Edit(draft.lines.end(kept), draft.lines.end(node.end), text)]
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        header = _header_end(draft.text, node)
        return [erase_blank_tail(draft, kept, header), Edit(draft.lines.end(header), node.end, text)]
    line_end = draft.lines.end(node.end)
    content = _content(draft.text, node)
    if not spans.is_absent(node) and content > draft.lines.end(kept) and draft.lines.is_first(content):
        # The value has lines of its own: what stands on the holder's line and between stays.
        tail = spans.skip_inline(draft.text, node.end)
        if tail < line_end:
            return [Edit(content, tail, ""), Edit(line_end, line_end, text)]
        return [Edit(draft.lines.start(content), line_end, text.lstrip("\r\n"))]
    edits = [erase_blank_tail(draft, kept, node.end)] if node.end > kept or not spans.is_absent(node) else []
    return [*edits, Edit(line_end, line_end, text)]


def _replace_root(draft: Draft, slot: Slot, value: Plain) -> list[Edit]:
    node = slot.node
    if spans.is_absent(node) or not draft.lines.is_first(node.start) or node.start != _content(draft.text, node):
        return replace_inline(draft, slot, render.flow_value(value, draft.style.flow(slot.path)))
    lines = render.block_value(value, draft.style.block(slot.path))
    end = draft.lines.end(node.end) if spans.is_block(node) else node.end
    return [Edit(node.start, end, draft.lines.newline(node.start).join(lines))]


def _replace_in_flow(draft: Draft, slot: Slot, value: Plain) -> list[Edit]:
    node = slot.node
    look = draft.style.flow(slot.trail)
    if isinstance(value, dict | list):
        text = flow_text(draft, slot, value)
    else:
        text = scalar_text(draft, node, value, flow=True, json=look.json)
    if not spans.is_absent(node):
        return [Edit(_content(draft.text, node), node.end, text)]
    anchor = anchor_end(draft.text, node)
    if anchor is not None:
        return [Edit(anchor, max(node.end, anchor), f" {text}")]
    parent = slot.parent
    if not isinstance(parent, Map) or spans.colon_between(draft.text, *parent.entries[slot.index]) is not None:
        return [Edit(node.start, node.end, f" {text}")]
    key = parent.entries[slot.index][0]
    if draft.lines.start(key.start) != draft.lines.start(key.end) or spans.is_absent(key):
        raise Unfit("the key has no colon")
    return [Edit(node.start, node.end, f": {text}")]


def flow_text(draft: Draft, slot: Slot, value: Plain) -> str:
    """Return a collection as flow text for a slot inside of flow; spread over lines where the text around it is."""
    look = draft.style.flow(slot.trail)
    indent = own_indent(draft, slot)
    if look.spread and indent is not None:
        return render.spread_value(value, look, indent, draft.lines.newline(slot.node.start))
    return render.flow_value(value, look)


def own_indent(draft: Draft, slot: Slot) -> str | None:
    """Return the white space before an entry or item that begins its line, else None."""
    parent = slot.parent
    start = slot.node.start
    if isinstance(parent, Map):
        start = spans.entry_start(draft.text, parent, slot.index)
    indent = draft.text[draft.lines.start(start) : start]
    return None if indent.strip(" \t") else indent
