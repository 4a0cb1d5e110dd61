"""Owns the comparison as one HTML page that needs nothing beside it: the picture, the counts, every connection."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from harden.network.drawing import COLOURS, svg
from harden.network.graph import Comparison, Edge
from harden.network.pods import Pods
from harden.network.table import name_of, summary

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px; color: #1c2430; background: #fff; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin-top: 28px; }
.picture { overflow-x: auto; border: 1px solid #dde1e6; border-radius: 6px; }
table { border-collapse: collapse; } td, th { text-align: left; padding: 3px 12px 3px 0; vertical-align: top; }
th { border-bottom: 1px solid #dde1e6; } td { border-bottom: 1px solid #f0f2f4; }
.closed { color: #c8372d; } .why { color: #5b6675; }
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
        "</table></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _openings(comparison: Comparison, *, is_single: bool) -> Iterator[str]:
    for one in comparison.openings:
        cells = "".join(
            f'<td style="color:{COLOURS[openness]}">{openness.word}</td>'
            for openness in (one.before, one.after)[is_single:]
        )
        yield f"<tr><td>{escape(name_of(one.target, comparison))}</td><td>{one.port}</td>{cells}</tr>"


def _row(edge: Edge, comparison: Comparison, *, is_single: bool) -> str:
    source = name_of(edge.source, comparison) if isinstance(edge.source, Pods) else edge.source.said
    states = "".join(
        "<td>open</td>" if possible else '<td class="closed">closed</td>'
        for possible in (edge.before, edge.after)[is_single:]
    )
    target = escape(name_of(edge.target, comparison))
    why = escape("; ".join(edge.why))
    return f'<tr><td>{escape(source)}</td><td>{target}</td><td>{edge.port}</td>{states}<td class="why">{why}</td></tr>'
