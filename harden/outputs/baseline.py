"""Writes what the report for people says of a baseline: what was there before, and what is there no longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from harden.model.report import FileReport, Outcome, Report
from harden.outputs.columns import Line, visible, wrapped
from harden.outputs.summary import number

_INDENT = "    "


def known(report: Report, width: int | None) -> Iterator[Line]:
    """Yield what the baseline has: a line for each workload or object, with the controls that found something."""
    lines = [line for file in sorted(report.files, key=lambda file: file.name) for line in _of_file(file)]
    companions = [each for each in (report.beside.companions if report.beside is not None else ()) if each.is_known]
    lines += [f"{each.file}: {each.kind} {each.name}: to be written" for each in companions]
    if lines:
        yield (("in the baseline (fails nothing):", ""),)
    for line in lines:
        first, *rest = wrapped(visible(line), None if width is None else width - len(_INDENT))
        yield ((f"  {first}", "dim"),)
        yield from (((f"{_INDENT}{part}", "dim"),) for part in rest)


def gone(report: Report) -> Iterator[Line]:
    """Yield the entries of the baseline that are there no longer, and what takes them out."""
    if report.compared is None or not report.compared.gone:
        return
    entries = report.compared.gone
    told = number(len(entries), "finding of the baseline is gone", "findings of the baseline are gone")
    hint = f"harden check --write-baseline {report.compared.file} takes {'it' if len(entries) == 1 else 'them'} out"
    yield ((visible(f"{told} ({hint}):"), "good"),)
    for entry in entries:
        yield ((visible(f"  {entry}"), ""),)


def _of_file(file: FileReport) -> Iterator[str]:
    for workload in file.workloads:
        found = [outcome for outcome in workload.outcomes if outcome.is_known]
        if found:
            yield f"{file.name}:{workload.line}: {workload.label}: {_controls(found)}"
    for remark in file.remarks:
        if remark.outcome.is_known:
            place = f"{file.name}:{remark.outcome.line}"
            yield f"{place}: {remark.kind} {remark.name}: {_controls([remark.outcome])}"


def _controls(outcomes: Iterable[Outcome]) -> str:
    counts = Counter(outcome.finding.control for outcome in outcomes)
    return ", ".join(f"{control} x{times}" if times > 1 else control for control, times in sorted(counts.items()))
