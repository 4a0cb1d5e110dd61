"""The command line: what is typed, where results go, and the exit code."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command that the arguments name; always raises SystemExit.

    Exit codes: 0 nothing left to do; 1 diff: there is one, check and apply: something is short of the profile; 2 usage,
    profile or configuration; 3 some input could not be read; 4 a result failed its verification or could not be
    written; 129 the terminal is gone; 130 interrupted; 143 told to end.
    """
    # Imports are within reach of the handler for Ctrl-C.
    from harden.adapters.signals import end_on_signals  # noqa: PLC0415 - see above
    from harden.cli.console.streams import drop, end, open_closed, write_utf8  # noqa: PLC0415 - see above
    from harden.errors import HardenError  # noqa: PLC0415 - see above

    end_on_signals()
    # A run makes trees, which are no garbage, and ends: looking for garbage among them only takes time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        open_closed()
        write_utf8()
        _run(sys.argv[1:])
    except HardenError as error:
        end(str(error), error.code)
    except BrokenPipeError:
        # Who reads has had enough.
        drop()
        sys.exit(1)
    except OSError as error:
        if error.filename is not None:
            raise
        # No file has refused this. If it was standard error, nobody sees what is said here.
        end(f"standard output: cannot be written: {error.strerror}", 4)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if was_enabled:
            gc.enable()


def program() -> None:
    """Run `main` as a process of its own, which ends at once; always raises SystemExit, or ends the process.

    Looking for garbage once more and taking apart what was made takes Python a tenth of the time of a small run.
    """
    gc.disable()
    try:
        main()
    except SystemExit as ended:
        from harden.cli.console.streams import leave  # noqa: PLC0415 - see above

        leave(ended.code)
        raise


def _run(words: list[str]) -> None:
    """Run a command; raises SystemExit with its exit code."""
    from harden.cli.console.streams import completes  # noqa: PLC0415 - see above

    if not completes():
        from harden.cli.plain_line import run_line  # noqa: PLC0415 - see above

        code = run_line(words)
        if code is not None:
            sys.exit(code)
    from harden.cli.application.app import run_command  # noqa: PLC0415 - see above

    run_command(words)
