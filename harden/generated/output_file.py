"""The record of a file that companions touch: a file of their own, a kustomization, or a stream."""

from __future__ import annotations

from harden.model.record import Record
from harden.model.report import FileReport, Problem
from harden.model.text import SourceText


class OutputFile(Record):
    """What becomes of one file: the text before ("" with `created`) and after, and what is said of it.

    `needs` are files without which it must not be written: what a kustomization lists.
    """

    name: str
    before: SourceText | None
    after: str | None
    created: bool = False
    notes: tuple[Problem, ...] = ()
    needs: tuple[str, ...] = ()

    def report(self) -> FileReport:
        """Return the report of a file that was not among the input."""
        return FileReport(
            self.name, self.before, self.after, problems=self.notes, created=self.created, needs=self.needs
        )
