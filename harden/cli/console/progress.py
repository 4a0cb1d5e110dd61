"""The progress bar of long runs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """Follows a run, and shows a bar on the terminal once it has taken `patience` seconds: stage, speed, and file."""

    def __init__(self, total: int, *, patience: float = 1.0) -> None:
        self._total = total
        self._done = 0
        self._stage = ""
        self._since = time.monotonic()
        self._begin = self._since + patience
        self._bar: tuple[Bar, TaskID] | None = None

    def stage(self, name: str, files: int = 0) -> None:
        """Say that a stage begins that goes through so many files; 0 where nobody counts them."""
        self._stage, self._total, self._done, self._since = name, files, 0, time.monotonic()
        self._show("")

    def __call__(self, name: str) -> None:
        """Say that the file `name` is begun."""
        self._show(name)
        self._done += 1

    def draw(self) -> None:
        """Show the bar as it is now; it does so by itself ten times a second."""
        if self._bar is not None:
            self._bar[0].refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()

    def _show(self, name: str) -> None:
        if self._bar is None and time.monotonic() >= self._begin:
            self._bar = self._opened()
        if self._bar is not None:
            bar, task = self._bar
            # A total of None is a bar that only moves.
            total = self._total or None
            bar.update(task, completed=self._done, total=total, stage=self._stage, speed=self._speed(), name=name)

    def _speed(self) -> str:
        seconds = time.monotonic() - self._since
        return f"{self._done / seconds:,.0f} files/s" if self._done and seconds > 0 else ""

    def _opened(self) -> tuple[Bar, TaskID]:
        # Slow to import; only long runs on terminals come here.
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415 - see above
        from rich.progress import Progress as Bar  # noqa: PLC0415 - see above
        from rich.table import Column  # noqa: PLC0415 - see above

        stage = TextColumn("{task.fields[stage]}", markup=False)
        speed = TextColumn("{task.fields[speed]}", markup=False)
        # What is long gives way.
        rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        name = TextColumn("{task.fields[name]}", markup=False, table_column=rest)
        columns = (stage, BarColumn(bar_width=20), MofNCompleteColumn(), speed, name)
        bar = Bar(*columns, console=Console(file=sys.stderr), transient=True, expand=True)
        task = bar.add_task("", total=self._total, stage="", speed="", name="")
        bar.start()
        return bar, task
