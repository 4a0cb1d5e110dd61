"""Writes a report as workflow commands of GitHub Actions, which become annotations beside the lines of a change.

Shape: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. A step shows about ten
annotations of a level, so there is one for each object, and what is left over is counted. The summary of the job has
everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from harden.model.finding import Severity
from harden.model.report import Report
from harden.outputs.columns import visible
from harden.outputs.entries import Entry, Sort, entries, from_root
from harden.outputs.summary import number, summary

#: How many annotations of a level a step shows.
_MOST = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return the commands, the gravest first, and the last line of the report for people."""
    told = (entry for entry in entries(report) if not entry.may_stand and entry.sort is not Sort.SKIP)
    groups = [list(each) for _, each in groupby(sorted(told, key=_order), key=lambda entry: (entry.file, entry.object))]
    lines = []
    for severity in sorted(Severity, reverse=True):
        own = [group for group in groups if max(entry.severity for entry in group) is severity]
        shown = own if len(own) <= _MOST else own[: _MOST - 1]
        lines += [_command(severity, group, report) for group in shown]
        if len(own) > len(shown):
            left = f"{number(len(own) - len(shown), 'further object')} of this level: see the summary of the job"
            lines.append(f"::{_COMMANDS[severity]} title=harden::{_data(left)}")
    return "".join(f"{line}\n" for line in (*lines, visible(summary(report))))


def _order(entry: Entry) -> tuple[str, str, int]:
    return entry.file, entry.object, entry.line


def _command(severity: Severity, group: Sequence[Entry], report: Report) -> str:
    first = group[0]
    said = "\n".join(_lines(group))
    place = first.place
    properties = {"file": from_root(first.file, report), "line": str(first.line)}
    if place is not None and place.end_line != place.line:
        properties["endLine"] = str(place.end_line)
    properties["title"] = f"harden: {first.object or first.rule}"
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[severity]} {told}::{_data(said)}"


def _lines(group: Sequence[Entry]) -> Iterator[str]:
    for entry in group:
        place = f"line {entry.line}: " if len(group) > 1 else ""
        advice = f" ({entry.advice})" if entry.advice else ""
        rule = f" [{entry.rule}]" if entry.sort is Sort.FINDING else ""
        yield visible(f"{place}{entry.message}{rule}{advice}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
