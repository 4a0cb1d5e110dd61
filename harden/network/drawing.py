"""Draws the comparison as a picture: one SVG with the workloads before and after, which needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from harden.network.graph import Comparison, Edge, Node, Openness, said_port
from harden.network.layout import Layout, lay_out
from harden.network.pods import Pods
from harden.network.table import name_of, summary

#: From closed to open, as the class of each; told by words in each box too.
CLASSES = {
    Openness.NOBODY: "nobody",
    Openness.KNOWN: "known",
    Openness.NAMESPACE: "namespace",
    Openness.CLUSTER: "cluster",
    Openness.ANYWHERE: "anywhere",
}
#: (light, dark) of every class; each is a text with a contrast of at least 4.5 on both the ground and a box
#: (w3.org, WCAG 2.2, 1.4.3).
COLOURS: Mapping[str, tuple[str, str]] = {
    "nobody": ("#5b6675", "#a3adba"),
    "known": ("#1d6b40", "#6fcf97"),
    "namespace": ("#745700", "#e3bd4a"),
    "cluster": ("#9a4700", "#f0a15e"),
    "anywhere": ("#b3261e", "#ff8a80"),
    "ink": ("#1c2430", "#e6e9ee"),
    "faint": ("#56606e", "#a3adba"),
}
GROUND, BOX = ("#ffffff", "#14181d"), ("#f6f7f9", "#1f252c")


def style() -> str:
    """Return the style sheet of the picture in the reader's scheme, light or dark."""

    def rules(at: int) -> str:
        texts = "".join(
            f".t-{name}{{fill:{colour[at]}}}.s-{name}{{stroke:{colour[at]}}}" for name, colour in COLOURS.items()
        )
        return f".ground{{fill:{GROUND[at]}}}.box{{fill:{BOX[at]}}}{texts}"

    return f"<style>{rules(0)}@media (prefers-color-scheme:dark){{{rules(1)}}}</style>"


#: How far the arrow of a workload to itself reaches beyond its box.
_LOOP = 22
_HIGH, _GAP, _LANE, _ACROSS, _MARGIN, _TOP = 46, 16, 18, 90, 24, 50
_LETTER = 7.2
#: A picture is at most so many times wider than high.
_WIDEST = 3
_SHORTEST = 18
_NARROWEST, _LEGEND = 720, 40
#: What the legend says of lines, and how wide a letter of it is, in pixels.
_LINES = "dotted: perhaps, dashed: cut"
_SMALL_LETTER = 6.8

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
    panels = _SINGLE if is_single else _SIDES
    plan = _plan(comparison, len(panels))
    width, height = f"{plan.width:.0f}", f"{len(panels) * plan.height + _LEGEND:.0f}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"',
        f'  height="{height}" style="max-width:100%;height:auto"',
        '  font-family="ui-monospace, Menlo, monospace" font-size="12" role="img">',
        f"<title>{escape('; '.join(summary(comparison, is_single=is_single)))}</title>",
        style(),
        f'<rect width="{width}" height="{height}" class="ground"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '  <path d="M0 0 L8 4 L0 8 z" class="t-faint"/></marker></defs>',
    ]
    for at, (title, after) in enumerate(panels):
        possible = comparison.possible_after if after else comparison.possible_before
        said = f"{title}{possible} connections between workloads are possible"
        lines += [
            f'<g transform="translate(0 {at * plan.height:.0f})">',
            f'<text x="{_MARGIN}" y="30" font-size="15" font-weight="bold" class="t-ink">{said}</text>',
            *_panel(comparison, plan, after=after),
            "</g>",
        ]
    lines += [*_legend(len(panels) * plan.height + 20), "</svg>"]
    return "\n".join(lines) + "\n"


