"""Owns the comparison as diagrams for other programs: Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.network.graph import Comparison, Edge, Node
from harden.network.pods import Pods
from harden.network.table import name_of

Arrow = tuple[str, str, tuple[str, ...], bool]


def mermaid(comparison: Comparison) -> str:
    """Return a Mermaid flowchart of the connections that are shown; those that are cut afterwards are dotted."""
    lines = ["flowchart LR"]
    ids = _ids(comparison)
    lines += [f'  {ids[_key(node.pods)]}["{_quoted(_label(node, comparison))}"]' for node in comparison.nodes]
    lines += [f'  {ids[source]}(["{_quoted(source)}"])' for source in _crowds(comparison)]
    for source, target, ports, is_open in _arrows(comparison):
        arrow = f"-->|{', '.join(ports)}|" if is_open else f"-. {', '.join(ports)} cut .->"
        lines.append(f"  {ids[source]} {arrow} {ids[target]}")
    return "\n".join(lines) + "\n"


def dot(comparison: Comparison) -> str:
    """Return a Graphviz digraph of the connections that are shown; those that are cut afterwards are red and dashed."""
    ids = _ids(comparison)
    lines = ["digraph connections {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f'  {ids[_key(node.pods)]} [label="{_escaped(_label(node, comparison))}"];' for node in comparison.nodes]
    lines += [f'  {ids[source]} [label="{_escaped(source)}", shape=ellipse];' for source in _crowds(comparison)]
    for source, target, ports, is_open in _arrows(comparison):
        style = "" if is_open else ", color=red, style=dashed"
        lines.append(f'  {ids[source]} -> {ids[target]} [label="{", ".join(ports)}"{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _arrows(comparison: Comparison) -> Iterator[Arrow]:
    """Yield (source, target, ports, open) with all ports of a pair in one arrow."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for edge in comparison.edges:
        found.setdefault((_source(edge), _key(edge.target), edge.after), []).append(edge.port)
    for (source, target, is_open), ports in found.items():
        yield source, target, tuple(dict.fromkeys(ports)), is_open


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
    return text.replace('"', "#quot;")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
