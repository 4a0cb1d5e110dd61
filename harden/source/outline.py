"""Reads documents for what they mean and where their keys stand, in two thirds of the time that a tree takes.

A text with an anchor, a tag, a merge, a key that is no plain string, or anything that is refused takes a tree: the
other reader (harden.source.build) knows what such things mean, and what is said of them.
"""

from __future__ import annotations

from typing import Any

from harden.model.text import Plain
from harden.model.tree import Sketch
from harden.source.build import DEPTH_LIMIT
from harden.source.events import ALIAS, DOCUMENT, DOCUMENT_END, MAP, MAP_END, SCALAR, SEQ, SEQ_END, Next
from harden.source.scalars import Unreadable, plain_cache, resolve_plain

#: Says that the cache has no such text.
_NEW: Plain = float("nan")
#: What the keys of all mappings must be.
_NAMES = frozenset({str})


class TakesTree(Exception):  # noqa: N818 -- it is no error, and never leaves harden.source
    """A text of which an outline does not tell all."""


def outline(next_event: Next, base: int) -> list[tuple[int, Sketch | None]]:  # noqa: C901, PLR0912, PLR0915 -- one loop for speed, as in `build`
    """Return where each document of an event stream begins, with its sketch (None: an empty document).

    Offsets are code points, `base` is that of the stream's first. Raises TakesTree, and whatever the parser raises.
    """
    known = plain_cache()
    look_up = known.get
    found: list[tuple[int, Sketch | None]] = []
    places: dict[int, list[int]] = {}
    nodes: list[Plain] = []
    starts: list[int] = []
    #: The collections that are open: what stands beside each, and its own start and style.
    stack: list[tuple[list[Plain], list[int], int, bool]] = []
    begin = base
    content = ""
    value: Plain
    while True:
        event = next_event()
        if event is None:
            return found
        kind = event[0]
        if kind == SCALAR:
            _, content, style, tag, anchor, start, _ = event
            if anchor is not None or tag is not None:
                raise TakesTree
            if style:
                nodes.append(content)
            else:
                value = look_up(content, _NEW)
                if value is _NEW:
                    try:
                        value = known[content] = resolve_plain(content)
                    except Unreadable:
                        raise TakesTree from None
                nodes.append(value)
            starts.append(start + base)
        elif kind == MAP_END:
            keys: list[Any] = nodes[::2]
            if not {*map(type, keys)} <= _NAMES:
                raise TakesTree
            made = dict(zip(keys, nodes[1::2], strict=True))
            if len(made) != len(keys) or "<<" in made:
                raise TakesTree
            places[id(made)] = starts[::2]
            nodes, starts, _, _ = stack.pop()
            nodes.append(made)
        elif kind in {MAP, SEQ}:
            _, start, tag, anchor, flow = event
            if anchor is not None or tag is not None:
                raise TakesTree
            start += base
            starts.append(start)
            stack.append((nodes, starts, start, flow))
            if len(stack) > DEPTH_LIMIT:
                raise TakesTree
            nodes = []
            starts = []
        elif kind == SEQ_END:
            items, inside = nodes, starts
            nodes, starts, start, flow = stack.pop()
            if items and not flow:
                # The first item is where its dash is, with which the sequence begins.
                inside[0] = start
            places[id(items)] = inside
            nodes.append(items)
        elif kind == ALIAS:
            raise TakesTree
        elif kind == DOCUMENT:
            begin = event[1] + base
        elif kind == DOCUMENT_END:
            value = nodes.pop()
            start = starts.pop()
            found.append((begin, None if value is None and not content else Sketch(start, value, places)))
            places = {}
