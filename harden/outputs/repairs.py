"""Splits what a run changes into runs of lines, and says which findings each of them ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from harden.model.finding import AppendItem, Change, RemoveField
from harden.model.record import Record
from harden.model.report import FileReport, Outcome, Report
from harden.model.text import LineIndex, Path, Plain, SourceText, value_at
from harden.model.tree import Document
from harden.secrets.masking import Masked
from harden.source.hunks import Hunk, compare, lines_of
from harden.source.locate import locate
from harden.source.parse import parse

#: What the findings of one object share: they are fixed and proved together. The file, the document, kind and name.
Subject = tuple[str, int, str, str]


class Repair(Record):
    """Lines `old[start:end]` of a file that become `new` (0-based, half-open; lines keep their ends).

    `outcomes` are the findings that it ends, each with its subject; there are none where nothing tells. `is_secret`
    says that `new` holds values of secrets, so that nobody may be shown it.
    """

    file: FileReport
    old: Sequence[str]
    start: int
    end: int
    new: tuple[str, ...]
    outcomes: tuple[tuple[Subject, Outcome], ...]
    is_secret: bool


class _Sides:
    """A file before and after: its lines, the hunks between them, and the documents of both."""

    def __init__(self, file: FileReport, before: SourceText, after: str) -> None:
        self.file = file
        self.old, self.new = lines_of(before.text), lines_of(after)
        self.hunks: list[Hunk] = list(compare(self.old, self.new))
        self.found: list[list[tuple[Subject, Outcome]]] = [[] for _ in self.hunks]
        self._old_ends = [max(hunk.end, hunk.start + 1) for hunk in self.hunks]
        self._new_ends = [max(hunk.new_end, hunk.new_start + 1) for hunk in self.hunks]
        self._was = _Text(before)
        self._now = _Text(before._replace(text=after))

    def put(self, document: int, change: Change, subject: Subject, outcome: Outcome) -> None:
        """Note that the hunk that makes a change is there for this finding."""
        at = self._at(document, change)
        if at is not None and not any(known is outcome for _, known in self.found[at]):
            self.found[at].append((subject, outcome))

    def _at(self, document: int, change: Change) -> int | None:
        if not self.hunks:
            return None
        if isinstance(change, RemoveField):
            line = self._was.line(document, change.path)
            return None if line is None else _nearest(self._old_ends, line)
        path = change.path
        if isinstance(change, AppendItem):
            path = (*path, *self._now.index(document, path, change.value))
        line = self._now.line(document, path)
        return None if line is None else _nearest(self._new_ends, line)

    def repairs(self) -> Iterator[Repair]:
        """Yield the repairs in order."""
        self._fill()
        hidden = Masked("".join(self.new), self.new).hidden if self.hunks else frozenset()
        for hunk, found in zip(self.hunks, self.found, strict=True):
            is_secret = not hidden.isdisjoint(range(hunk.new_start, hunk.new_end))
            new = tuple(self.new[hunk.new_start : hunk.new_end])
            yield Repair(self.file, self.old, hunk.start, hunk.end, new, tuple(found), is_secret)

    def _fill(self) -> None:
        """Give hunks of which nothing tells the findings of the nearest one: a fix may reach beyond its own path."""
        told = [at for at, found in enumerate(self.found) if found]
        for at, hunk in enumerate(self.hunks):
            if not self.found[at] and told:
                near = min(told, key=lambda other: _distance(self.hunks[other], hunk))
                self.found[at] = self.found[near]


class _Text:
    """The documents of a text, read when somebody asks where something stands."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._documents: Mapping[int, Document] | None = None
        self._lines = LineIndex(source.text)

    def line(self, document: int, path: Path) -> int | None:
        """Return the 0-based line of a path or of what is there of it, None where there is no such document."""
        found = self._of(document)
        return None if found is None else self._lines.line(locate(found, path)) - 1

    def index(self, document: int, path: Path, value: Plain) -> Path:
        """Return the step to the last item of a list that equals `value`; no step where there is none."""
        found = self._of(document)
        try:
            items = None if found is None else value_at(found.value, path)
        except (KeyError, IndexError):
            return ()
        if not isinstance(items, list):
            return ()
        return next(((at,) for at in reversed(range(len(items))) if items[at] == value), ())

    def _of(self, document: int) -> Document | None:
        if self._documents is None:
            parsed = parse(self._source, lambda _text: True, sketch=True)
            self._documents = {each.index: each for each in parsed.documents}
        return self._documents.get(document)


def repairs(report: Report) -> list[Repair]:
    """Return what a run changes, file by file in their order; a run that has written its files changes nothing more.

    New files are none of it: they have no lines to replace.
    """
    if report.mode == "apply":
        return []
    sides = {file.name: side for file in report.files if (side := _sides(file)) is not None}
    for file in report.files:
        for document, subject, outcome in made(file):
            for change in outcome.finding.changes:
                if file.name in sides:
                    sides[file.name].put(document, change, subject, outcome)
            for other in outcome.finding.elsewhere:
                if other.source in sides:
                    sides[other.source].put(other.document, other.change, subject, outcome)
    return [repair for side in sides.values() for repair in side.repairs()]


def made(file: FileReport) -> Iterator[tuple[int, Subject, Outcome]]:
    """Yield the findings of a file whose fix is made, or would be, with their 0-based document and their subject."""
    for workload in file.workloads:
        subject = (file.name, workload.document, workload.kind, workload.name)
        yield from ((workload.document, subject, each) for each in workload.outcomes if each.held is None)
    for remark in file.remarks:
        subject = (file.name, remark.document, remark.kind, remark.name)
        if remark.outcome.held is None:
            yield remark.document, subject, remark.outcome


def _sides(file: FileReport) -> _Sides | None:
    before, after = file.before, file.result
    if file.created or before is None or after is None or after == before.text:
        return None
    return _Sides(file, before, after)


def _distance(hunk: Hunk, other: Hunk) -> int:
    return max(hunk.start, other.start) - min(hunk.end, other.end)


def _nearest(ends: Sequence[int], line: int) -> int:
    """Return the index of the range that holds a line, of the first one behind it, or of the last one.

    The ranges are in order, and `ends` is where each ends.
    """
    return min(bisect_right(ends, line), len(ends) - 1)
