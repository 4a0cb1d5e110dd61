"""The records of a change to files: which lines came, and where lines went."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record


class Gap(Record):
    """Lines that went, without line ends, and the 1-based line that stood before them (0: none).

    `came` counts the lines that came in their place.
    """

    after: int
    lines: tuple[str, ...]
    came: int = 0

    @property
    def is_loss(self) -> bool:
        """Return whether fewer lines came than went."""
        return self.came < len(self.lines)


class FileChange(Record):
    """What changed in one file; lines are 1-based, and those of the text as it is now.

    `added` has each line that came, with its text, without line ends. `hunks` are the ranges that a patch shows, first
    and last line. With `is_whole` all of the file counts as changed: it is new, or nobody can tell what changed.
    """

    added: Mapping[int, str]
    gaps: tuple[Gap, ...]
    hunks: tuple[tuple[int, int], ...]
    is_whole: bool = False

    def touches(self, first: int, last: int) -> bool:
        """Return whether the document on these lines changed; a document that went beside it is another one."""
        if self.is_whole or any(first <= line <= last for line in self.added):
            return True
        return any(self._cuts(gap, first, last) for gap in self.gaps)

    def is_near(self, line: int) -> bool:
        """Return whether a line came, or lines beside it went, with fewer in their place."""
        beside = (gap for gap in self.gaps if gap.is_loss)
        return self.is_whole or line in self.added or any(line in {gap.after, gap.after + 1} for gap in beside)

    def shows(self, first: int, last: int) -> bool:
        """Return whether these lines stand in one hunk of the patch."""
        return any(start <= first and last <= end for start, end in self.hunks)

    @staticmethod
    def _cuts(gap: Gap, first: int, last: int) -> bool:
        if first <= gap.after < last:
            return True
        if gap.came:
            # The lines in their place say whose they were.
            return False
        if gap.after == last:
            return not gap.lines[0].startswith("---")
        return gap.after + 1 == first and not gap.lines[-1].startswith("---")


#: All of a file.
WHOLE = FileChange({}, (), (), is_whole=True)


class Change(Record):
    """What a run is limited to: files by the name that the run has for them; others did not change.

    `said` is the option that asks for it. `by_lines`: to what stands on changed lines, else to changed workloads.
    """

    said: str
    files: Mapping[str, FileChange]
    by_lines: bool
