"""Spreads one long stream over the processors: a share of its documents for each, and one report of them all.

Documents are independent of one another as long as no control looks at neighbours, so each share goes through the whole
pipeline in a process of its own. Whatever makes documents depend on one another (a syntax error somewhere, a failed
proof) ends in None, and so does a process that ends early: the caller then does the file in one piece.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harden.errors import HardenError
from harden.model.kube import Skip
from harden.model.report import SAID, FileReport, Problem, WorkloadReport
from harden.model.text import SourceText
from harden.source.split import split

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Documents that are worth a process: with fewer of them, starting it and sending the report takes what it saves.
_WORTH = 200
#: How much more of the work this process takes than each of the others, as a share of theirs.
_MORE = 0.08
#: Characters that a document with a workload has at least; a shorter text needs no look.
_SHORTEST = 100

Run = Callable[[SourceText], FileReport]


def run_in_parallel(
    source: SourceText, harden: Run, mode: str, prepare: Callable[[str, str], None] | None = None
) -> FileReport | None:
    """Return the report that `harden(source)` would return, made in shares; None where it has to be made at once.

    `harden` must look at nothing but the text it is given. `mode` says what line numbers count in: the result for
    "apply", the original otherwise. `prepare` is called with name and text before other processes start: they know
    what it finds out.
    """
    parts = _parts(source)
    if not parts or not _may_fork():
        return None
    if prepare is not None:
        prepare(source.name, source.text)
    own, *others = (SourceText(source.name, text) for text, _ in parts)
    try:
        with _at_work(harden, others) as answers:
            reports = [harden(own), *(answer.recv() for answer in answers)]
    except (EOFError, OSError):
        # A process ended early, or there was no room for one: it goes without.
        return None
    if any(problem.stage not in SAID for report in reports for problem in report.problems):
        return None
    return _joined(source, reports, [pieces for _, pieces in parts], mode)


def _may_fork() -> bool:
    """Return whether this process may start others.

    It must have one thread: a fork copies no other, and what those have locked stays locked. And it must be no
    daemon of multiprocessing, which may have no children.
    """
    from multiprocessing import current_process  # noqa: PLC0415 - only for long streams
    from threading import active_count  # noqa: PLC0415 - see above

    return active_count() == 1 and not current_process().daemon


@contextmanager
def _at_work(harden: Run, sources: list[SourceText]) -> Iterator[list[Connection]]:
    """Start a process for each source, and yield where their reports come in; no process outlives the block."""
    from multiprocessing import get_context  # noqa: PLC0415 - only for long streams

    context = get_context("fork")
    workers = []
    answers = []
    try:
        for source in sources:
            answer, report = context.Pipe(duplex=False)
            answers.append(answer)
            worker = context.Process(target=_work, args=(harden, source, report), daemon=True)
            worker.start()
            workers.append(worker)
            # With this end open here, nobody would notice that the worker is gone.
            report.close()
        yield answers
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
        for answer in answers:
            answer.close()


def _work(harden: Run, source: SourceText, report: Connection) -> None:
    """Send the report on one share; what goes wrong is left to the caller, who then meets it and says it once."""
    # Ctrl-C reaches the whole group, and the caller is the one that answers for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        report.send(harden(source))
    except (HardenError, BrokenPipeError):
        os._exit(1)


def _parts(source: SourceText) -> list[tuple[str, int]]:
    """Return the texts of the shares with the number of their pieces, none where the text cannot be cut safely."""
    count = min(_processors(), len(source.text) // (_WORTH * _SHORTEST))
    pieces = split(source.text) if count > 1 else ()
    count = min(count, len(pieces) // _WORTH)
    if count <= 1:
        return []
    # Others have to send what they find.
    step = int(len(pieces) / (count + _MORE))
    own = len(pieces) - step * (count - 1)
    runs = [pieces[:own], *(pieces[at : at + step] for at in range(own, len(pieces), step))]
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
        problems.extend(_moved_problem(problem, was) for problem in report.problems)
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
    outcomes = tuple(outcome._replace(place=outcome.place.on(outcome.line + lines)) for outcome in workload.outcomes)
    return workload._replace(document=workload.document + document, line=workload.line + lines, outcomes=outcomes)


def _moved_problem(problem: Problem, lines: int) -> Problem:
    if problem.line is None:
        return problem
    line = problem.line + lines
    return problem._replace(line=line, place=None if problem.place is None else problem.place.on(line))
