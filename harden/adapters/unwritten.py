"""What a report says of a file that could not be written: it is as it was."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.finding import Because, Held
from harden.model.report import FileReport, Problem, Stage, WorkloadReport
from harden.source.hunks import Hunk, compare

_HELD = Held(Because.NOT_WRITTEN, "the file could not be written")


def with_problem(file: FileReport, problem: Problem) -> FileReport:
    """Return the report of a file whose writing met `problem`; a note leaves everything else as it is."""
    file = file._replace(problems=(*file.problems, problem))
    if problem.stage is Stage.NOTE or file.before is None or file.after is None:
        return file
    hunks = tuple(compare(file.before.text.split("\n"), file.after.split("\n")))
    workloads = tuple(_as_it_was(workload, hunks) for workload in file.workloads)
    return file._replace(after=file.before.text, workloads=workloads)


def _as_it_was(workload: WorkloadReport, hunks: Sequence[Hunk]) -> WorkloadReport:
    outcomes = tuple(
        o._replace(place=o.place.on(_line_before(o.line, hunks)), applied=False, held=_HELD if o.applied else o.held)
        for o in workload.outcomes
    )
    return workload._replace(line=_line_before(workload.line, hunks), after=workload.before, outcomes=outcomes)


def _line_before(line: int, hunks: Sequence[Hunk]) -> int:
    """Return where a 1-based line of the new text was in the old one; the line above for one that is new."""
    shift = 0
    for hunk in hunks:
        if line <= hunk.new_start:
            break
        if line <= hunk.new_end:
            return max(min(line + shift, hunk.end), 1)
        shift = hunk.end - hunk.new_end
    return line + shift
