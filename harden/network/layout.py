"""Decides where the boxes of a drawing stand: columns from those who connect to those who are connected to.

An arrow that passes a column does so on a lane, a narrow box of its own, so that it crosses no other box. Arrows from
one box share their lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Enough for the order within columns to settle on graphs that people look at.
_SWEEPS = 8

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns left to right, each top to bottom; numbers from the count of boxes on are lanes.

    `lanes` gives the lanes that an arrow takes, in order; arrows that go backwards or stay in a column have none.
    `alone` are the boxes without any arrow.
    """

    columns: tuple[tuple[int, ...], ...]
    lanes: Mapping[Pair, tuple[int, ...]]
    alone: tuple[int, ...] = ()


def lay_out(count: int, arrows: Iterable[Pair], most_columns: int | None = None) -> Layout:
    """Return where the boxes 0..count-1 stand; `arrows` are pairs of boxes.

    A box stands right of all that point to it, as far as there is no circle; where that takes more than `most_columns`,
    neighbours of a long chain share a column. Boxes without any arrow are a block of their own.
    """
    pairs = sorted({(a, b) for a, b in arrows if a != b})
    drawn = sorted({box for pair in pairs for box in pair})
    forward = _without_circles(drawn, pairs)
    depths = _narrowed(_depths(drawn, forward), most_columns)
    lanes, steps = _lanes(count, forward, depths)
    found: list[list[int]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for box, depth in depths.items():
        found[depth].append(box)
    _untangle(found, steps)
    alone = [box for box in range(count) if box not in depths]
    return Layout(tuple(tuple(column) for column in found), lanes, tuple(alone))


def _without_circles(boxes: Sequence[int], pairs: Sequence[Pair]) -> list[Pair]:
    """Return the arrows without those that close a circle, found by walking depth first."""
    after: dict[int, list[int]] = {box: [] for box in boxes}
    for a, b in pairs:
        after[a].append(b)
    sources = {a for a, _ in pairs} - {b for _, b in pairs}
    done: set[int] = set()
    kept: list[Pair] = []
    for start in sorted(boxes, key=lambda box: (box not in sources, box)):
        path: list[Pair] = [(start, 0)] if start not in done else []
        while path:
            box, at = path[-1]
            if at == len(after[box]):
                done.add(box)
                path.pop()
                continue
            path[-1] = (box, at + 1)
            other = after[box][at]
            if all(other != each for each, _ in path):
                kept.append((box, other))
                if other not in done:
                    path.append((other, 0))
    return kept


def _depths(boxes: Sequence[int], pairs: Sequence[Pair]) -> dict[int, int]:
    """Return the longest way to each box; there are no circles, so this ends."""
    found = dict.fromkeys(boxes, 0)
    changed = True
    while changed:
        changed = False
        for a, b in pairs:
            if found[b] <= found[a]:
                found[b] = found[a] + 1
                changed = True
    return found


def _narrowed(depths: dict[int, int], most: int | None) -> dict[int, int]:
    """Return the depths in at most so many columns, as even as they can be, in the same order."""
    if most is None or max(depths.values(), default=0) < max(most, 1):
        return depths
    order = sorted(depths, key=lambda box: (depths[box], box))
    share = -(-len(order) // max(most, 1))
    return {box: at // share for at, box in enumerate(order)}


def _lanes(count: int, pairs: Sequence[Pair], depths: dict[int, int]) -> tuple[dict[Pair, tuple[int, ...]], list[Pair]]:
    """Return the lanes of each arrow and all arrows as steps from column to column; gives each lane its depth."""
    lanes: dict[Pair, tuple[int, ...]] = {}
    steps: list[Pair] = []
    known: dict[Pair, int] = {}
    for a, b in pairs:
        if depths[b] <= depths[a]:
            # Both share a column.
            continue
        way = []
        for depth in range(depths[a] + 1, depths[b]):
            lane = known.setdefault((a, depth), count + len(known))
            depths[lane] = depth
            way.append(lane)
        lanes[(a, b)] = tuple(way)
        steps += zip((a, *way), (*way, b), strict=True)
    return lanes, sorted(set(steps))


def _untangle(found: list[list[int]], steps: Sequence[Pair]) -> None:
    """Order each column by the mean place of what its boxes are joined to, a few times to and fro."""
    joined: dict[int, list[int]] = {}
    for a, b in steps:
        joined.setdefault(a, []).append(b)
        joined.setdefault(b, []).append(a)
    for sweep in range(_SWEEPS):
        for column in found if sweep % 2 == 0 else list(reversed(found)):
            places = {box: (at + 0.5) / len(each) for each in found for at, box in enumerate(each)}
            means = {box: _mean(joined.get(box, [box]), places) for box in column}
            column.sort(key=means.__getitem__)


def _mean(boxes: Sequence[int], places: Mapping[int, float]) -> float:
    return sum(places[box] for box in boxes) / len(boxes)
