"""Counts what each control found, for people: most first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harden.model.report import Outcome, Report
from harden.outputs.columns import Line

#: How a finding ended, in the order of the columns.
_FIXED, _FIXABLE, _LEFT, _EXEMPT, _KNOWN = "fixed", "fixable", "left", "exempt", "in the baseline"


def statistics(report: Report) -> Iterator[Line]:
    """Yield a line for each control that found something: how often, and how the findings ended."""
    counts: dict[str, Counter[str]] = {}
    for outcome in _outcomes(report):
        counts.setdefault(outcome.finding.control, Counter())[_end(outcome, report.mode)] += 1
    width = max((len(str(number.total())) for number in counts.values()), default=0)
    names = max(map(len, counts), default=0)
    for control, ends in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0])):
        said = ", ".join(f"{ends[end]} {end}" for end in (_FIXED, _FIXABLE, _LEFT, _EXEMPT, _KNOWN) if ends[end])
        yield (f"{ends.total():>{width}}  ", ""), (control.ljust(names), "control"), (f"  {said}", "dim")


def _outcomes(report: Report) -> Iterator[Outcome]:
    for file in report.files:
        for workload in file.workloads:
            yield from (outcome for outcome in workload.outcomes if not (outcome.is_moot or outcome.is_outside))
        yield from (remark.outcome for remark in file.remarks)


def _end(outcome: Outcome, mode: str) -> str:
    if outcome.exempt:
        return _EXEMPT
    if outcome.is_known:
        return _KNOWN
    if outcome.held is not None or outcome.finding.risk is None:
        return _LEFT
    return _FIXED if mode == "apply" else _FIXABLE
