"""Puts a value where a node stands, and keeps the comments and the anchor of the node."""

from __future__ import annotations

from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import render, spans
from harden.source.patch import CannotApply
from harden.source.position import EditContext, Position, anchor_end, erase_blank_tail, holder_end, kept_end
from harden.source.quote import double, quoted, scalar
from harden.source.scalars import Atom
from harden.source.style import BlockLook


def replace(context: EditContext, position: Position, value: Plain) -> list[Edit]:
    """Return the edits that make the node of `position` hold `value`; raises CannotApply."""
    if position.in_flow:
        return _replace_in_flow(context, position, value)
    if (
        isinstance(value, dict | list)
        and value
        and not _stays_flow(position.node)
        and not _joins_flow(context, position, value)
    ):
        return _replace_by_block(context, position, value)
    return replace_inline(context, position, _inline_text(context, position, value))


def replace_inline(context: EditContext, position: Position, text: str) -> list[Edit]:
    """Return the edits that put `text` (one line) where the node of a block position stands."""
    node = position.node
    if spans.is_absent(node):
        return _fill_absent(context, position, text)
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        header = _header_end(context.text, node)
        if context.lines.is_first(node.start) and position.parent is not None and not context.lines.column(node.start):
            raise CannotApply("its value begins on a line of its own, where nothing but a block scalar can stand")
        return [Edit(_content(context.text, node), header, text), Edit(context.lines.end(header), node.end, "")]
    if not spans.is_block(node):
        return [Edit(_content(context.text, node), node.end, text)]
    end = context.lines.end(node.end)
    start = _content(context.text, node)
    kept = kept_end(context, position)
    if position.parent is None or context.lines.start(kept) == context.lines.start(start):
        return [Edit(start, end, text)]
    return [after_holder(context, kept, text), Edit(context.lines.end(kept), end, "")]


def after_holder(context: EditContext, offset: int, text: str) -> Edit:
    """Return the edit that puts ` text` at `offset`, instead of the blanks there when nothing else is on the line."""
    blank = spans.skip_inline(context.text, offset)
    at_end = blank >= context.lines.end(offset)
    return Edit(offset, blank if at_end else offset, f" {text}")


def _fill_absent(context: EditContext, position: Position, text: str) -> list[Edit]:
    node = position.node
    if position.parent is None:
        raise CannotApply("the document is empty")
    if isinstance(node, Scalar) and node.tag is not None:
        kept = kept_end(context, position)
        return [Edit(kept, max(node.end, kept), f" {text}")]
    return [after_holder(context, kept_end(context, position), text)]


def _stays_flow(node: Node) -> bool:
    return isinstance(node, Map | Seq) and node.flow and bool(node.entries if isinstance(node, Map) else node.items)


def _joins_flow(context: EditContext, position: Position, value: Plain) -> bool:
    """Return whether a flat list goes beside flow lists in one block mapping."""
    if not isinstance(position.parent, Map) or not isinstance(value, list) or not render.is_flat(value):
        return False
    return context.style.block(position.ancestors).flow_lists


def _content(text: str, node: Node) -> int:
    """Return where a node begins behind its anchor: a tag is replaced with the content."""
    anchor = anchor_end(text, node)
    return node.start if anchor is None else spans.skip_blank(text, anchor)


def _header_end(text: str, node: Node) -> int:
    start = spans.content_start(text, node.start)
    return spans.header_end(text, start)


def _inline_text(context: EditContext, position: Position, value: Plain) -> str:
    if isinstance(value, dict | list):
        return render.flow_value(value, context.style.flow(position.path))
    return scalar_text(context, position.node, value, flow=False, json=False)


def scalar_text(context: EditContext, node: Node, value: Atom, *, flow: bool, json: bool) -> str:
    """Return a scalar in the quotes of the node that it replaces, as far as they can hold it."""
    if isinstance(value, str) and not json and isinstance(node, Scalar):
        if node.style == "'":
            return quoted(value, "'")
        if node.style == '"':
            return double(value)
    return scalar(value, context.style.quote, flow=flow, json=json)


def _replace_by_block(context: EditContext, position: Position, value: Plain) -> list[Edit]:
    parent = position.parent
    if parent is None:
        return _replace_root(context, position, value)
    look = context.style.block(position.ancestors)._replace(flow_lists=False)
    lines = render.block_value(value, look)
    if isinstance(parent, Map):
        entry = spans.entry_start(context.text, parent, position.index)
        column = context.lines.column(entry) + (look.dash if isinstance(value, list) else look.step)
        return _replace_by_lines(context, position, _indented(context, position, lines, column))
    return _replace_item(context, position, lines, look)


