"""Standard input, output and errors that are closed or full, and the end of a process that uses them."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import NoReturn

from harden.errors import HardenError


class UnwrittenError(HardenError):
    """A result that could not be written."""

    code = 4


def open_closed() -> None:
    """Put streams that fail, or take messages without a word, in place of standard input and errors that are closed.

    Raises UnwrittenError where standard output is closed: before anything is done whose result nobody could see, and
    before another file gets the number of standard output.
    """
    # The lowest free number is the next one that the system gives: the streams get their own.
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_WRONLY), "r", encoding="utf-8")
    is_closed = sys.stdout is None
    if is_closed:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if is_closed:
        raise UnwrittenError("standard output is closed: nothing was done; > /dev/null is for who needs none")


def write_utf8() -> None:
    """Let files and pipes get UTF-8 on Windows, too, where Python gives them the system's code page."""
    if sys.platform == "win32":
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
                stream.reconfigure(encoding="utf-8")


def write(data: bytes) -> None:
    """Write the result of a run to standard output; raises UnwrittenError where it cannot be written."""
    from harden.adapters import stream  # noqa: PLC0415 - help and completion do without

    try:
        stream.write(data)
    except HardenError as error:
        raise UnwrittenError(str(error)) from error


def completes() -> bool:
    """Return whether a shell asks what may be typed (typer names its question after the program)."""
    return "_HARDEN_COMPLETE" in os.environ


def feeds_pager() -> bool:
    """Return whether standard output goes to another program, and messages to the terminal that it may show."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode) and sys.stderr.isatty()
    except (OSError, ValueError):
        return False  # a test's, or closed


def finish() -> None:
    """End standard output, so that who reads it knows that all of it is there."""
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def drop() -> None:
    """Drop what standard output and errors hold and cannot take: Python would complain of it when it ends."""
    for number, held in ((1, sys.stdout), (2, sys.stderr)):
        try:
            held.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def end(said: str, code: int) -> NoReturn:
    """Say in one line why a run ends, where there is somebody to tell; raises SystemExit with the exit code."""
    from harden.outputs.columns import inert, visible  # noqa: PLC0415 - hardly ever needed

    drop()
    try:
        # It may quote a file of others: no terminal and no CI takes it for a command.
        sys.stderr.write(f"harden: {inert(visible(said))}\n")
    except OSError:
        drop()
    sys.exit(code)


def leave(code: object) -> None:
    """End this process at once; return where Python is to end it, because somebody measures it or something fails."""
    if not isinstance(code, int) or sys.flags.inspect or _is_watched():
        return
    if "threading" in sys.modules and sys.modules["threading"].active_count() > 1:
        return
    import atexit  # noqa: PLC0415 - only at the end

    atexit._run_exitfuncs()  # noqa: SLF001 - as Python does when it ends
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return
    os._exit(code)


def _is_watched() -> bool:
    """Return whether a profiler or debugger waits for the end: it has something to say then."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12
    tools = () if monitoring is None else map(monitoring.get_tool, range(6))
    return sys.gettrace() is not None or sys.getprofile() is not None or any(tools)
