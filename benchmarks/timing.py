"""Owns how runs are timed: in turns, by the processor's time, on all processors or on one."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def medians(rounds: int, *runs: Callable[[], float]) -> list[float]:
    """Return the median seconds of each run, taken in turns after one round that does not count."""
    times: list[list[float]] = [[] for _ in runs]
    for at in range(rounds + 1):
        for slot, run in zip(times, runs, strict=True):
            seconds = run()
            if at:
                slot.append(seconds)
    return [statistics.median(slot) for slot in times]


def process(command: list[str], stdin: str | None = None, cwd: str | None = None) -> Callable[[], float]:
    """Return a run of a whole process, in a folder; exit codes 0, 1 and 3 are fine."""

    def run() -> float:
        start = _spent_by_children()
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, cwd=cwd)
        seconds = _spent_by_children() - start
        assert done.returncode in (0, 1, 3), done.stderr
        return seconds

    return run


def _spent_by_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def spent(run: Callable[[], object]) -> Callable[[], float]:
    """Return a run that tells the processor's time that it takes in this process."""

    def timed() -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    return timed


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process and those that it starts to one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
