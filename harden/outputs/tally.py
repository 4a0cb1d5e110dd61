"""Owns what a run comes to: its counts, and what of it is still to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harden.model.finding import Because, Risk
from harden.model.kube import SkipKind
from harden.model.record import Record
from harden.model.report import CheckFailure, Outcome, Problem, Report, Stage, WorkloadReport

#: The stages of problems that stand for input that was not understood, and for a result that was not written.
UNREAD = frozenset({Stage.READ, Stage.MALFORMED})
UNDONE = frozenset({Stage.VERIFY, Stage.WRITE})


class Tally(Record):
    """The counts of a run.

    `fixes` counts what was fixed or would be, by risk; `held` what was not, by risk, None standing for what has no fix.
    `unread`, `left` (no manifests as they stand) and `undone` count files; `exempt` counts findings that may stand, and
    `expired` exemptions that no longer hold.
    """

    files: int
    changed: int
    fixes: dict[Risk, int]
    held: dict[Risk | None, int]
    workloads: int
    admitted: int
    unread: int
    left: int
    undone: int
    exempt: int
    expired: int


def count(report: Report) -> Tally:
    """Return the counts of `report`."""
    workloads = [workload for file in report.files for workload in file.workloads]
    outcomes = [outcome for workload in workloads for outcome in workload.outcomes]
    known = [file for file in report.files if not file.created]
    return Tally(
        files=len(known),
        changed=sum(file.changed for file in known),
        fixes=dict(Counter(o.finding.risk for o in outcomes if o.held is None and o.finding.risk is not None)),
        held=dict(Counter(o.finding.risk for o in outcomes if is_open(o))),
        workloads=len(workloads),
        admitted=sum(not standing(workload, report.mode) for workload in workloads),
        unread=len({problem.file for problem in problems(report) if problem.stage in UNREAD}),
        left=len(_left(report)),
        undone=len({problem.file for problem in problems(report) if problem.stage in UNDONE}),
        exempt=sum(outcome.exempt for outcome in outcomes),
        expired=sum(one.is_expired for one in report.exemptions),
    )


def _left(report: Report) -> set[str]:
    """Return the files that are, or hold, no manifests as they stand."""
    found = {problem.file for problem in problems(report) if problem.stage is Stage.LEFT}
    return found | {
        file.name for file in report.files if any(skip.because is SkipKind.TEMPLATE for skip in file.skipped)
    }


def standing(workload: WorkloadReport, mode: str) -> tuple[CheckFailure, ...]:
    """Return the checks that refuse a workload: as the file stands for `check`, as the result stands otherwise."""
    return workload.before if mode == "check" else workload.after


def short(workload: WorkloadReport, mode: str) -> tuple[CheckFailure, ...]:
    """Return the checks that refuse a workload, but for those that only exempt findings are about."""
    failing = standing(workload, mode)
    exempt = {check for outcome in workload.outcomes if outcome.exempt for check in outcome.finding.checks}
    if not exempt:
        return failing
    others = (o for o in workload.outcomes if not o.exempt and not o.applied)
    still = {check for outcome in others for check in outcome.finding.checks}
    return tuple(failure for failure in failing if failure.id not in exempt or failure.id in still)


def is_open(outcome: Outcome) -> bool:
    """Return whether a finding is left to a person: it has no fix, or its fix is held, and nothing exempts it.

    Where another fix takes away what it is about, nothing is left.
    """
    if outcome.exempt or (outcome.held is not None and outcome.held.because is Because.MOOT):
        return False
    return outcome.held is not None or outcome.finding.risk is None


def is_open_beside(report: Report) -> bool:
    """Return whether something beside the workloads is to be done: a held change, an error, in `check` a companion."""
    if report.beside is None:
        return False
    remarks = [remark for file in report.files for remark in file.remarks]
    left = [remark for remark in remarks if not (remark.outcome.applied or remark.outcome.exempt)]
    if any(remark.severity == "error" or remark.outcome.finding.risk is not None for remark in left):
        return True
    return report.mode == "check" and any(one.standing.value in {"new", "updated"} for one in report.beside.companions)


def problems(report: Report) -> Iterator[Problem]:
    """Yield every problem of the run, those of no file first."""
    yield from report.problems
    for file in report.files:
        yield from file.problems
