"""Owns the progress bar of long runs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

#: A run that is done sooner (seconds) shows no bar.
_PATIENCE = 1.0


class Progress:
    """Counts the files that were begun, and shows a bar on the terminal once a run takes long."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._start = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __call__(self, name: str) -> None:
        """Say that the file `name` is begun."""
        if self._bar is None and time.monotonic() - self._start > _PATIENCE:
            self._open()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, name=name)
        self._done += 1

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def _open(self) -> None:
        # Slow to import; only long runs on terminals come here.
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415 - see above
        from rich.progress import Progress as Bar  # noqa: PLC0415 - see above

        text = TextColumn("{task.fields[name]}", markup=False)
        self._bar = Bar(BarColumn(), MofNCompleteColumn(), text, console=Console(file=sys.stderr), transient=True)
        self._task = self._bar.add_task("", total=self._total, name="")
        self._bar.start()
