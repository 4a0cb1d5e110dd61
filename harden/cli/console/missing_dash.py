"""Notices manifests that come through standard input although the line does not ask for it with `-`."""

from __future__ import annotations

import os
import stat
import sys

from harden.errors import HardenError

#: How long an open pipe may stay silent before it is taken for one that is about to be written to, in milliseconds.
#: A program that starts others closes what it does not use at once, so this time is hardly ever spent.
_PATIENCE = 500


def demand_dash(mode: str) -> None:
    """Raise HardenError where no path was named and standard input brings something: it would not be read.

    A terminal, /dev/null and a pipe that is closed without a word (hooks, CI jobs, cron) bring nothing. A pipe that is
    still open may bring something later: `helm template` takes its time.
    """
    if _brings_something():
        raise HardenError(
            f"standard input is not read without -: write `harden {mode} -` for it, or name the folder: "
            f"`harden {mode} .`"
        )


def _brings_something() -> bool:
    try:
        number = sys.stdin.fileno()
        mode = os.fstat(number).st_mode
        if stat.S_ISREG(mode):
            return os.fstat(number).st_size > os.lseek(number, 0, os.SEEK_CUR)
    except (OSError, ValueError):
        return False  # closed, or no file at all
    if stat.S_ISFIFO(mode):
        return _is_open(number, _PATIENCE)
    # Programs give sockets to what they start and never write to them (Node.js does): only data counts.
    return stat.S_ISSOCK(mode) and _waiting(number) > 0


def _is_open(number: int, patience: int) -> bool:
    """Return whether a pipe has data, or has a writer that is silent."""
    if sys.platform == "win32":
        # Nothing there tells whether a pipe will bring something, and a pipe that is open is no sign of it.
        return False
    import select  # noqa: PLC0415 - only pipes need it

    poll = select.poll()
    poll.register(number, select.POLLIN)
    events = poll.poll(patience)
    return not events or _waiting(number) > 0


def _waiting(number: int) -> int:
    """Return how many bytes can be read at once."""
    if sys.platform == "win32":
        return 0
    import fcntl  # noqa: PLC0415 - only pipes need it
    import termios  # noqa: PLC0415 - the same

    return int.from_bytes(fcntl.ioctl(number, termios.FIONREAD, bytes(4)), sys.byteorder)
