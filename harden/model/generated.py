"""The records of what a run says of companions: generated objects, findings on others, and what is not written."""

from __future__ import annotations

from enum import Enum

from harden.model.record import Record
from harden.model.report import Outcome, Problem


class Status(Enum):
    """What becomes of a companion."""

    NEW = "new"  # written, or to be written
    UPDATED = "updated"  # in the place of what an earlier run wrote
    SAME = "unchanged"
    KEPT = "kept"  # its file is somebody else's, or was edited: not written

    @property
    def is_change(self) -> bool:
        """Return whether it is written, or to be written."""
        return self in {Status.NEW, Status.UPDATED}


class GeneratedRow(Record):
    """One generated object: the file that it stands in, why it is there, and what becomes of it.

    `is_known` says that a baseline has it: nobody is asked to write it yet.
    """

    file: str
    kind: str
    name: str
    namespace: str | None
    because: str
    standing: Status
    is_known: bool = False


class ObjectOutcome(Record):
    """What is said of one object of the input; `severity` is note, warning or error, `document` counts from 0."""

    document: int
    kind: str
    namespace: str | None
    name: str
    severity: str
    outcome: Outcome


class NotGenerated(Record):
    """What is not generated and why; `option` is what would write it, or what to do."""

    message: str
    option: str


class GeneratedReport(Record):
    """All companions of a run, by file, all offers, and what kept objects from being written that should be."""

    companions: tuple[GeneratedRow, ...]
    offers: tuple[NotGenerated, ...]
    problems: tuple[Problem, ...] = ()
