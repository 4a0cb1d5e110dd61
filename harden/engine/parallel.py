"""Spreads work that is independent piece by piece over processes, and gives its results back in order.

Files are independent of one another as long as no control looks at neighbours, and so are the documents of a stream: a
long one is cut into shares, and their reports are joined to one. Whatever a process does not give back (it was killed,
or harden failed in it) is done by the caller, who then meets the fault and says it once.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
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
#: Files that a process takes at once: many, because those that are looked at together share work, and few in the end,
#: so that nobody waits long for the others.
_LARGEST, _SMALLEST = 100, 8
#: Blocks at most, and the bytes of a number of one: the numbers of all fit into a pipe that nobody reads yet.
_BLOCKS, _NUMBER = 1_000, 2

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
    items: Sequence[T], work: Callable[[Sequence[T]], list[R]], jobs: int, prepare: Callable[[], None] = _nothing
) -> Iterator[R]:
    """Yield what so many processes make of all items, in order; items must be independent of one another.

    `work` gets some of them at a time, and returns as many results. `prepare` is called before processes are started:
    they know what it finds out.
    """
    yield from work(items[:_FIRST])
    blocks = blocks_of(_FIRST, len(items), jobs)
    yield from (found for each in _in_blocks(items, blocks, work, jobs, prepare) for found in each)


def blocks_of(start: int, end: int, jobs: int) -> list[slice]:
    """Return what each process takes at once of the items from `start` to `end`."""
    smallest = max(_SMALLEST, -(-(end - start) // _BLOCKS))
    blocks = []
    while start < end:
        size = max(smallest, min(_LARGEST, (end - start) // (2 * jobs)))
        blocks.append(slice(start, min(start + size, end)))
        start += size
    return blocks


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
    texts = [SourceText(source.name, text) for text, _ in parts]
    blocks = [slice(at, at + 1) for at in range(len(texts))]
    reports = [each for found in _in_blocks(texts, blocks, partial(_each, harden), jobs, prepare) for each in found]
    if any(problem.stage not in SAID for report in reports for problem in report.problems):
        return None
    return _joined(source, reports, [pieces for _, pieces in parts], mode)


def _each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return list(map(work, items))


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
    items: Sequence[T],
    blocks: Sequence[slice],
    work: Callable[[Sequence[T]], list[R]],
    jobs: int,
    prepare: Callable[[], None],
) -> Iterator[list[R]]:
    """Yield the results of each block of items, in order."""
    count = min(jobs, len(blocks))
    if count < len(("this process", "another")) or not _may_fork():
        yield from (work(items[block]) for block in blocks)
        return
    prepare()

    def make(at: int) -> list[R]:
        return work(items[blocks[at]])

    with _at_work(make, len(blocks), count) as answers:
        yield from _collected(answers, make, len(blocks))


def _collected(answers: Sequence[Connection], make: Callable[[int], list[R]], count: int) -> Iterator[list[R]]:
    """Yield what comes in, block by block; what does not come is made here."""
    from multiprocessing.connection import wait  # noqa: PLC0415 - only for long runs

    alive = list(answers)
    held: dict[int, list[R]] = {}
    for at in range(count):
        while at not in held and alive:
            for ready in wait(alive):
                answer = cast("Connection", ready)
                try:
                    index, found = pickle.loads(answer.recv_bytes())  # noqa: S301 - a process of our own wrote it
                except (EOFError, OSError):
                    alive.remove(answer)
                else:
                    held[index] = found
        yield held.pop(at) if at in held else make(at)


@contextmanager
def _at_work(make: Callable[[int], list[R]], blocks: int, count: int) -> Iterator[list[Connection]]:
    """Start processes, and yield where what they make of the blocks comes in; none outlives the body of `with`.

    Each takes the next number of a block when it is done with one. There are fewer where the system has no room for
    more.
    """
    from multiprocessing import get_context  # noqa: PLC0415 - only for long runs

    if sys.platform == "win32":
        raise NotImplementedError("_may_fork has said no")
    context = get_context("fork")
    workers = []
    answers: list[Connection] = []
    numbers = _numbers(blocks)
    try:
        for _ in range(count):
            answer, report = context.Pipe(duplex=False)
            answers.append(answer)
            worker = context.Process(target=_work, args=(make, numbers, report, answers), daemon=True)
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
        os.close(numbers)


def _numbers(blocks: int) -> int:
    """Return the end of a pipe from which each number of a block can be read once."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(at.to_bytes(_NUMBER, "big") for at in range(blocks)))
    os.close(writing)
    return reading


def _work(make: Callable[[int], list[R]], numbers: int, report: Connection, answers: Sequence[Connection]) -> None:
    """Send the results of some blocks; what goes wrong is left to the caller, who then meets it and says it once."""
    # With these ends open here, nobody would notice that the caller is gone, and wait for ever to be read.
    for answer in answers:
        answer.close()
    # Ctrl-C reaches the whole group, and the caller is the one that answers for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        while number := os.read(numbers, _NUMBER):
            at = int.from_bytes(number, "big")
            report.send_bytes(pickle.dumps((at, make(at)), pickle.HIGHEST_PROTOCOL))
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
