"""Owns spreading one long stream over the processors: a share of its documents for each, and one report of them all.

Documents are independent of one another as long as no control looks at neighbours, so each share goes through the whole
pipeline in a process of its own. Whatever makes documents depend on one another (a syntax error somewhere, a failed
proof) ends in None: the caller then does the file in one piece.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from harden.model.kube import Skip
from harden.model.report import FileReport, Problem, Stage, WorkloadReport
from harden.model.text import SourceText
from harden.source.split import split

#: Below this, starting processes takes longer than they save.
_PIECES = 400

#: What a share has to do; set before the processes are forked, which then have it without sending.
_harden: list[Callable[[SourceText], FileReport]] = []


def spread(source: SourceText, harden: Callable[[SourceText], FileReport], mode: str) -> FileReport | None:
    """Return the report that `harden(source)` would return, made in shares; None where it has to be made at once.

    `harden` must look at nothing but the text it is given. `mode` says what line numbers count in: the result for
    "apply", the original otherwise.
    """
    parts = _parts(source)
    if len(parts) < 2:
        return None
    from multiprocessing import get_context  # noqa: PLC0415 - only for long streams

    _harden[:] = [harden]
    with get_context("fork").Pool(len(parts)) as pool:
        reports = pool.map(_run, [SourceText(source.name, text) for text, _ in parts])
    _harden.clear()
    if any(problem.stage is not Stage.NOTE for report in reports for problem in report.problems):
        return None
    return _joined(source, reports, [pieces for _, pieces in parts], mode)


def _run(source: SourceText) -> FileReport:
    return _harden[0](source)


def _parts(source: SourceText) -> list[tuple[str, int]]:
    """Return the texts of the shares with the number of their pieces, none where the text cannot be cut safely."""
    count = _processors()
    pieces = split(source.text) if count > 1 else ()
    if len(pieces) < _PIECES:
        return []
    step = -(-len(pieces) // count)
    runs = [pieces[at : at + step] for at in range(0, len(pieces), step)]
    parts = [(source.text[run[0].start : run[-1].end], len(run)) for run in runs]
    # A share must be counted by itself as it was counted in the whole.
    return parts if all(len(split(text)) == pieces for text, pieces in parts) else []


def _processors() -> int:
    if not hasattr(os, "fork") or not hasattr(os, "sched_getaffinity"):
        return 1
    return len(os.sched_getaffinity(0))


def _joined(source: SourceText, reports: list[FileReport], pieces: list[int], mode: str) -> FileReport:
    workloads: list[WorkloadReport] = []
    problems: list[Problem] = []
    skipped: list[Skip] = []
    texts = []
    document = was = now = 0
    for report, number in zip(reports, pieces, strict=True):
        before = report.before.text if report.before is not None else ""
        after = before if report.after is None else report.after
        down = now if mode == "apply" else was
        workloads.extend(_moved(workload, document, down) for workload in report.workloads)
        skipped.extend(skip._replace(document=skip.document + document) for skip in report.skipped)
        problems.extend(p if p.line is None else p._replace(line=p.line + was) for p in report.problems)
        texts.append(after)
        document += number
        was += before.count("\n")
        now += after.count("\n")
    text = "".join(texts)
    return FileReport(
        name=source.name,
        before=source,
        after=source.text if text == source.text else text,
        workloads=tuple(workloads),
        skipped=tuple(skipped),
        problems=tuple(problems),
    )


def _moved(workload: WorkloadReport, document: int, lines: int) -> WorkloadReport:
    outcomes = tuple(outcome._replace(line=outcome.line + lines) for outcome in workload.outcomes)
    return workload._replace(document=workload.document + document, line=workload.line + lines, outcomes=outcomes)
