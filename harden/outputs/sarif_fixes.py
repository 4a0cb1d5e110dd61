"""Makes the fixes of a SARIF log: for each object what is replaced, at the first of its findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harden.model.finding import Fix
from harden.model.report import FileReport, Report
from harden.model.text import Plain
from harden.outputs.entries import Entry, Sort
from harden.outputs.repairs import Repair, Subject
from harden.outputs.sarif_places import artifact, region
from harden.outputs.titles import title
from harden.secrets.masking import Masked
from harden.source.hunks import lines_of


class Fixes:
    """The fixes of a log, each at one of its results."""

    def __init__(self, report: Report, found: Sequence[Repair], results: Sequence[Entry]) -> None:
        self._report = report
        self._results = results
        self._places = {id(each.outcome): at for at, each in enumerate(results) if each.outcome is not None}
        self._repairs: dict[int, list[Repair]] = {}
        self._created: dict[int, list[FileReport]] = {}
        for group in _groups(found):
            self._repairs.setdefault(self._owner(group), []).extend(group)
        for file in report.files if report.mode != "apply" else ():
            if file.created and file.after is not None:
                self._created.setdefault(self._near(file.name), []).append(file)

    def at(self, index: int) -> Plain:
        """Return the fix that stands at a result, None where there is none or it may not be shown."""
        if index not in {*self._repairs, *self._created} or self.is_withheld(index):
            return None
        by_file: dict[str, list[Plain]] = {}
        for repair in self._repairs.get(index, ()):
            by_file.setdefault(repair.file.name, []).append(_replacement(repair))
        for file in self._created.get(index, ()):
            by_file[file.name] = [{"deletedRegion": region(1, 1, 1, 1), "insertedContent": {"text": file.after}}]
        changes: list[Plain] = [
            {"artifactLocation": artifact(name, self._report), "replacements": replacements}
            for name, replacements in by_file.items()
        ]
        return {"description": {"text": self._description(index)}, "artifactChanges": changes}

    def is_withheld(self, index: int) -> bool:
        """Return whether the fix of a result has values of secrets."""
        if any(repair.is_secret for repair in self._repairs.get(index, ())):
            return True
        texts = (file.after or "" for file in self._created.get(index, ()))
        return any(Masked(text, lines_of(text)).hidden for text in texts)

    def _owner(self, group: Iterable[Repair]) -> int:
        """Return the first result that a group of repairs is for; where nothing tells, one that is about its file."""
        about = [self._places[id(outcome)] for repair in group for _, outcome in repair.outcomes]
        return min(about) if about else self._near(next(iter(group)).file.name)

    def _near(self, name: str) -> int:
        """Return the first result on a file, else the first companion: what else changes is changed for companions."""
        about = (at for at, entry in enumerate(self._results) if entry.file == name)
        companions = (at for at, entry in enumerate(self._results) if entry.sort is Sort.COMPANION)
        return next(about, next(companions, 0))

    def _description(self, index: int) -> str:
        found = (outcome for repair in self._repairs.get(index, ()) for _, outcome in repair.outcomes)
        fixes = {id(each): each.finding.fix for each in found if isinstance(each.finding.fix, Fix)}
        written = title(*fixes.values())
        entry = self._results[index]
        return f"{entry.object}: {written}" if written else entry.said


def _groups(found: Sequence[Repair]) -> Iterable[list[Repair]]:
    """Return the repairs that are made together: those of one object, and of objects that share one."""
    joined = _Joined()
    for repair in found:
        joined.add([subject for subject, _ in repair.outcomes])
    grouped: dict[object, list[Repair]] = {}
    for repair in found:
        key = joined.first(repair.outcomes[0][0]) if repair.outcomes else repair.file.name
        grouped.setdefault(key, []).append(repair)
    return grouped.values()


class _Joined:
    """Sets of subjects that belong together, each named by the one that came first."""

    def __init__(self) -> None:
        self._above: dict[Subject, Subject] = {}

    def add(self, subjects: Sequence[Subject]) -> None:
        """Join these subjects."""
        for subject in subjects:
            first, other = self.first(subjects[0]), self.first(subject)
            if other != first:
                self._above[other] = first

    def first(self, subject: Subject) -> Subject:
        """Return the name of the set that a subject is in."""
        while subject in self._above:
            subject = self._above[subject]
        return subject


def _replacement(repair: Repair) -> Plain:
    """Return what a repair does, in regions of the text that is there.

    At the end of a text the region ends in front of the last line feed: nothing stands behind it.
    """
    old, start, end, text = repair.old, repair.start, repair.end, "".join(repair.new)
    is_odd = not old or start == end == 0 or not old[-1].endswith("\n") or (text != "" and not text.endswith("\n"))
    if end < len(old) or is_odd:
        stop = (end + 1, 1) if end < len(old) or not end or old[-1].endswith("\n") else (end, len(old[end - 1]) + 1)
        return _replaced((start + 1, 1), stop, text)
    last = (end, len(old[end - 1]))
    if start < end and text:
        return _replaced((start + 1, 1), last, text.removesuffix("\n"))
    begin = (start, len(old[start - 1]))
    return _replaced(begin, last, f"\n{text}".removesuffix("\n"))


def _replaced(start: tuple[int, int], end: tuple[int, int], text: str) -> Plain:
    replacement: dict[str, Plain] = {"deletedRegion": region(*start, *end)}
    return replacement | ({"insertedContent": {"text": text}} if text else {})
