"""Spreads work that is independent piece by piece over processes, and gives its results back in order.

Files are independent of one another as long as no control looks at neighbours, and so are the documents of a stream: a
long one is cut into shares, and their reports are joined to one. Whatever a process does not give back (it was killed,
or harden failed in it) is done by the caller, who then meets the fault and says it once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

from harden.model.kube import Skip
from harden.model.report import SAID, FileReport, Problem, WorkloadReport
from harden.model.text import SourceText
from harden.source.split import split

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Documents that are worth a process: with fewer of them, starting it and sending the report takes what it saves.
_WORTH = 200
#: Characters that a document with a workload has at least; a shorter text needs no look.
_SHORTEST = 100
#: Files that are done before processes are started: what they load and keep, each of them has from then on.
_FIRST = 8
#: Files that are sent at once: few, so that nobody waits for the others in the end, and enough to be worth a message.
_BLOCK = 32

T = TypeVar("T")
R = TypeVar("R")


def _nothing() -> None:
    """Prepare nothing."""


def processors() -> int:
    """Return how many processes can work at once."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


def in_parallel(
    items: Sequence[T], work: Callable[[T], R], jobs: int, prepare: Callable[[], None] = _nothing
) -> Iterator[R]:
    """Yield `work(item)` for each item in order, made by so many processes; items must be independent of one another.

    `prepare` is called before processes are started: they know what it finds out.
    """
    blocks = [items[:_FIRST], *(items[at : at + _BLOCK] for at in range(_FIRST, len(items), _BLOCK))]
    yield from map(work, blocks[0])
    yield from (found for each in _in_blocks(blocks[1:], work, jobs, prepare) for found in each)


def run_in_parallel(
    source: SourceText,
    harden: Callable[[SourceText], FileReport],
    mode: str,
    jobs: int,
    prepare: Callable[[], None] = _nothing,
) -> FileReport | None:
    """Return the report that `harden(source)` would return, made in shares; None where it has to be made at once.

    `harden` must look at nothing but the text it is given. `mode` says what line numbers count in: the result for
    "apply", the original otherwise. `prepare`: see `in_parallel`.
    """
    parts = _parts(source, jobs)
    if not parts or not _may_fork():
        return None
    blocks = [[SourceText(source.name, text)] for text, _ in parts]
    reports = [report for found in _in_blocks(blocks, harden, jobs, prepare) for report in found]
    if any(problem.stage not in SAID for report in reports for problem in report.problems):
        return None
    return _joined(source, reports, [pieces for _, pieces in parts], mode)


def _may_fork() -> bool:
    """Return whether this process may start others.

    Windows has no fork. It must have one thread: a fork copies no other, and what those have locked stays locked. And
    it must be no daemon of multiprocessing, which may have no children.
    """
    if sys.platform == "win32":
        return False
    from multiprocessing import current_process  # noqa: PLC0415 - only for long runs
    from threading import active_count  # noqa: PLC0415 - see above

    return active_count() == 1 and not current_process().daemon


def _in_blocks(
    blocks: Sequence[Sequence[T]], work: Callable[[T], R], jobs: int, prepare: Callable[[], None]
) -> Iterator[list[R]]:
    """Yield the results of each block, in order."""
    count = min(jobs, len(blocks))
    if count < len(("this process", "another")) or not _may_fork():
        yield from ([work(item) for item in block] for block in blocks)
        return
    prepare()
    with _at_work(work, blocks, count) as answers:
        yield from _collected(answers, work, blocks)


def _collected(
    answers: Sequence[Connection], work: Callable[[T], R], blocks: Sequence[Sequence[T]]
) -> Iterator[list[R]]:
    """Yield what comes in, block by block; what does not come is made here."""
    from multiprocessing.connection import wait  # noqa: PLC0415 - only for long runs

    alive = list(answers)
    held: dict[int, list[R]] = {}
    for at, block in enumerate(blocks):
        while at not in held and answers[at % len(answers)] in alive:
            for ready in wait(alive):
                answer = cast("Connection", ready)
                try:
                    index, found = answer.recv()
                except (EOFError, OSError):
                    alive.remove(answer)
                else:
                    held[index] = found
        yield held.pop(at) if at in held else [work(item) for item in block]


@contextmanager
def _at_work(work: Callable[[T], R], blocks: Sequence[Sequence[T]], count: int) -> Iterator[list[Connection]]:
    """Start processes, each with every `count`-th block, and yield where results come in; none outlives the block.

    There are fewer where the system has no room for more.
    """
    from multiprocessing import get_context  # noqa: PLC0415 - only for long runs

    if sys.platform == "win32":
        raise NotImplementedError("_may_fork has said no")
    context = get_context("fork")
    workers = []
    answers: list[Connection] = []
    try:
        for number in range(count):
            answer, report = context.Pipe(duplex=False)
            answers.append(answer)
            shares = range(number, len(blocks), count)
            worker = context.Process(target=_work, args=(work, blocks, shares, report, answers), daemon=True)
            try:
                worker.start()
                workers.append(worker)
            except OSError:
                pass  # no room for it: its pipe is closed, and the caller does its blocks
            # With this end open here, nobody would notice that the worker is gone.
            report.close()
        yield answers
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
        for answer in answers:
            answer.close()


def _work(
    work: Callable[[T], R],
    blocks: Sequence[Sequence[T]],
    shares: range,
    report: Connection,
    answers: Sequence[Connection],
) -> None:
    """Send the results of some blocks; what goes wrong is left to the caller, who then meets it and says it once."""
    # With these ends open here, nobody would notice that the caller is gone, and wait for ever to be read.
    for answer in answers:
        answer.close()
    # Ctrl-C reaches the whole group, and the caller is the one that answers for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        for at in shares:
            report.send((at, [work(item) for item in blocks[at]]))
    except Exception:  # noqa: BLE001 - whatever it is, the caller meets it again
        os._exit(1)


def _parts(source: SourceText, jobs: int) -> list[tuple[str, int]]:
    """Return the texts of the shares with the number of their pieces, none where the text cannot be cut safely."""
    count = min(jobs, len(source.text) // (_WORTH * _SHORTEST))
    pieces = split(source.text) if count > 1 else ()
    count = min(count, len(pieces) // _WORTH)
    if count <= 1:
        return []
    step = -(-len(pieces) // count)
    runs = [pieces[at : at + step] for at in range(0, len(pieces), step)]
    parts = [(source.text[run[0].start : run[-1].end], len(run)) for run in runs]
    # A share must be counted by itself as it was counted in the whole.
    return parts if all(len(split(text)) == pieces for text, pieces in parts) else []


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
