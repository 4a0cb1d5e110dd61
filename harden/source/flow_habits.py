"""Reads from the flow collections of a document how they are spread, quoted and ended: KYAML is one such way."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.record import Record
from harden.model.tree import Map, Scalar, Seq
from harden.source import spans


class Habits(Record):
    """How flow text is written; KYAML does all four (Kubernetes, KEP-5295).

    `spread`: one entry a line; `trailing`: a comma behind the last; `cuddled`: `[{` on one line; `quoted`: all strings,
    which counts in spread text only.
    """

    spread: bool
    trailing: bool
    cuddled: bool
    quoted: bool


def habits(text: str, flows: Sequence[Map | Seq]) -> Habits:
    """Return what most of the flow collections of a document do; an undecided document spreads nothing."""
    maps = [node for node in flows if isinstance(node, Map) and node.entries]
    wide = [node for node in maps if _is_spread(text, node)]
    trailing = sum(text[spans.skip_blank(text, node.entries[-1][1].end)] == "," for node in wide)
    lists = [node for node in flows if isinstance(node, Seq) and node.items and isinstance(node.items[0], Map)]
    wide_lists = [node for node in lists if _is_spread(text, node.items[0])]
    cuddled = sum(text[node.items[0].start - 1] == "[" for node in wide_lists)
    strings = [leaf for node in flows for leaf in _values(node) if type(leaf.value) is str]
    spread = len(wide) * 2 > len(maps)
    return Habits(
        spread=spread,
        trailing=trailing * 2 > len(wide),
        cuddled=cuddled * 2 > len(wide_lists),
        quoted=spread and bool(strings) and all(leaf.style for leaf in strings),
    )


def _is_spread(text: str, node: object) -> bool:
    """Return whether a mapping begins its first entry on a line of its own."""
    if not isinstance(node, Map) or not node.entries:
        return False
    return any(mark in text[node.start : node.entries[0][0].start] for mark in "\n\r")


def _values(node: Map | Seq) -> list[Scalar]:
    children = [value for _, value in node.entries] if isinstance(node, Map) else node.items
    return [child for child in children if isinstance(child, Scalar)]
