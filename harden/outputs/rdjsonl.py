"""Writes a report as reviewdog's diagnostics, one JSON object a line, with suggestions for a review.

Shape: https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto. Columns count bytes of UTF-8; an
end is the column behind the last one. A suggestion replaces whole lines, and stands inside one hunk of the change where
a run is limited to one: of a review with another suggestion, platforms take nothing.
"""

from __future__ import annotations

from harden.model.finding import Severity
from harden.model.report import FileReport, Report
from harden.model.text import Place, Plain
from harden.outputs.columns import visible
from harden.outputs.entries import Entry, Sort, entries
from harden.outputs.json_text import json_text
from harden.outputs.repairs import Repair, repairs
from harden.outputs.suggestions import Suggestion, suggestions
from harden.source.hunks import lines_of

_SEVERITIES = {Severity.NOTE: "INFO", Severity.WARNING: "WARNING", Severity.ERROR: "ERROR"}


def render(report: Report) -> str:
    """Return a line for each suggestion with what it is for, and for each entry that has none, by file and line."""
    told = [entry for entry in entries(report) if not entry.may_stand and entry.sort is not Sort.SKIP]
    by_outcome = {id(entry.outcome): entry for entry in told if entry.outcome is not None}
    found: list[tuple[str, int, Plain]] = []
    suggested: set[int] = set()
    for repair, suggestion in suggestions(repairs(report), report):
        own = [by_outcome[id(outcome)] for _, outcome in repair.outcomes if id(outcome) in by_outcome]
        if repair.outcomes and not own:
            continue
        new = [entry for entry in own if id(entry.outcome) not in suggested]
        suggested.update(id(entry.outcome) for entry in own)
        found.append((repair.file.name, suggestion.first, _suggested(repair, suggestion, own, new)))
    texts = {file.name: lines_of(_shown(file, report.mode)) for file in report.files}
    rest = (entry for entry in told if entry.outcome is None or id(entry.outcome) not in suggested)
    found += [(entry.file, entry.line, _plain(entry, texts.get(entry.file, []))) for entry in rest]
    found.sort(key=lambda each: each[:2])
    return "".join(json_text(data) for _, _, data in found)


def _shown(file: FileReport, mode: str) -> str:
    """Return the text whose lines the report counts."""
    if file.before is None:
        return ""
    return (file.after or "") if mode == "apply" else file.before.text


def _suggested(repair: Repair, suggestion: Suggestion, own: list[Entry], new: list[Entry]) -> Plain:
    said = [entry.said for entry in new]
    if not said:
        rules = ", ".join(dict.fromkeys(entry.rule for entry in own))
        said = [f"{own[0].object}: goes with the fix of {rules}"] if own else ["goes with the fixes of this file"]
    severity = max((entry.severity for entry in own), default=Severity.WARNING)
    place: Plain = {"start": suggestion.start, "end": suggestion.end}
    return {
        "message": "\n".join(map(visible, said)),
        "location": {"path": repair.file.name, "range": place},
        "severity": _SEVERITIES[severity],
        "source": {"name": "harden"},
        "code": {"value": ", ".join(dict.fromkeys(entry.rule for entry in own)) or "harden"},
        "suggestions": [{"range": place, "text": suggestion.text}],
    }


def _plain(entry: Entry, lines: list[str]) -> Plain:
    location: dict[str, Plain] = {"path": entry.file}
    if entry.place is not None:
        location["range"] = _range(entry.place, lines)
    return {
        "message": visible(entry.said),
        "location": location,
        "severity": _SEVERITIES[entry.severity],
        "source": {"name": "harden"},
        "code": {"value": entry.rule},
    }


def _range(place: Place, lines: list[str]) -> Plain:
    line, column, end_line, end_column = place
    return {
        "start": {"line": line, "column": _bytes(lines, line, column)},
        "end": {"line": end_line, "column": _bytes(lines, end_line, end_column)},
    }


def _bytes(lines: list[str], line: int, column: int) -> int:
    """Return a column in bytes for one in code points; both from 1."""
    text = lines[line - 1] if line <= len(lines) else ""
    return len(text[: column - 1].encode("utf-8", "surrogatepass")) + 1
