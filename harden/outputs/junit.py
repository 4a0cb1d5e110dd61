"""Writes a report as JUnit XML: a suite for each file, a case for each workload, and a failure for what is open in it.

There is no standard; this is what Jenkins, GitLab and others read (https://github.com/testmoapp/junitxml).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from harden.model.record import Record
from harden.model.report import FileReport, Report
from harden.outputs.columns import inert, visible
from harden.outputs.entries import Entry, Sort, entries, from_root, object_of
from harden.outputs.summary import number


class _Case(Record):
    name: str
    line: int
    found: tuple[Entry, ...]
    outcome: str  # failure, error, skipped, or "" where all is well


def render(report: Report) -> str:
    """Return the document; a file without workloads and problems is no suite."""
    told: dict[str, list[Entry]] = {}
    for entry in entries(report):
        if not entry.may_stand:
            told.setdefault(entry.file, []).append(entry)
    files = {file.name: file for file in report.files}
    suites = [(name, list(_cases(files.get(name), told.get(name, ())))) for name in sorted({*files, *told})]
    suites = [(name, cases) for name, cases in suites if cases]
    every = [case for _, cases in suites for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="harden" {_counts(every)}>']
    for name, cases in suites:
        lines.append(f"  <testsuite name={_value(from_root(name, report))} {_counts(cases)}>")
        lines += [line for case in cases for line in _case(case, from_root(name, report))]
        lines.append("  </testsuite>")
    return "\n".join((*lines, "</testsuites>", ""))


def _cases(file: FileReport | None, told: Sequence[Entry]) -> Iterator[_Case]:
    """Yield a case for each workload, each other object with findings, and each problem."""
    by_object: dict[str, list[Entry]] = {}
    for entry in told:
        if entry.sort in {Sort.FINDING, Sort.COMPANION}:
            by_object.setdefault(entry.object, []).append(entry)
    for workload in file.workloads if file is not None else ():
        name = object_of(workload.kind, workload.namespace, workload.name)
        found = by_object.pop(name, [])
        yield _Case(name, workload.line, tuple(found), "failure" if found else "")
    for name, found in by_object.items():
        is_note = all(entry.severity.word == "note" for entry in found)
        yield _Case(name, found[0].line, tuple(found), "skipped" if is_note else "failure")
    for entry in told:
        if entry.sort in {Sort.PROBLEM, Sort.SKIP}:
            outcome = "error" if entry.severity.word == "error" else "skipped"
            yield _Case(entry.object or f"{entry.rule}, line {entry.line}", entry.line, (entry,), outcome)


def _case(case: _Case, file: str) -> Iterator[str]:
    start = f'    <testcase name={_value(case.name)} classname={_value(file)} file={_value(file)} line="{case.line}"'
    if not case.outcome:
        yield f"{start}/>"
        return
    first = case.found[0]
    said = first.said if len(case.found) == 1 else number(len(case.found), "finding")
    yield f"{start}>"
    kind = "" if case.outcome == "skipped" else f" type={_value(first.rule)}"
    text = "\n".join(_line(entry, file) for entry in case.found)
    yield f"      <{case.outcome} message={_value(said)}{kind}>{escape(text)}</{case.outcome}>"
    yield "    </testcase>"


def _line(entry: Entry, file: str) -> str:
    return inert(visible(f"{file}:{entry.line}: {entry.rule}: {entry.said}"))


def _counts(cases: Iterable[_Case]) -> str:
    known = list(cases)
    failed, wrong, skipped = (sum(c.outcome == word for c in known) for word in ("failure", "error", "skipped"))
    return f'tests="{len(known)}" failures="{failed}" errors="{wrong}" skipped="{skipped}"'


def _value(text: str) -> str:
    """Return a value of an attribute; XML has no way to say control characters, so they are shown as escapes."""
    return quoteattr(visible(text))
