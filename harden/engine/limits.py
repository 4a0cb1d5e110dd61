"""Limits a run to what a change touched: all else is read as before, and left as it is."""

from __future__ import annotations

from collections.abc import Sequence

from harden.changes.borders import at_borders
from harden.engine.outside import NOTHING_OUTSIDE, Outside
from harden.model.change import WHOLE, Change, FileChange
from harden.model.finding import Finding
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.text import LineIndex, Path, SourceText
from harden.model.tree import Document
from harden.source.locate import end_of, locate

#: A workload by its file, its 0-based document and its path: the same in every round.
_Key = tuple[str, int, Path]


class _Known(Record):
    """What the text as it was read shows: whether nothing of a workload changed, else which findings are untouched."""

    is_whole: bool
    findings: frozenset[tuple[str, str]]


class ChangeLimits:
    """What of each workload a change did not touch.

    Lines are those of the text as it was read: a workload that is asked about again, after fixes, is remembered.
    """

    def __init__(self, change: Change) -> None:
        self._change = change
        self._known: dict[_Key, _Known] = {}
        self._files: dict[str, FileChange | None] = {}

    def outside(
        self, source: SourceText, lines: LineIndex, document: Document, workload: Workload, findings: Sequence[Finding]
    ) -> Outside:
        """Return what of a workload the change did not touch."""
        key = (source.name, document.index, workload.path)
        if key not in self._known:
            self._known[key] = self._look(source, lines, document, workload, findings)
        known = self._known[key]
        if known.is_whole:
            return Outside(True, frozenset(range(len(findings))))
        if not known.findings:
            return NOTHING_OUTSIDE
        return Outside(findings=frozenset(at for at, each in enumerate(findings) if _name(each) in known.findings))

    def _look(
        self, source: SourceText, lines: LineIndex, document: Document, workload: Workload, findings: Sequence[Finding]
    ) -> _Known:
        change = self._of(source)
        if change is None or not change.touches(*_lines(lines, document, workload.path)):
            return _Known(is_whole=True, findings=frozenset())
        if not self._change.by_lines:
            return _Known(is_whole=False, findings=frozenset())
        far = (each for each in findings if not _is_near(change, lines, document, each.path))
        return _Known(is_whole=False, findings=frozenset(map(_name, far)))

    def _of(self, source: SourceText) -> FileChange | None:
        """Return what changed in a file, None for nothing."""
        if source.name not in self._files:
            change = self._change.files.get(source.name)
            if change is not None:
                change = at_borders(change, source.text) if _fits(change, source.text) else WHOLE
            self._files[source.name] = change
        return self._files[source.name]


def _name(finding: Finding) -> tuple[str, str]:
    return finding.control, finding.message


def _fits(change: FileChange, text: str) -> bool:
    """Return whether a patch is of this text: else its lines mean nothing, and all of the file counts."""
    own = text.split("\n")
    return all(
        line <= len(own) and own[line - 1].rstrip("\r").removeprefix("\ufeff") == said.removeprefix("\ufeff")
        for line, said in change.added.items()
    )


def _lines(lines: LineIndex, document: Document, path: Path) -> tuple[int, int]:
    """Return the first and the last 1-based line of what stands at a path, without what stands around it."""
    start = locate(document, path)
    return lines.line(start), lines.line(max(start, end_of(document, path) - 1))


def _is_near(change: FileChange, lines: LineIndex, document: Document, path: Path) -> bool:
    """Return whether what a finding is about changed: its line, or something that went from below it."""
    first, last = _lines(lines, document, path)
    if change.is_near(first):
        return True
    return any(gap.is_loss and first <= gap.after <= last for gap in change.gaps)
