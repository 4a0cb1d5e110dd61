"""Measures this tree beside an earlier one, in turns, by the processor's time: what a change brings, or costs."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from timing import medians, one_processor

HERE = Path(__file__).resolve().parent.parent
#: Hardens the text on its standard input in process, and prints the seconds that it took.
_INSIDE = """
import gc, sys, time
from harden.engine.run import harden
from harden.model.report import Mode
from harden.settings import load
data, profile = sys.stdin.buffer.read(), load("restricted")
gc.disable()
def inside():
    assert all(report.changed for report in harden([("-", data)], profile, Mode.APPLY, jobs=1))
inside()
start = time.process_time()
inside()
print(time.process_time() - start)
"""


def section(before: Path, text: str, corpus: Path, rounds: int) -> list[str]:
    """Return the section that compares the tree at `before` with this one; `text` is the long stream."""
    trees = (before.resolve(), HERE)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "corpus"
        rows = {
            "the stream, in process": [_inside(tree, text) for tree in trees],
            "`harden check` of the corpus": [_whole(tree, corpus, "check") for tree in trees],
            "`harden apply` of the corpus": [_applied(tree, corpus, copy) for tree in trees],
        }
        times = medians(rounds, *(run for runs in rows.values() for run in runs))
    lines = ["## Beside an earlier tree", "", "| what | before, s | after, s | ratio |", "|---|---|---|---|"]
    for at, name in enumerate(rows):
        old, new = times[2 * at : 2 * at + 2]
        lines.append(f"| {name} | {old:.2f} | {new:.2f} | {new / old:.2f} |")
    return [*lines, ""]


def _inside(tree: Path, text: str) -> Callable[[], float]:
    def run() -> float:
        with one_processor():
            done = subprocess.run(
                [sys.executable, "-c", _INSIDE],
                input=text,
                capture_output=True,
                text=True,
                check=True,
                cwd=tree,
                env={**os.environ, "PYTHONPATH": str(tree)},
            )
        return float(done.stdout)

    return run


def _whole(tree: Path, folder: Path, *words: str) -> Callable[[], float]:
    def run() -> float:
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "harden", *words, str(folder)], capture_output=True, check=False, cwd=tree
        )
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode in (0, 1, 3), done.stderr
        return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime

    return run


def _applied(tree: Path, corpus: Path, copy: Path) -> Callable[[], float]:
    run = _whole(tree, copy, "apply", "--no-companions")

    def applied() -> float:
        shutil.copytree(corpus, copy)
        seconds = run()
        shutil.rmtree(copy)
        return seconds

    return applied