def _plan(comparison: Comparison, panels: int) -> _Plan:
    """Return where everything stands: as many columns as keep the picture from becoming a strip."""
    # Files may show a workload more than once: the first stands for all.
    index = {node.pods.key: at for at, node in reversed(list(enumerate(comparison.nodes)))}
    arrows = [
        (index[edge.source.key], index[edge.target.key]) for edge in comparison.edges if isinstance(edge.source, Pods)
    ]
    most = len(comparison.nodes)
    while True:
        plan = _placed(comparison, lay_out(len(comparison.nodes), arrows, most), index)
        if most <= 1 or plan.width <= _WIDEST * (panels * plan.height + _LEGEND):
            return plan
        most = min(most, len({place.x for place in plan.places.values()})) - 1


def _placed(comparison: Comparison, laid: Layout, index: Mapping[tuple[str, str, str], int]) -> _Plan:
    count = len(comparison.nodes)

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
    right = x - _ACROSS
    bottom = _block(comparison, laid.alone, places, max(right, _NARROWEST), _TOP + tallest)
    right = max((place.x + place.wide for place in places.values()), default=right)
    width = max(right + 2 * _MARGIN + 20, _NARROWEST, _legend_width())
    return _Plan(places, laid.lanes, index, width, bottom + _GAP)


def _block(
    comparison: Comparison, alone: tuple[int, ...], places: dict[int, _Place], right: float, top: float
) -> float:
    """Place the boxes without any arrow below the others, in rows as wide as those; return where they end."""
    if not alone:
        return top
    wide = max(_wide(comparison.nodes[box], comparison) for box in alone)
    looped = {edge.target.key for edge in comparison.edges if edge.source is edge.target}
    gap = _GAP + (_LOOP if any(comparison.nodes[box].pods.key in looped for box in alone) else 0)
    in_row = max(1, int((right - _MARGIN + gap) // (wide + gap)))
    for at, box in enumerate(alone):
        row, column = divmod(at, in_row)
        y = top + _GAP + row * (_HIGH + _GAP) + _HIGH / 2
        places[box] = _Place(_MARGIN + column * (wide + gap), y, wide)
    return top + _GAP + -(-len(alone) // in_row) * (_HIGH + _GAP)


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
    dashes = ""
    if not (possible and edge.is_certain):
        dashes = f' stroke-dasharray="{"2" if possible else "5"} 4"'
    style = f'class="{"s-faint" if possible else "s-anywhere"}"{dashes}'
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
    name = CLASSES[openness]
    x, y = place.x, place.y - _HIGH / 2
    at = f'x="{x:.0f}" y="{y:.0f}" height="{_HIGH}"'
    yield f'<rect {at} width="{place.wide:.0f}" rx="5" class="box s-{name}"/>'
    yield f'<rect {at} width="6" rx="3" class="t-{name}"/>'
    lines = ((15, 12, "ink", name_of(node.pods, comparison)), (28, 10, "faint", _ports(node)))
    for down, size, ink, said in (*lines, (40, 10, name, _open(node, openness))):
        yield f'<text x="{x + 14:.0f}" y="{y + down:.0f}" font-size="{size}" class="t-{ink}">{escape(said)}</text>'


def _open(node: Node, openness: Openness) -> str:
    if not node.ports and openness is Openness.NOBODY:
        return ""
    return f"open to {openness.word}" if openness > Openness.KNOWN else openness.word


def _legend(y: float) -> Iterator[str]:
    x: float = _MARGIN
    for openness, name in CLASSES.items():
        yield f'<rect x="{x:.0f}" y="{y - 10:.0f}" width="10" height="10" class="t-{name}"/>'
        yield f'<text x="{x + 15:.0f}" y="{y:.0f}" font-size="11" class="t-ink">{openness.word}</text>'
        x += _legend_step(openness)
    yield f'<text x="{x:.0f}" y="{y:.0f}" font-size="11" class="t-ink">{_LINES}</text>'


def _legend_step(openness: Openness) -> float:
    return 34 + len(openness.word) * _SMALL_LETTER


def _legend_width() -> float:
    return 2 * _MARGIN + sum(map(_legend_step, CLASSES)) + len(_LINES) * _SMALL_LETTER
