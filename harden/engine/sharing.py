"""Lets the reports of many files hold once what they say alike: in a large tree most findings repeat."""

from __future__ import annotations

from typing import TypeVar, cast

from harden.model.finding import Change, Finding, Fix, moved
from harden.model.report import FileReport, Outcome, WorkloadReport

T = TypeVar("T")


class Sharing:
    """Knows what the reports of a run have said so far.

    Only what holds nothing but texts and whole numbers is looked up by its value: true and 1 are equal, and must not
    stand for each other.
    """

    def __init__(self) -> None:
        self._known: dict[object, object] = {}

    def report(self, report: FileReport) -> FileReport:
        """Return an equal report."""
        if not report.workloads:
            return report
        return report._replace(workloads=tuple(map(self._workload, report.workloads)))

    def _one(self, value: T) -> T:
        return cast("T", self._known.setdefault((type(value), value), value))

    def _workload(self, workload: WorkloadReport) -> WorkloadReport:
        return workload._replace(
            before=self._one(tuple(map(self._one, workload.before))),
            after=self._one(tuple(map(self._one, workload.after))),
            outcomes=tuple(map(self._outcome, workload.outcomes)),
        )

    def _outcome(self, outcome: Outcome) -> Outcome:
        return outcome._replace(finding=self._finding(outcome.finding), place=self._one(outcome.place))

    def _finding(self, finding: Finding) -> Finding:
        fix = finding.fix
        return finding._replace(
            path=self._one(finding.path),
            message=self._one(finding.message),
            fix=self._fix(fix) if isinstance(fix, Fix) else fix,
            checks=self._one(finding.checks),
            control=self._one(finding.control),
        )

    def _fix(self, fix: Fix) -> Fix:
        return fix._replace(
            reason=self._one(fix.reason),
            changes=tuple(map(self._change, fix.changes)),
            evidence=self._one(fix.evidence),
        )

    def _change(self, change: Change) -> Change:
        return moved(change, self._one(change.path))
