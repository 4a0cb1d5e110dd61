"""Owns the comparison as a picture: one SVG with the workloads before and after, which needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from harden.network.graph import Comparison, Edge, Node, Openness, said_port
from harden.network.layout import lay_out
from harden.network.pods import Pods
from harden.network.table import name_of, summary

#: From closed to open; told by words in each box too.
COLOURS = {
    Openness.NOBODY: "#8a8f98",
    Openness.KNOWN: "#2e8b57",
    Openness.NAMESPACE: "#c99a00",
    Openness.CLUSTER: "#d9731a",
    Openness.ANYWHERE: "#c8372d",
}
_HIGH, _GAP, _LANE, _ACROSS, _MARGIN, _TOP = 46, 16, 18, 90, 24, 50
_LETTER = 7.2
_SHORTEST = 18

#: The panels, from top to bottom: how each begins its title, and whether it shows the comparison's second side.
_SIDES = (("before: ", False), ("after: ", True))
_SINGLE = (("", True),)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a box or lane is, in pixels; `y` is the middle of its height."""

    x: float
    y: float
    wide: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything of a panel is: boxes and lanes by number, and the size of the panel."""

    places: Mapping[int, _Place]
    lanes: Mapping[tuple[int, int], tuple[int, ...]]
    index: Mapping[tuple[str, str, str], int]
    width: float
    height: float


def svg(comparison: Comparison, *, is_single: bool = False) -> str:
    """Return the picture: the same boxes twice, coloured by who reaches them; arrows are the connections shown.

    With `is_single` both sides of the comparison are one, and drawn once.
    """
    plan = _plan(comparison)
    panels = _SINGLE if is_single else _SIDES
    width, height = f"{plan.width:.0f}", f"{len(panels) * plan.height + 40:.0f}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        '  font-family="ui-monospace, Menlo, monospace" font-size="12" role="img">',
        f"<title>{escape('; '.join(summary(comparison, is_single=is_single)))}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '  <path d="M0 0 L8 4 L0 8 z" fill="#5b6675"/></marker></defs>',
    ]
    for at, (title, after) in enumerate(panels):
        possible = comparison.possible_after if after else comparison.possible_before
        said = f"{title}{possible} connections between workloads are possible"
        lines += [
            f'<g transform="translate(0 {at * plan.height:.0f})">',
            f'<text x="{_MARGIN}" y="30" font-size="15" font-weight="bold" fill="#1c2430">{said}</text>',
            *_panel(comparison, plan, after=after),
            "</g>",
        ]
    lines += [*_legend(len(panels) * plan.height + 20), "</svg>"]
    return "\n".join(lines) + "\n"


def _plan(comparison: Comparison) -> _Plan:
    # Files may show a workload more than once: the first stands for all.
    index = {node.pods.key: at for at, node in reversed(list(enumerate(comparison.nodes)))}
    arrows = [
        (index[edge.source.key], index[edge.target.key]) for edge in comparison.edges if isinstance(edge.source, Pods)
    ]
    count = len(comparison.nodes)
    laid = lay_out(count, arrows)

    def high(box: int) -> int:
        return _HIGH + _GAP if box < count else _LANE

    tallest = max((sum(map(high, column)) for column in laid.columns), default=0)
    places: dict[int, _Place] = {}
    x: float = _MARGIN
    for column in laid.columns:
        wide = max((_wide(comparison.nodes[box], comparison) for box in column if box < count), default=0.0)
        y = _TOP + (tallest - sum(map(high, column))) / 2
        for box in column:
            places[box] = _Place(x, y + high(box) / 2, wide)
            y += high(box)
        x += wide + _ACROSS
    return _Plan(places, laid.lanes, index, max(x - _ACROSS + 2 * _MARGIN + 20, 720), _TOP + tallest + _GAP)


def _wide(node: Node, comparison: Comparison) -> float:
    longest = max(len(name_of(node.pods, comparison)), len(_ports(node)), _SHORTEST)
    return longest * _LETTER + 24


def _ports(node: Node) -> str:
    said = ", ".join(said_port(*port) for port in node.ports[:4]) + (" ..." if len(node.ports) > 4 else "")
    return said or "serves no known port"


def _panel(comparison: Comparison, plan: _Plan, *, after: bool) -> Iterator[str]:
    for edge in comparison.edges:
        if isinstance(edge.source, Pods):
            yield _arrow(edge, plan.index[edge.source.key], plan, after=after)
    for at, node in enumerate(comparison.nodes):
        yield from _box(node, plan.places[at], comparison, after=after)


def _arrow(edge: Edge, a: int, plan: _Plan, *, after: bool) -> str:
    b = plan.index[edge.target.key]
    possible = edge.after if after else edge.before
    style = 'stroke="#5b6675"' if possible else 'stroke="#c8372d" stroke-dasharray="5 4"'
    said = escape(f"{edge.port}: {'; '.join(edge.why)}" + ("" if possible else " (cut)"))
    path = _way([plan.places[box] for box in (a, *plan.lanes.get((a, b), ()), b)])
    tip = 'stroke-width="1.4" marker-end="url(#tip)"'
    return f'<path d="{path}" fill="none" {style} {tip}><title>{said}</title></path>'


def _way(stops: list[_Place]) -> str:
    """Return the path from the first box through all lanes to the last."""
    first, last = stops[0], stops[-1]
    x, y = first.x + first.wide, first.y
    if first is last:
        return f"M{x:.0f} {y - 8:.0f} c26 -16 26 32 0 16"
    if last.x <= first.x:
        # Backwards, or in one column: round the right side of both.
        out = max(x, last.x + last.wide) + 50
        return f"M{x:.0f} {y:.0f} C{out:.0f} {y:.0f} {out:.0f} {last.y:.0f} {last.x + last.wide:.0f} {last.y:.0f}"
    path = f"M{x:.0f} {y:.0f}"
    for stop in stops[1:]:
        bend = max(40.0, (stop.x - x) / 2)
        path += f" C{x + bend:.0f} {y:.0f} {stop.x - bend:.0f} {stop.y:.0f} {stop.x:.0f} {stop.y:.0f}"
        x, y = stop.x, stop.y
        if stop is not last:
            x += stop.wide
            path += f" H{x:.0f}"
    return path


def _box(node: Node, place: _Place, comparison: Comparison, *, after: bool) -> Iterator[str]:
    openness = node.after if after else node.before
    colour = COLOURS[openness]
    x, y = place.x, place.y - _HIGH / 2
    at = f'x="{x:.0f}" y="{y:.0f}" height="{_HIGH}"'
    yield f'<rect {at} width="{place.wide:.0f}" rx="5" fill="#f6f7f9" stroke="{colour}"/>'
    yield f'<rect {at} width="6" rx="3" fill="{colour}"/>'
    lines = ((15, 12, "#1c2430", name_of(node.pods, comparison)), (28, 10, "#5b6675", _ports(node)))
    for down, size, ink, said in (*lines, (40, 10, colour, _open(node, openness))):
        yield f'<text x="{x + 14:.0f}" y="{y + down:.0f}" font-size="{size}" fill="{ink}">{escape(said)}</text>'


def _open(node: Node, openness: Openness) -> str:
    if not node.ports and openness is Openness.NOBODY:
        return ""
    return f"open to {openness.word}" if openness > Openness.KNOWN else openness.word


def _legend(y: float) -> Iterator[str]:
    x: float = _MARGIN
    for openness, colour in COLOURS.items():
        yield f'<rect x="{x:.0f}" y="{y - 10:.0f}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 15:.0f}" y="{y:.0f}" font-size="11" fill="#1c2430">{openness.word}</text>'
        x += 34 + len(openness.word) * 6.8
