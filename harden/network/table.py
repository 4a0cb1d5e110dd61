"""Writes the comparison as a text table for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterator

from harden.network.connection import GroupKind, PeerGroup
from harden.network.graph import Comparison, Edge, Opening, Openness
from harden.network.pods import Pods

_CROWDS = {
    GroupKind.ANYWHERE: Openness.ANYWHERE,
    GroupKind.API_SERVER: Openness.ANYWHERE,
    GroupKind.CLUSTER: Openness.CLUSTER,
    GroupKind.NAMESPACE: Openness.NAMESPACE,
}
_HEAD = ("TO", "PORT", "FROM", "BEFORE", "AFTER", "WHY")


def text(comparison: Comparison, *, is_single: bool = False) -> str:
    """Return aligned lines, one a connection, and a summary; ends in a newline.

    Connections that the bundle shows come with what shows them. A line from a crowd without a reason tells who else
    reaches the port, where that is more than named clients. With `is_single` both sides are one, and told once.
    """
    rows = [_HEAD, *_rows(comparison), *_outlets(comparison)]
    if is_single:
        rows = [(*row[:3], "STATE" if row is _HEAD else row[4], row[5]) for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    lines = ["  ".join((*map(str.ljust, row, widths), row[-1])).rstrip() for row in rows]
    return "\n".join([*lines, "", *summary(comparison, is_single=is_single)]) + "\n"


def summary(comparison: Comparison, *, is_single: bool = False) -> list[str]:
    """Return the counts as sentences; with `is_single` both sides are one, and told once."""
    lead = f"workloads: {len(comparison.nodes)}, connections between them that are shown: {comparison.shown}"
    if is_single:
        return [
            lead,
            f"possible between them on known ports: {comparison.possible_after}",
            f"ports that everybody reaches: {_public(comparison, 'after')}",
            f"shown, but closed: {sum(not edge.after for edge in comparison.edges)}",
        ]
    cut, closed = len(comparison.cut), sum(not edge.before for edge in comparison.edges)
    return [
        lead,
        f"possible between them on known ports: {comparison.possible_before} before, {comparison.possible_after} after",
        f"ports that everybody reaches: {_public(comparison, 'before')} before, {_public(comparison, 'after')} after",
        f"shown and cut: {cut}" if cut else "nothing that is shown is cut",
        *([f"shown, but closed before already: {closed}"] if closed else []),
    ]


def _public(comparison: Comparison, when: str) -> int:
    return sum(getattr(opening, when) is Openness.ANYWHERE for opening in comparison.openings)


def name_of(pods: Pods, comparison: Comparison) -> str:
    """Return a workload as people tell it from the others: with its namespace where there are several."""
    return printable(f"{pods.namespace}/{pods.said}" if comparison.is_spread else pods.said)


def printable(text: str) -> str:
    """Return a text on one line without what would move a terminal's cursor or end a line of a diagram."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    edges_to: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in comparison.edges:
        edges_to.setdefault(edge.target.key, []).append(edge)
    openings_of: dict[Pods, list[Opening]] = {}
    for opening in comparison.openings:
        openings_of.setdefault(opening.target, []).append(opening)
    for node in comparison.nodes:
        target = name_of(node.pods, comparison)
        edges = edges_to.get(node.pods.key, [])
        openings = openings_of.get(node.pods, [])
        for opening in openings:
            here = [edge for edge in edges if edge.port == opening.port]
            yield from _opening(target, opening, here)
            yield from (_edge(target, edge, comparison) for edge in here)
        known = {each.port for each in openings}
        yield from (_edge(target, edge, comparison) for edge in edges if edge.port not in known)


def _outlets(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield how far each workload connects out that a policy holds back."""
    for outlet in comparison.outlets:
        yield ("(outside)", "", name_of(outlet.source, comparison), outlet.before, outlet.after, "egress")


def _opening(target: str, opening: Opening, edges: list[Edge]) -> Iterator[tuple[str, ...]]:
    """Yield the widest crowd of each side, but for those that edges tell of with their reason."""
    crowds = {edge.source.kind for edge in edges if isinstance(edge.source, PeerGroup)}
    told = {_CROWDS[crowd] for crowd in crowds if crowd in _CROWDS}
    if edges:
        told |= {Openness.KNOWN, Openness.NOBODY}
    for crowd in sorted({opening.before, opening.after} - told, reverse=True):
        before, after = (_said(is_open=each >= crowd) for each in (opening.before, opening.after))
        if crowd is not Openness.NOBODY:
            yield (target, opening.port, f"({crowd.word})", before, after, "")
        elif opening.before is opening.after:
            yield (target, opening.port, "(nobody)", "-", "-", "")


def _edge(target: str, edge: Edge, comparison: Comparison) -> tuple[str, ...]:
    source = name_of(edge.source, comparison) if isinstance(edge.source, Pods) else printable(edge.source.said)
    more = f" (+{len(edge.why) - 1})" if len(edge.why) > 1 else ""
    why = printable(edge.why[0]) + more
    return (target, edge.port, source, _said(is_open=edge.before), _said(is_open=edge.after), why)


def _said(*, is_open: bool) -> str:
    return "open" if is_open else "closed"
