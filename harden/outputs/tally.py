"""Counts what a run comes to, and says what of it is still to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harden.model.finding import Because, Risk
from harden.model.record import Record
from harden.model.report import CheckFailure, Outcome, Problem, Report, Stage, WorkloadReport

#: The stages of problems that stand for input that was not understood, and for a result that was not written.
UNREAD = frozenset({Stage.READ, Stage.MALFORMED})
UNDONE = frozenset({Stage.VERIFY, Stage.WRITE})


class Tally(Record):
    """The counts of a run.

    `fixes` counts what was fixed or would be, by risk. What is open is counted once: `risky` fixes wait for a greater
    `--risk`, by their risk; `held` ones for something else; `undecided` findings have no fix, and `waiting` are the
    workloads with some that facts about `images` settle. `unread` and `undone` count files, `left` those that
    are no manifests as they stand and documents that were left alone; `exempt` counts findings that may stand,
    `known` those of a baseline, and `expired` exemptions that no longer hold. `admitted_before` counts workloads as
    they were read.
    """

    files: int
    changed: int
    fixes: dict[Risk, int]
    risky: dict[Risk, int]
    held: int
    undecided: int
    waiting: int
    images: tuple[str, ...]
    workloads: int
    admitted: int
    admitted_before: int
    unread: int
    left: int
    undone: int
    exempt: int
    known: int
    expired: int


def count(report: Report) -> Tally:
    """Return the counts of `report`."""
    workloads = [workload for file in report.files for workload in file.workloads]
    outcomes = [outcome for workload in workloads for outcome in workload.outcomes]
    known = [file for file in report.files if not file.created]
    undone = [outcome for outcome in outcomes if is_open(outcome)]
    fixable = [(_reason(o), o.finding.risk) for o in undone if o.finding.risk is not None and not _awaited(o)]
    skipped = sum(len(file.skipped) for file in report.files)
    return Tally(
        files=len(known),
        changed=sum(file.changed for file in known),
        fixes=dict(Counter(o.finding.risk for o in outcomes if o.held is None and o.finding.risk is not None)),
        risky=dict(Counter(risk for reason, risk in fixable if reason is Because.RISK)),
        held=sum(reason is not Because.RISK for reason, _ in fixable),
        undecided=sum(outcome.finding.risk is None and not _awaited(outcome) for outcome in undone),
        waiting=sum(any(is_open(o) and _awaited(o) for o in workload.outcomes) for workload in workloads),
        images=tuple(sorted({image for outcome in undone for image in _awaited(outcome)})),
        workloads=len(workloads),
        admitted=sum(not standing(workload, report.mode) for workload in workloads),
        admitted_before=sum(not workload.before for workload in workloads),
        unread=len({problem.file for problem in problems(report) if problem.stage in UNREAD}),
        left=skipped + len({problem.file for problem in problems(report) if problem.stage is Stage.LEFT}),
        undone=len({problem.file for problem in problems(report) if problem.stage in UNDONE}),
        exempt=sum(outcome.exempt for outcome in outcomes),
        known=sum(outcome.is_known for outcome in (*outcomes, *_remarked(report))) + _known_companions(report),
        expired=sum(exemption.is_expired for exemption in report.exemptions),
    )


def _reason(outcome: Outcome) -> Because | None:
    return None if outcome.held is None else outcome.held.because


def _awaited(outcome: Outcome) -> tuple[str, ...]:
    """Return the images whose facts a finding waits for."""
    return () if outcome.held is None else outcome.held.images


def _remarked(report: Report) -> Iterator[Outcome]:
    return (remark.outcome for file in report.files for remark in file.remarks)


def _known_companions(report: Report) -> int:
    return 0 if report.beside is None else sum(companion.is_known for companion in report.beside.companions)


def standing(workload: WorkloadReport, mode: str) -> tuple[CheckFailure, ...]:
    """Return the checks that refuse a workload: as the file stands for `check`, as the result stands otherwise."""
    return workload.before if mode == "check" else workload.after


def short(workload: WorkloadReport, mode: str) -> tuple[CheckFailure, ...]:
    """Return the checks that refuse a workload, but for those that only findings are about that may stand."""
    failing = standing(workload, mode)
    exempt = {check for outcome in workload.outcomes if outcome.may_stand for check in outcome.finding.checks}
    if not exempt:
        return failing
    others = (o for o in workload.outcomes if not o.may_stand and not o.applied)
    still = {check for outcome in others for check in outcome.finding.checks}
    return tuple(failure for failure in failing if failure.id not in exempt or failure.id in still)


def is_open(outcome: Outcome) -> bool:
    """Return whether a finding is left to a person: it has no fix, or its fix is held, and it may not stand."""
    if outcome.may_stand or outcome.is_moot:
        return False
    return outcome.held is not None or outcome.finding.risk is None


def is_open_beside(report: Report) -> bool:
    """Return whether something beside the workloads is to be done: a held change, an error, in `check` a companion."""
    if report.beside is None:
        return False
    remarks = [remark for file in report.files for remark in file.remarks]
    left = [remark for remark in remarks if not (remark.outcome.applied or remark.outcome.may_stand)]
    if any(remark.severity == "error" or remark.outcome.finding.risk is not None for remark in left):
        return True
    return report.mode == "check" and any(
        companion.standing.is_change and not companion.is_known for companion in report.beside.companions
    )


def is_error(problem: Problem) -> bool:
    """Return whether a problem is more than worth knowing: something was not understood, or not written."""
    return problem.stage in UNREAD or problem.stage in UNDONE


def problems(report: Report) -> Iterator[Problem]:
    """Yield every problem of the run, those of no file first."""
    yield from report.problems
    for file in report.files:
        yield from file.problems
