"""The progress bar of long runs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """Counts the files that were begun, and shows a bar on the terminal once a run has taken `patience` seconds."""

    def __init__(self, total: int, *, patience: float = 1.0) -> None:
        self._total = total
        self._done = 0
        self._begin = time.monotonic() + patience
        self._bar: tuple[Bar, TaskID] | None = None

    def __call__(self, name: str) -> None:
        """Say that the file `name` is begun."""
        if self._bar is None and time.monotonic() >= self._begin:
            self._bar = self._opened()
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=self._done, name=name)
        self._done += 1

    def draw(self) -> None:
        """Show the bar as it is now; it does so by itself ten times a second."""
        if self._bar is not None:
            self._bar[0].refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()

    def _opened(self) -> tuple[Bar, TaskID]:
        # Slow to import; only long runs on terminals come here.
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415 - see above
        from rich.progress import Progress as Bar  # noqa: PLC0415 - see above

        name = TextColumn("{task.fields[name]}", markup=False)
        bar = Bar(BarColumn(), MofNCompleteColumn(), name, console=Console(file=sys.stderr), transient=True)
        task = bar.add_task("", total=self._total, name="")
        bar.start()
        return bar, task
