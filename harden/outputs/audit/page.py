"""Writes the report for auditors as one HTML page: no script, no font and no picture of another place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from harden.model.report import Report
from harden.outputs.audit import words
from harden.outputs.audit.findings import AuditReport, Evidence, SectionReport, State, Verdict, unseen
from harden.outputs.columns import visible

#: Each colour of text has a contrast of 4.5 or more on its ground, in both schemes (WCAG 2.2, 1.4.3).
STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --ground: #ffffff; --panel: #f3f5f8; --line: #c8ced6;
  --faint: #4d5766; --open: #a3211b; --fix: #7a4a00; --stand: #5a4a8a; --clear: #1d6b34; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --ground: #14181d; --panel: #1e242b; --line: #434c58;
    --faint: #aab4c0; --open: #ff9a90; --fix: #f0bf6c; --stand: #c4b5f5; --clear: #8fd6a2; --link: #8ab9f0; }
}
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 24px; max-width: 1180px; color: var(--ink);
  background: var(--ground); }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 8px; }
h3 { font-size: 16px; margin: 24px 0 4px; }
p { margin: 4px 0 10px; } .faint { color: var(--faint); } a { color: var(--link); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 12px 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 10px; padding: 0;
  list-style: none; }
.totals li { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; }
.totals b { display: block; font-size: 24px; line-height: 1.2; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 720px; }
caption { text-align: left; color: var(--faint); padding: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; } th { font-weight: 600; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.map th:nth-child(1) { width: 24%; } .map th:nth-child(2) { width: 22%; } .map th:nth-child(3) { width: 13%; }
.map th:nth-child(4) { width: 6%; } .found th:nth-child(1) { width: 17%; } .found th:nth-child(2) { width: 15%; }
.found th:nth-child(3) { width: 27%; } .found th:nth-child(4) { width: 12%; }
.tag { font-weight: 600; }
.open { color: var(--open); } .fix { color: var(--fix); } .stand { color: var(--stand); }
.clear { color: var(--clear); } .none { color: var(--faint); }
@media print {
  :root { --ink: #000000; --ground: #ffffff; --panel: #ffffff; --line: #8a8a8a; --faint: #333333; --open: #8c1510;
    --fix: #5c3800; --stand: #41346b; --clear: #124a23; --link: #000000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; } .wide { overflow: visible; }
  tr, .totals li { break-inside: avoid; } h2, h3 { break-after: avoid; }
  table { min-width: 0; }
}
"""
_VERDICTS = {
    Verdict.OPEN: "open",
    Verdict.EXEMPT: "stand",
    Verdict.CLEAR: "clear",
    Verdict.NOTHING_THERE: "none",
    Verdict.NOT_ASKED: "none",
    Verdict.NOT_LOOKED_AT: "none",
}
_STATES = {State.OPEN: "open", State.FIXABLE: "fix", State.EXEMPT: "stand", State.KNOWN: "stand"}


def html(report: Report, found: AuditReport) -> str:
    """Return the page; it is the same for the same run."""
    title = f"Hardening report: {found.framework.name}"
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>Hardening report</h1><p>{_text(found.framework.name)}</p>",
        "<dl>",
        *(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in words.facts(report, found)),
        "</dl>",
        f'<p class="faint">{_text(words.SCOPE)}</p>',
        '<ul class="totals">',
        *(f"<li><b>{amount}</b>{_text(name)}</li>" for name, amount in words.totals(found)),
        "</ul>",
        "<h2>Sections</h2>",
        *_overview(found),
        "<h2>Findings</h2>",
        *_sections(found),
        "<h2>Exemptions</h2>",
        *_exemptions(report),
        "<h2>What was not looked at</h2>",
        "<ul>",
        *(f"<li>{_text(said)}</li>" for said in unseen(report, found)),
        "</ul></main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return escape(visible(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _table(name: str, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table; its cells are HTML already."""
    yield f'<div class="wide"><table class="{name}"><caption>{_text(caption)}</caption>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{_text(head)}</th>' for head in heads) + "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"


def _overview(found: AuditReport) -> Iterator[str]:
    rows = (
        (
            f'<a href="#s{at}">{_text(each.section.id)}</a>' if each.evidence else _text(each.section.id),
            _text(each.section.title),
            f'<span class="tag {_VERDICTS[each.verdict]}">{_text(each.verdict.value)}</span>',
            str(sum(piece.is_open for piece in each.evidence)),
            _asked(each),
        )
        for at, each in enumerate(found.sections)
    )
    yield from _table(
        "map", "Each section of the framework", ("Section", "Asks for", "Result", "Open", "Looked at by"), rows
    )


def _asked(each: SectionReport) -> str:
    if each.section.aside:
        return f'<span class="faint">{_text(each.section.aside)}</span>'
    silent = f' <span class="faint">(not asked: {_text(", ".join(each.silent))})</span>' if each.silent else ""
    return ", ".join(map(_code, each.asked)) + silent


def _sections(found: AuditReport) -> Iterator[str]:
    if not found.evidence:
        yield "<p>There are none.</p>"
    for at, each in enumerate(found.sections):
        if each.evidence:
            yield f'<h3 id="s{at}">{_text(each.section.id)}</h3>'
            yield from _evidence(each.section.title, each.evidence)
    if found.beside:
        yield '<h3 id="beside">In no section of this framework</h3>'
        yield from _evidence("what harden found beyond it", found.beside)


def _evidence(caption: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    rows = (
        (
            _code(words.place_of(each)),
            _text(each.entry.object),
            f"{_text(each.entry.message)}<br>{_code(each.entry.rule)}",
            f'<span class="tag {_STATES[each.state]}">{_text(each.state.value)}</span>',
            _text(each.entry.advice),
        )
        for each in evidence
    )
    yield from _table("found", caption, ("Place", "Object", "Finding", "State", "What to do"), rows)


def _exemptions(report: Report) -> Iterator[str]:
    rows = [
        (
            _code(each.control),
            _text(each.about),
            _text(each.reason),
            _text(each.owner),
            _text(each.until),
            _text(each.state),
            _code(each.place),
        )
        for each in words.exemptions(report)
    ]
    if not rows:
        yield "<p>There are none.</p>"
        return
    heads = ("Control", "About", "Reason", "Owner", "Ends", "State", "Stands at")
    yield from _table("exempt", "Decisions of people that findings may stand", heads, rows)
