"""Writes the comparison as diagrams for other programs: Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.model.record import Record
from harden.network.graph import Comparison, Edge, Node
from harden.network.pods import Pods
from harden.network.table import name_of, printable


class Arrow(Record):
    """All ports of a pair of boxes in one arrow; `is_certain` is False where nothing but hints show it."""

    source: str
    target: str
    ports: tuple[str, ...]
    is_open: bool
    is_certain: bool

    @property
    def label(self) -> str:
        """Return what stands on the arrow."""
        said = ", ".join(self.ports)
        return f"{said} cut" if not self.is_open else said if self.is_certain else f"{said}?"


def mermaid(comparison: Comparison) -> str:
    """Return a Mermaid flowchart of the connections that are shown; hints are dotted, and what is cut afterwards."""
    lines = ["flowchart LR"]
    ids = _ids(comparison)
    lines += [f'  {ids[_key(node.pods)]}["{_quoted(_label(node, comparison))}"]' for node in comparison.nodes]
    lines += [f'  {ids[source]}(["{_quoted(source)}"])' for source in _crowds(comparison)]
    for arrow in _arrows(comparison):
        solid = arrow.is_open and arrow.is_certain
        drawn = f"-->|{_quoted(arrow.label)}|" if solid else f"-. {_quoted(arrow.label)} .->"
        lines.append(f"  {ids[arrow.source]} {drawn} {ids[arrow.target]}")
    return "\n".join(lines) + "\n"


def dot(comparison: Comparison) -> str:
    """Return a Graphviz digraph of the connections that are shown; those that are cut afterwards are red and dashed."""
    ids = _ids(comparison)
    lines = ["digraph connections {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f'  {ids[_key(node.pods)]} [label="{_escaped(_label(node, comparison))}"];' for node in comparison.nodes]
    lines += [f'  {ids[source]} [label="{_escaped(source)}", shape=ellipse];' for source in _crowds(comparison)]
    for arrow in _arrows(comparison):
        style = "" if arrow.is_open else ", color=red, style=dashed"
        style = style or ("" if arrow.is_certain else ", style=dashed")
        label = _escaped(", ".join(arrow.ports))
        lines.append(f'  {ids[arrow.source]} -> {ids[arrow.target]} [label="{label}"{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _arrows(comparison: Comparison) -> Iterator[Arrow]:
    found: dict[tuple[str, str, bool, bool], list[str]] = {}
    for edge in comparison.edges:
        found.setdefault((_source(edge), _key(edge.target), edge.after, edge.is_certain), []).append(edge.port)
    for (source, target, is_open, is_certain), ports in found.items():
        yield Arrow(source, target, tuple(dict.fromkeys(ports)), is_open, is_certain)


def _key(pods: Pods) -> str:
    return "/".join(pods.key)


def _source(edge: Edge) -> str:
    return _key(edge.source) if isinstance(edge.source, Pods) else edge.source.said


def _crowds(comparison: Comparison) -> Iterable[str]:
    return dict.fromkeys(_source(edge) for edge in comparison.edges if not isinstance(edge.source, Pods))


def _ids(comparison: Comparison) -> dict[str, str]:
    names = dict.fromkeys(_key(node.pods) for node in comparison.nodes)
    return {name: f"n{at}" for at, name in enumerate([*names, *_crowds(comparison)])}


def _label(node: Node, comparison: Comparison) -> str:
    return f"{name_of(node.pods, comparison)} - open to {node.after.word}"


def _quoted(text: str) -> str:
    """Return a text inside quotes of Mermaid, whose entities begin with # (mermaid.js.org, Flowcharts)."""
    entities = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "|": "#124;"}
    return "".join(entities.get(char, char) for char in printable(text))


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
