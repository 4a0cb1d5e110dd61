"""Measures runs over trees of thousands of files: their memory, several processes, and what is kept for the next run.

    python benchmarks/trees.py [memory | jobs | cache ...]

Each file has a Deployment, a Service and a ConfigMap, and an image of its own. Runs take turns, and the least of each
is told: the processor's time of all its processes, and the clock's where several processes are to save that. Of the
clock nothing is told where others are at work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import companions

#: Files of the trees whose memory, and whose time with several processes and with a cache, is measured.
LARGE, SHARED, KEPT = 50_000, 4_000, 10_000
ROUNDS = 5


class Cost(NamedTuple):
    """What a run takes: seconds of processors and of the clock, and the most megabytes that a process held at once."""

    processor: float
    clock: float
    memory: float


def put(folder: Path, size: int) -> None:
    """Write a tree of so many files, a hundred to a folder."""
    for n in range(size):
        inner = folder / f"{n // 100}"
        inner.mkdir(parents=True, exist_ok=True)
        before = max(n - 1, 0)
        space, other = n // companions.PER_NAMESPACE, before // companions.PER_NAMESPACE
        (inner / f"web-{n}.yaml").write_text(companions.WORKLOAD.format(n=n, space=space, before=before, other=other))


def cost(folder: Path, *words: str) -> Cost:
    """Return what a run in a folder takes."""
    start = time.monotonic()
    command = [sys.executable, "-m", "harden", *words, "."]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1), status
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024)


def least(rounds: int, *runs: Callable[[], Cost]) -> list[Cost]:
    """Return the least that each of some runs takes, which take turns."""
    found = [[run() for run in runs] for _ in range(rounds)]
    return [Cost(*map(min, zip(*costs, strict=True))) for costs in zip(*found, strict=True)]


def memory(folder: Path) -> Iterator[str]:
    """Measure a large tree in one process."""
    put(folder, LARGE)
    yield from (f"{LARGE:,} files in one process:", "", "| command | s | MB |", "|---|---|---|")
    for word in ("check", "diff", "apply"):
        found = cost(folder, word, "--no-companions", "--jobs", "1")
        yield f"| `harden {word}` | {found.processor:.0f} | {found.memory:.0f} |"


def jobs(folder: Path) -> Iterator[str]:
    """Measure a tree with one process and with two."""
    put(folder, SHARED)
    is_busy = os.getloadavg()[0] > 1
    yield from (f"{SHARED:,} files, `--jobs 2` beside `--jobs 1`:", "")
    yield "| command | one, s | two, s | ratio | one, s of processors | two | ratio |"
    yield "|---|---|---|---|---|---|---|"
    for word in ("check", "diff"):
        runs = [lambda word=word, count=count: cost(folder, word, "--jobs", count) for count in ("1", "2")]
        one, two = least(ROUNDS, *runs)
        clock = f"{one.clock:.2f} | {two.clock:.2f} | {two.clock / one.clock:.2f}" if not is_busy else " | | "
        processor = f"{one.processor:.2f} | {two.processor:.2f} | {two.processor / one.processor:.2f}"
        yield f"| `harden {word}` | {clock} | {processor} |"


def cache(folder: Path) -> Iterator[str]:
    """Measure a tree without a cache, and with one that an earlier run has filled."""
    put(folder / "tree", KEPT)
    kept = folder / "kept"
    yield from (f"{KEPT:,} files that do not change, in one process:", "")
    yield "| command | without `--cache-dir`, s | the run that fills it | the next run | ratio to the first |"
    yield "|---|---|---|---|---|"
    for word in ("check", "diff"):

        def run(*words: str, word: str = word) -> Callable[[], Cost]:
            return lambda: cost(folder / "tree", word, "--jobs", "1", *words)

        def filled(word: str = word) -> Cost:
            shutil.rmtree(kept, ignore_errors=True)
            return cost(folder / "tree", word, "--jobs", "1", "--cache-dir", str(kept))

        without, filling, found = least(3, run(), filled, run("--cache-dir", str(kept)))
        ratio = found.processor / without.processor
        told = f"{without.processor:.1f} | {filling.processor:.1f} | {found.processor:.2f} | {ratio:.3f}"
        yield f"| `harden {word}` | {told} |"


PARTS: Mapping[str, Callable[[Path], Iterator[str]]] = {"memory": memory, "jobs": jobs, "cache": cache}


def lines(names: list[str]) -> Iterator[str]:
    """Measure some parts, and yield a paragraph and a table for each."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            yield from PARTS[name](Path(folder))
        yield ""


def section() -> list[str]:
    """Return what the results say of trees."""
    return ["## Trees of files: a Deployment, a Service and a ConfigMap in each", "", *lines([*PARTS])]


def main() -> None:
    """Measure all parts, or those that are named, and print tables."""
    for line in lines(sys.argv[1:] or [*PARTS]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
