"""Writes a report as GitLab's Code Quality takes it: a JSON list of issues, with fingerprints that survive moved lines.

Shape: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

from harden.model.finding import Severity
from harden.model.report import Report
from harden.model.text import Plain
from harden.outputs.entries import Entry, Sort, entries, from_root
from harden.outputs.json_text import json_text

#: GitLab knows info, minor, major, critical and blocker.
_SEVERITIES = {Severity.NOTE: "info", Severity.WARNING: "minor", Severity.ERROR: "major"}


def render(report: Report) -> str:
    """Return the issues of a run; findings that may stand and documents that were left alone are none."""
    told = (entry for entry in entries(report) if not entry.may_stand and entry.sort is not Sort.SKIP)
    return json_text([_issue(entry, report) for entry in told], indent=2)


def _issue(entry: Entry, report: Report) -> Plain:
    return {
        "description": entry.said,
        "check_name": entry.rule,
        "fingerprint": entry.fingerprint,
        "severity": _SEVERITIES[entry.severity],
        "location": {"path": from_root(entry.file, report), "lines": {"begin": entry.line}},
    }
