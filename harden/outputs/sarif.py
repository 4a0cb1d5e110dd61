"""Writes a report as SARIF 2.1.0, for code scanning and editors: rules with their manual pages, results with fixes.

Shape: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. A replacement stands in the log once: the
findings of one object are fixed together, as they were proved, and the first of them has the fix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harden import __version__
from harden.controls import Control, all_controls
from harden.controls._manual import explain, summary
from harden.model.report import Report
from harden.model.text import Plain
from harden.outputs.entries import Entry, Sort, entries
from harden.outputs.json_text import json_text
from harden.outputs.repairs import repairs
from harden.outputs.sarif_fixes import Fixes
from harden.outputs.sarif_places import ROOT, location, message

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: What stands in the rules for what no control is about.
_OTHERS = {"harden-companion": "A companion that belongs beside the workloads is missing or out of date."}
_NO_CONTROL = "An official check refuses the pod, and no enabled control is about it."
_WITHHELD = "; the fix is not shown, because it has values of secrets"


def render(report: Report) -> str:
    """Return the log of one run, on one line."""
    told = entries(report)
    results = [entry for entry in told if entry.sort in {Sort.FINDING, Sort.COMPANION}]
    rules = sorted({entry.rule for entry in results})
    fixes = Fixes(report, repairs(report), results)
    run: Plain = {
        "tool": {"driver": {"name": "harden", "version": __version__, "rules": _rules(rules)}},
        "automationDetails": {"id": f"harden/{report.profile}/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(told, report)],
        "results": [_result(at, entry, rules, fixes, report) for at, entry in enumerate(results)],
    }
    log: Plain = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log)


def _rules(names: Sequence[str]) -> list[Plain]:
    controls = {control.id: control for control in all_controls()}
    return [_rule(name, controls.get(name)) for name in names]


def _rule(name: str, control: Control | None) -> Plain:
    """Return a rule, with the manual page of its control as its help."""
    said = _OTHERS.get(name, _NO_CONTROL) if control is None else summary(control)
    page = said if control is None else explain(control)
    help_: Plain = {"text": page, "markdown": page}
    return {"id": name, "shortDescription": {"text": said}, "fullDescription": {"text": said}, "help": help_}


def _invocation(told: Iterable[Entry], report: Report) -> Plain:
    """Return how the run went: what could not be read, proved or written, notes, and what was left alone."""
    said = [entry for entry in told if entry.sort in {Sort.PROBLEM, Sort.SKIP}]
    notes: list[Plain] = [
        {
            "descriptor": {"id": entry.rule},
            "level": entry.severity.word,
            "message": message(entry.said),
            "locations": [location(entry.file, entry.place, report)],
        }
        for entry in said
    ]
    is_whole = not any(entry.severity.word == "error" for entry in said)
    return {"executionSuccessful": is_whole, "toolExecutionNotifications": notes}


def _result(at: int, entry: Entry, rules: Sequence[str], fixes: Fixes, report: Report) -> Plain:
    result: dict[str, Plain] = {
        "ruleId": entry.rule,
        "ruleIndex": rules.index(entry.rule),
        "level": entry.severity.word,
        "message": message(f"{entry.said}{_WITHHELD if fixes.is_withheld(at) else ''}"),
        "locations": [location(entry.file, entry.place, report) | _logical(entry)],
        "partialFingerprints": {"harden/v1": entry.fingerprint},
    }
    if entry.may_stand:
        justification = "a baseline has it" if entry.is_known else entry.advice
        result["suppressions"] = [{"kind": "external", "justification": justification}]
    fix = fixes.at(at)
    if fix is not None:
        result["fixes"] = [fix]
    return result


def _logical(entry: Entry) -> dict[str, Plain]:
    return {"logicalLocations": [{"name": entry.object, "kind": "object"}]} if entry.object else {}
