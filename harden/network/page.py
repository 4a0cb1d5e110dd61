"""Writes the comparison as one HTML page that needs nothing beside it: the picture, the counts, every connection."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from harden.network.drawing import CLASSES, svg
from harden.network.graph import Comparison, Edge
from harden.network.pods import Pods
from harden.network.table import name_of, summary

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --ground: #fff; --line: #dde1e6; --faint: #56606e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --ground: #14181d; --line: #3a424d; --faint: #a3adba; --bad: #ff8a80; }
}
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px; color: var(--ink); background: var(--ground); }
h1 { font-size: 20px; } h2 { font-size: 16px; margin-top: 28px; }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; } td, th { text-align: left; padding: 3px 12px 3px 0; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); }
.closed { color: var(--bad); } .why { color: var(--faint); overflow-wrap: anywhere; }
"""


def html(comparison: Comparison, title: str = "Connections", *, is_single: bool = False) -> str:
    """Return the page; with `is_single` both sides of the comparison are one, and told once."""
    heads = "<th>State</th>" if is_single else "<th>Before</th><th>After</th>"
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in summary(comparison, is_single=is_single)),
        f'<div class="picture">{svg(comparison, is_single=is_single)}</div>',
        "<h2>Who reaches each port</h2>",
        f"<table><tr><th>Workload</th><th>Port</th>{heads}</tr>",
        *_openings(comparison, is_single=is_single),
        "</table>",
        "<h2>Connections that the manifests show</h2>",
        f"<table><tr><th>From</th><th>To</th><th>Port</th>{heads}<th>Why</th></tr>",
        *(_row(edge, comparison, is_single=is_single) for edge in comparison.edges),
        "</table>",
        *_outlets(comparison, heads, is_single=is_single),
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def _openings(comparison: Comparison, *, is_single: bool) -> Iterator[str]:
    for opening in comparison.openings:
        cells = "".join(
            f'<td class="{CLASSES[openness]}">{escape(openness.word)}</td>'
            for openness in (opening.before, opening.after)[is_single:]
        )
        yield f"<tr><td>{escape(name_of(opening.target, comparison))}</td><td>{escape(opening.port)}</td>{cells}</tr>"


def _outlets(comparison: Comparison, heads: str, *, is_single: bool) -> Iterator[str]:
    if not comparison.outlets:
        return
    yield f"<h2>Where workloads connect out</h2><table><tr><th>Workload</th>{heads}</tr>"
    for outlet in comparison.outlets:
        cells = "".join(f"<td>{escape(said)}</td>" for said in (outlet.before, outlet.after)[is_single:])
        yield f"<tr><td>{escape(name_of(outlet.source, comparison))}</td>{cells}</tr>"
    yield "</table>"


def _row(edge: Edge, comparison: Comparison, *, is_single: bool) -> str:
    source = name_of(edge.source, comparison) if isinstance(edge.source, Pods) else edge.source.said
    states = "".join(
        "<td>open</td>" if possible else '<td class="closed">closed</td>'
        for possible in (edge.before, edge.after)[is_single:]
    )
    target = escape(name_of(edge.target, comparison))
    why = escape(("" if edge.is_certain else "perhaps: ") + "; ".join(edge.why))
    port = escape(edge.port)
    return f'<tr><td>{escape(source)}</td><td>{target}</td><td>{port}</td>{states}<td class="why">{why}</td></tr>'
