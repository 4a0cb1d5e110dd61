"""Writes the report for auditors as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harden.model.report import Report
from harden.outputs.audit import words
from harden.outputs.audit.findings import AuditReport, Evidence, SectionReport, unseen
from harden.outputs.columns import visible

#: What Markdown and the HTML in it would take for more than text.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|~&])")


def markdown(report: Report, found: AuditReport) -> str:
    """Return the report; it is the same for the same run."""
    lines = ["# Hardening report", "", _text(found.framework.name), ""]
    lines += _table(("", ""), (map(_text, each) for each in words.facts(report, found)))
    lines += ["", words.SCOPE, ""]
    lines += [f"- {amount} {name}" for name, amount in words.totals(found)]
    lines += ["", "## Sections", ""]
    heads = ("section", "asks for", "result", "open", "looked at by")
    lines += _table(heads, (_row(each) for each in found.sections))
    lines += ["", "## Findings", "", *_sections(found), "", "## Exemptions", "", *_exemptions(report)]
    lines += ["", "## What was not looked at", "", *(f"- {_text(said)}" for said in unseen(report, found))]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", visible(text))


def _code(text: str) -> str:
    """Return a text as code; what cannot stand there stands as text."""
    plain = visible(text)
    return _text(text) if "`" in plain or "|" in plain else f"`{plain}`"


def _table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _row(each: SectionReport) -> tuple[str, ...]:
    asked = ", ".join(map(_code, each.asked))
    silent = f" (not asked: {', '.join(map(_code, each.silent))})" if each.silent else ""
    number = sum(piece.is_open for piece in each.evidence)
    told = _text(each.section.aside) or asked + silent
    return _text(each.section.id), _text(each.section.title), each.verdict.value, str(number), told


def _sections(found: AuditReport) -> Iterator[str]:
    if not found.evidence:
        yield "There are none."
    for each in found.sections:
        if each.evidence:
            yield from (f"### {_text(each.section.id)}: {_text(each.section.title)}", "", *_evidence(each.evidence), "")
    if found.beside:
        yield from ("### In no section of this framework", "", *_evidence(found.beside))


def _evidence(evidence: Sequence[Evidence]) -> Iterator[str]:
    rows = (
        (
            _code(words.place_of(each)),
            _text(each.entry.object),
            _text(each.entry.message),
            _code(each.entry.rule),
            each.state.value,
            _text(each.entry.advice),
        )
        for each in evidence
    )
    yield from _table(("place", "object", "finding", "control", "state", "what to do"), rows)


def _exemptions(report: Report) -> Iterator[str]:
    rows = [
        (
            _code(each.control),
            _text(each.about),
            _text(each.reason),
            _text(each.owner),
            each.until,
            each.state,
            _code(each.place),
        )
        for each in words.exemptions(report)
    ]
    if not rows:
        yield "There are none."
        return
    yield from _table(("control", "about", "reason", "owner", "ends", "state", "stands at"), rows)
