"""Edits flow collections: new elements, removed elements, and the commas between them."""

from __future__ import annotations

from harden.model.record import Record
from harden.model.text import Edit, Plain
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import render, spans
from harden.source.block import groups
from harden.source.comments import above_comments
from harden.source.patch import CannotApply
from harden.source.position import EditContext, ListChange, Position
from harden.source.replace import flow_text, replace, scalar_text
from harden.source.style import FlowLook


class Element(Record):
    """An entry or item: where it begins and ends, the comma behind it, and whether it has its lines to itself.

    `is_bare` says that it ends with a key, a tag or an anchor that has no value behind it.
    """

    start: int
    end: int
    comma: int | None
    own_line: bool
    is_bare: bool

    @property
    def stop(self) -> int:
        """Return where the element ends with its comma."""
        return self.end if self.comma is None else self.comma + 1


def elements(context: EditContext, node: Map | Seq) -> list[Element]:
    """Return the elements of a flow collection."""
    if isinstance(node, Map):
        starts = (spans.entry_start(context.text, node, index) for index in range(len(node.entries)))
        return [_element(context, start, *entry) for start, entry in zip(starts, node.entries, strict=True)]
    return [_element(context, item.start, None, item) for item in node.items]


def _element(context: EditContext, start: int, key: Node | None, value: Node) -> Element:
    end = value.end
    at = spans.skip_blank(context.text, end)
    comma = at if context.text[at : at + 1] == "," else None
    behind = spans.skip_inline(context.text, end if comma is None else comma + 1)
    is_last_of_line = context.text[behind : behind + 1] in {"\n", "\r", "#", ""}
    return Element(
        start, end, comma, context.lines.is_first(start) and is_last_of_line, _is_bare(context.text, key, value)
    )


def _is_bare(text: str, key: Node | None, value: Node) -> bool:
    if isinstance(value, Map) and value.entries and text[value.end - 1] != "}":
        # A pair in a list (`[a: ]`) ends where its value does.
        return _is_bare(text, *value.entries[-1])
    if not isinstance(value, Scalar) or value.text or value.style:
        return False
    # In `{a:}` the colon is part of the key, for Kubernetes, too.
    return value.tag is not None or (key is not None and spans.colon_between(text, key, value) is not None)


def edit_map(
    context: EditContext, position: Position, node: Map, removed: frozenset[int], new: dict[str, Plain]
) -> list[Edit]:
    """Return the edits that take entries out of a flow mapping and put `new` ones in; raises CannotApply."""
    if context.text[spans.content_start(context.text, node.start)] != "{":
        raise CannotApply("a single pair in a flow list has no room for more")
    placed = groups(context, node, removed, new)
    at_end = next((names for place, names in placed if place is None), [])
    if len(removed) == len(node.entries):
        return _refill(context, position, node, {name: new[name] for name in at_end})
    found = elements(context, node)
    texts = {name: _entry_text(context, position, found, name, new[name]) for name in new}
    edits = _remove(context, found, removed, keep_comma=bool(at_end))
    for place, names in placed:
        if place is not None:
            edits.append(_before(context, position, found, place, [texts[name] for name in names]))
    return [*edits, *_append(context, position, found, removed, [texts[name] for name in at_end])]


def edit_seq(context: EditContext, position: Position, node: Seq, change: ListChange) -> list[Edit]:
    """Return the edits that take items out of a flow sequence and put new ones at its end; raises CannotApply."""
    if len(change.removed) == len(node.items):
        return _refill(context, position, node, list(change.new))
    found = elements(context, node)
    look = context.style.flow(position.path)
    newline = context.lines.newline(node.start)
    texts = []
    for item in change.new:
        if look.spread and found[-1].own_line:
            texts.append(render.spread_value(item, look, _indent(context, found[-1]), newline))
        elif look.spread and look.cuddled and _is_wide(context, node.items[-1]) and isinstance(item, dict):
            texts.append(render.spread_value(item, look, _line_indent(context, node.items[-1].end), newline))
        else:
            texts.append(_like(context, node, item, look) or render.flow_value(item, look))
    edits = _remove(context, found, change.removed, keep_comma=bool(change.new))
    return [*edits, *_append(context, position, found, change.removed, texts)]


def _like(context: EditContext, node: Seq, item: Plain, look: FlowLook) -> str | None:
    """Return a string in the quotes that the other strings of a sequence have, or None."""
    if not isinstance(item, str):
        return None
    return scalar_text(context, node.items[-1], item, flow=True, json=look.json)


def _entry_text(context: EditContext, position: Position, found: list[Element], name: str, value: Plain) -> str:
    look = context.style.flow(position.path)
    if look.spread and found[-1].own_line:
        return render.spread_entry(
            name, value, look, _indent(context, found[-1]), context.lines.newline(position.node.start)
        )
    return render.flow_entry(name, value, look)


def _is_wide(context: EditContext, node: Node) -> bool:
    """Return whether a node's end begins a line of its own, as that of a spread mapping does."""
    return context.lines.is_first(node.end - 1)


def _line_indent(context: EditContext, offset: int) -> str:
    line = context.lines.start(offset)
    return context.text[line : spans.skip_inline(context.text, line)]


def _indent(context: EditContext, element: Element) -> str:
    return context.text[context.lines.start(element.start) : element.start]


