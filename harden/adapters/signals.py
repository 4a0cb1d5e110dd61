"""How signals end a run: like an error does, so that no temporary file stays behind."""

from __future__ import annotations

import signal
import sys
from types import FrameType

#: What tells a process to end: a terminal that is gone, and whoever asks it to. Shells say 128 and the number, too.
_ENDING = ("SIGHUP", "SIGTERM")


def end_on_signals() -> None:
    """Let each signal that tells this process to end raise SystemExit, unless it was told to take no notice (nohup)."""
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    # Whoever asks twice does not interrupt the cleaning up.
    for name in _ENDING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.exit(128 + number)
