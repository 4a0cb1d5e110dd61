"""What somebody who waits for a run is told: the stage that it is in, and the file that it is at."""

from __future__ import annotations

from typing import Protocol

#: The stages of a run, in their order.
PARSE, JUDGE, PROVE, DESCRIBE, SHARES = "parse", "judge", "fix and prove", "describe", "in parallel"
#: Those of a run that keeps what it finds for the next one.
LOOK_UP, KEEP = "look up", "keep"


class Watch(Protocol):
    """Follows a run."""

    def stage(self, name: str, files: int = 0) -> None:
        """Take note that a stage begins that goes through so many files; 0 where nobody counts them."""

    def __call__(self, name: str) -> None:
        """Take note that the file of this name is begun."""


class Nobody:
    """Nobody waits for the run."""

    def stage(self, name: str, files: int = 0) -> None:
        """Pass over a stage."""

    def __call__(self, name: str) -> None:
        """Pass over a file."""