def _refill(
    context: EditContext, position: Position, node: Map | Seq, new: dict[str, Plain] | list[Plain]
) -> list[Edit]:
    """Return the edits for a collection that loses all it has, if anything, and gets `new`."""
    opening = spans.content_start(context.text, node.start)
    has_comment = _has_comment(context.text, opening + 1, node.end - 1)
    found = elements(context, node)
    if not has_comment:
        if new and not (found and not position.in_flow):
            return replace(context, position, new)
        text = flow_text(context, position, new) if new else context.text[opening] + context.text[node.end - 1]
        return [Edit(opening, node.end, text)]
    if found and new:
        raise CannotApply("it is replaced as a whole and holds comments")
    if found:
        return _remove(context, found, frozenset(range(len(found))), keep_comma=False)
    return [_beside_comment(context, position, node, new)]


def _beside_comment(
    context: EditContext, position: Position, node: Map | Seq, new: dict[str, Plain] | list[Plain]
) -> Edit:
    """Return the insertion into an empty collection that holds a comment, above the line of its closing bracket."""
    look = context.style.flow(position.path)
    line = context.lines.start(node.end - 1)
    newline = context.lines.newline(node.start)
    comment = spans.skip_inline(context.text, context.lines.start(line - 1 if newline != "\r\n" else line - 2))
    outer = context.text[line : spans.skip_inline(context.text, line)]
    if context.text.startswith("#", comment):
        indent = context.text[context.lines.start(comment) : comment]
    else:
        indent = outer + look.unit
    if isinstance(new, dict):
        parts = [render.flow_entry(name, value, look) for name, value in new.items()]
    else:
        parts = [render.flow_value(item, look) for item in new]
    at = line if context.lines.is_first(node.end - 1) else node.end - 1
    return Edit(at, at, f",{newline}".join(indent + part for part in parts) + newline)


def _has_comment(text: str, start: int, end: int) -> bool:
    return "#" in text[start:end] and spans.holds_comment(text, start, end)


def _remove(context: EditContext, found: list[Element], removed: frozenset[int], *, keep_comma: bool) -> list[Edit]:
    last = max((index for index in range(len(found)) if index not in removed), default=-1)
    # A line that goes as a whole takes the blanks at its start with it.
    lines = frozenset(index for index in removed if found[index].own_line)
    edits = [_removal(context, found, index, lines, is_behind_last=index == last + 1) for index in sorted(removed)]
    comma = found[last].comma
    if last < 0 or keep_comma or last == len(found) - 1 or found[-1].comma is not None or comma is None:
        return edits
    return [*edits, Edit(comma, comma + 1, "")]


def _removal(
    context: EditContext, found: list[Element], index: int, lines: frozenset[int], *, is_behind_last: bool
) -> Edit:
    """Return the removal of one element with its comma, and with the blanks that part it from what stays."""
    element = found[index]
    if element.own_line:
        return Edit(context.lines.start(element.start), context.lines.next(element.stop), "")
    start, stop = element.start, element.stop
    if is_behind_last and index > 0:
        start = found[index - 1].stop + len(context.text[found[index - 1].stop : start].rstrip(" \t"))
    if index + 1 < len(found) and index + 1 not in lines and not context.text[stop : found[index + 1].start].strip():
        stop = found[index + 1].start
    return Edit(start, stop, "")


def _before(context: EditContext, position: Position, found: list[Element], index: int, texts: list[str]) -> Edit:
    at = found[index].start
    if not context.lines.is_first(at):
        comma = context.style.flow(position.path).comma
        return Edit(at, at, "".join(f"{text}{comma}" for text in texts))
    indent = _indent(context, found[index])
    newline = context.lines.newline(at)
    floor = found[index - 1].stop if index > 0 else context.lines.start(at)
    line = above_comments(context, context.lines.start(at), len(indent), floor)
    return Edit(line, line, "".join(f"{indent}{text},{newline}" for text in texts))


def _append(
    context: EditContext, position: Position, found: list[Element], removed: frozenset[int], texts: list[str]
) -> list[Edit]:
    if not texts:
        return []
    last = found[max(index for index in range(len(found)) if index not in removed)]
    tail = "," if found[-1].comma is not None else ""
    at = last.stop
    new_comma = "" if last.comma is not None else _comma_behind(context, last)
    first_of_line = context.lines.is_first(last.start)
    if not first_of_line:
        comma = context.style.flow(position.path).comma
        text = comma[1:] + comma.join(texts) + tail
        return [Edit(at, at, new_comma + text)]
    indent = _indent(context, last)
    newline = context.lines.newline(last.start)
    if context.lines.start(position.node.end - 1) == context.lines.start(at):
        text = f",{newline}{indent}".join(texts) + tail
        return [Edit(at, at, f"{new_comma}{newline}{indent}{text}")]
    line = context.lines.next(at)
    text = indent + f",{newline}{indent}".join(texts) + tail + newline
    edits = [Edit(last.end, last.end, new_comma)] if new_comma else []
    return [*edits, Edit(line, line, text)]


def _comma_behind(context: EditContext, element: Element) -> str:
    """Return the comma for an element that has none, a blank before it where it would become part of a key or tag."""
    return " ," if element.is_bare and context.text[element.end - 1 : element.end].strip() else ","
