"""Owns command lines that name nothing but what to look at: what they mean is plain without a parser of options.

They are what hooks, editors and pipes run, and importing typer takes them as long as hardening a small file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

_COMMANDS = frozenset({"apply", "diff", "check"})


def is_plain(words: Sequence[str]) -> bool:
    """Return whether the words are apply, diff or check and paths (- for standard input), and no option."""
    if not words or words[0] not in _COMMANDS or "_HARDEN_COMPLETE" in os.environ:
        return False
    return all(word == "-" or not word.startswith("-") for word in words)


def run_plain(words: Sequence[str]) -> int:
    """Run a plain command line and return its exit code; raises HardenError, and BrokenPipeError when nobody reads."""
    from harden.cli.request import Request  # noqa: PLC0415 - within reach of the handler for Ctrl-C, as all else
    from harden.cli.run import run  # noqa: PLC0415 - see above

    return run(Request(words[0], tuple(words[1:])))
