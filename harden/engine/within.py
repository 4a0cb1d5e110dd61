"""Takes out of a report what the change did not touch that the run is limited to, and counts it."""

from __future__ import annotations

from harden.model.change import Change
from harden.model.report import Beside, FileReport, Report, Stage

#: What makes a file one that could not be read, proved or written.
_WRONG = frozenset({Stage.READ, Stage.MALFORMED, Stage.VERIFY, Stage.WRITE})


def within(report: Report, change: Change) -> Report:
    """Return a report on what a change touched; files that a fix reaches into stay in it."""
    kept = [file for file in report.files if _is_touched(file, change)]
    names = {file.name for file in kept}
    left = [file for file in report.files if file.name not in names]
    return report._replace(
        files=touched(report.files, change),
        exemptions=tuple(each for each in report.exemptions if each.data.get("file") in names),
        change=change,
        outside=Beside(
            findings=sum(_findings(file) for file in report.files),
            workloads=sum(workload.is_outside for file in report.files for workload in file.workloads),
            unread=sum(any(problem.stage in _WRONG for problem in file.problems) for file in left),
        ),
    )


def touched(files: tuple[FileReport, ...], change: Change) -> tuple[FileReport, ...]:
    """Return the files that a change touched, each with its touched workloads."""
    kept = (file for file in files if _is_touched(file, change))
    return tuple(file._replace(workloads=tuple(w for w in file.workloads if not w.is_outside)) for file in kept)


def _is_touched(file: FileReport, change: Change) -> bool:
    return file.name in change.files or file.changed


def _findings(file: FileReport) -> int:
    """Return how many findings of a file the change did not touch, but for those that may stand anyway."""
    outcomes = (outcome for workload in file.workloads for outcome in workload.outcomes)
    return sum(outcome.is_outside and not outcome.is_known for outcome in outcomes)
