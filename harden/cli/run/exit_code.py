"""The exit code of a run."""

from __future__ import annotations

import posixpath

from harden.adapters import files
from harden.adapters.walk import Discovery
from harden.cli.request import Request
from harden.model.kube import SkipKind
from harden.model.report import Report, Stage
from harden.outputs.tally import UNDONE, UNREAD, is_open_beside, problems, short


def named_by(request: Request, found: Discovery) -> frozenset[str]:
    """Return the files that somebody has named; what a hook names is what it found."""
    if request.force_exclude:
        return frozenset()
    return frozenset(found.files) if request.is_stream else request.named


def status(report: Report, named: frozenset[str] = frozenset(), *, is_piped: bool = False) -> int:
    """Return the exit code: not written before not read before something left to do.

    `named` are the files that were asked for by name: there, also what the API server does not decode counts as not
    read. So does a template on standard input: whoever pipes it means it to be applied. With `is_piped` all files are
    parts of what came in there, and asked for.
    """
    stages = {problem.stage for problem in problems(report) if problem.stage is not Stage.LEFT}
    left = (posixpath.normpath(problem.file) for problem in problems(report) if problem.stage is Stage.LEFT)
    if any(is_piped or name in named for name in left):
        stages.add(Stage.READ)
    if any(
        skip.because is SkipKind.TEMPLATE
        for each in report.files
        if is_piped or each.name == files.STDIN
        for skip in each.skipped
    ):
        stages.add(Stage.READ)
    if stages & UNDONE:
        return 4
    if stages & UNREAD:
        return 3
    if report.mode == "diff":
        return int(any(file.changed for file in report.files))
    workloads = [workload for file in report.files for workload in file.workloads]
    is_short = any(short(workload, report.mode) for workload in workloads) or is_open_beside(report)
    is_expired = report.mode == "check" and any(exemption.is_expired for exemption in report.exemptions)
    outcomes = (outcome for workload in workloads for outcome in workload.outcomes)
    return int(is_short or is_expired or any(not (outcome.applied or outcome.may_stand) for outcome in outcomes))