def _replace_item(context: EditContext, position: Position, lines: list[str], look: BlockLook) -> list[Edit]:
    """Put lines behind the dash of an item when nothing else is on its line, else below it."""
    node = position.node
    dash = holder_end(context, position) - 1
    kept = kept_end(context, position)
    at_end = spans.skip_inline(context.text, node.end) >= context.lines.end(node.end)
    on_line = context.lines.start(dash) == context.lines.start(node.start)
    if kept != dash + 1 or not on_line or not (at_end or spans.is_block(node)) or _is_literal(node):
        column = context.lines.column(dash) + 1 + len(look.gap)
        return _replace_by_lines(context, position, _indented(context, position, lines, column))
    column = context.lines.column(dash) + 2 if spans.is_absent(node) else context.lines.column(node.start)
    text = (context.lines.newline(dash) + " " * column).join(lines)
    if spans.is_absent(node):
        return _fill_absent(context, position, text)
    return [Edit(node.start, context.lines.end(node.end), text)]


def _is_literal(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style in {"|", ">"}


def _indented(context: EditContext, position: Position, lines: list[str], column: int) -> str:
    newline = context.lines.newline(position.node.start)
    return "".join(newline + " " * column + line for line in lines)


def _replace_by_lines(context: EditContext, position: Position, text: str) -> list[Edit]:
    """Return the edits that erase a node and put lines below what is left of its line; `text` begins with a break."""
    node = position.node
    kept = kept_end(context, position)
    if spans.is_block(node):
        return [Edit(context.lines.end(kept), context.lines.end(node.end), text)]
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        header = _header_end(context.text, node)
        return [erase_blank_tail(context, kept, header), Edit(context.lines.end(header), node.end, text)]
    line_end = context.lines.end(node.end)
    content = _content(context.text, node)
    if not spans.is_absent(node) and content > context.lines.end(kept) and context.lines.is_first(content):
        # The value has lines of its own: what stands on the holder's line and between stays.
        tail = spans.skip_inline(context.text, node.end)
        if tail < line_end:
            return [Edit(content, tail, ""), Edit(line_end, line_end, text)]
        return [Edit(context.lines.start(content), line_end, text.lstrip("\r\n"))]
    edits = [erase_blank_tail(context, kept, node.end)] if node.end > kept or not spans.is_absent(node) else []
    return [*edits, Edit(line_end, line_end, text)]


def _replace_root(context: EditContext, position: Position, value: Plain) -> list[Edit]:
    node = position.node
    if spans.is_absent(node) or not context.lines.is_first(node.start) or node.start != _content(context.text, node):
        return replace_inline(context, position, render.flow_value(value, context.style.flow(position.path)))
    lines = render.block_value(value, context.style.block(position.path))
    end = context.lines.end(node.end) if spans.is_block(node) else node.end
    return [Edit(node.start, end, context.lines.newline(node.start).join(lines))]


def _replace_in_flow(context: EditContext, position: Position, value: Plain) -> list[Edit]:
    node = position.node
    look = context.style.flow(position.ancestors)
    if isinstance(value, dict | list):
        text = flow_text(context, position, value)
    else:
        text = scalar_text(context, node, value, flow=True, json=look.json)
    if not spans.is_absent(node):
        return [Edit(_content(context.text, node), node.end, text)]
    anchor = anchor_end(context.text, node)
    if anchor is not None:
        return [Edit(anchor, max(node.end, anchor), f" {text}")]
    parent = position.parent
    if not isinstance(parent, Map) or spans.colon_between(context.text, *parent.entries[position.index]) is not None:
        return [Edit(node.start, node.end, f" {text}")]
    key = parent.entries[position.index][0]
    if context.lines.start(key.start) != context.lines.start(key.end) or spans.is_absent(key):
        raise CannotApply("the key has no colon")
    return [Edit(node.start, node.end, f": {text}")]


def flow_text(context: EditContext, position: Position, value: Plain) -> str:
    """Return a collection as flow text for a position inside of flow; spread over lines where the text around it is."""
    look = context.style.flow(position.ancestors)
    indent = own_indent(context, position)
    if look.spread and indent is not None:
        return render.spread_value(value, look, indent, context.lines.newline(position.node.start))
    return render.flow_value(value, look)


def own_indent(context: EditContext, position: Position) -> str | None:
    """Return the white space before an entry or item that begins its line, else None."""
    parent = position.parent
    start = position.node.start
    if isinstance(parent, Map):
        start = spans.entry_start(context.text, parent, position.index)
    indent = context.text[context.lines.start(start) : start]
    return None if indent.strip(" \t") else indent
