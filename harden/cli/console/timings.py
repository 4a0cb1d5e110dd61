"""Measures how long the stages of a run take, for --timings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from harden.engine.watching import SHARES, Watch
from harden.outputs.summary import number

_WORTH_TELLING = 0.001


class Stopwatch:
    """Takes the time of stages; each ends where the next one begins."""

    def __init__(self) -> None:
        self._laps: list[tuple[str, float, int]] = []

    def stage(self, name: str, files: int = 0) -> None:
        """Begin a stage."""
        self._laps.append((name, time.monotonic(), files))

    def __call__(self, name: str) -> None:
        """Pass over a file."""

    def told(self) -> Iterator[str]:
        """Yield a line for each stage, and one for all; nothing where there was none."""
        if not self._laps:
            return
        ends = [*(begin for _, begin, _ in self._laps[1:]), time.monotonic()]
        took: dict[str, float] = {}
        for (name, begin, _), end in zip(self._laps, ends, strict=True):
            took[name] = took.get(name, 0.0) + end - begin
        total = ends[-1] - self._laps[0][1]
        # Stages come again where files are read in several lots.
        files = max(sum(count for stage, _, count in self._laps if stage == name) for name in took)
        rate = f"  {number(files, 'file')}, {files / total:,.0f} per second" if files and total else ""
        width = max(map(len, took))
        yield "timings, without the start of the program:"
        for name, seconds in took.items():
            # A stream that is too short for several processes was only measured.
            if name != SHARES or seconds >= _WORTH_TELLING:
                yield f"  {name:<{width}}  {seconds * 1000:>8,.0f} ms"
        yield f"  {'total':<{width}}  {total * 1000:>8,.0f} ms{rate}"


class Both:
    """Tells several of a run."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def stage(self, name: str, files: int = 0) -> None:
        """Pass a stage on."""
        for watch in self._watches:
            watch.stage(name, files)

    def __call__(self, name: str) -> None:
        """Pass a file on."""
        for watch in self._watches:
            watch(name)
