"""Compares what a run found with a baseline: what was there before, what is new, and what is there no longer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from harden.baseline.model import Baseline, Entry, Scope
from harden.model import filename
from harden.model.finding import Because
from harden.model.generated import GeneratedReport, GeneratedRow
from harden.model.record import Record
from harden.model.report import FileReport, Identity, Outcome, Report

#: Stands as the control of a companion that is to be written.
COMPANION = "companions"
#: What a person has decided about: an exemption that has expired asks for another decision.
_DECIDED = frozenset({Because.EXEMPT, Because.EXPIRED})


class Comparison(Record):
    """A report in which what the baseline has is marked; `found` is everything found, `kept` what nobody looked at.

    `gone` are the entries of what was looked at and is there no longer.
    """

    report: Report
    found: tuple[Entry, ...]
    kept: tuple[Entry, ...]
    gone: tuple[Entry, ...]


def compare(report: Report, baseline: Baseline, scope: Scope) -> Comparison:
    """Return the report with what the baseline has marked as known.

    An entry stands for one finding: of two equal ones, the second is new. One that stands in the file of the entry
    comes first, so that a copy of a bad workload is new, and a bad workload that moved is not.
    """
    reader = _Reader(baseline.folder)
    _each(report, reader.read)
    matches = _Matches(baseline.entries, reader.found)
    marked = _each(report, matches.mark)
    left = [entry for at, entry in enumerate(baseline.entries) if at not in matches.used]
    gone: list[Entry] = []
    kept: list[Entry] = []
    for entry in left:
        (gone if _is_seen(entry, baseline.folder, scope) else kept).append(entry)
    return Comparison(marked, tuple(reader.found), tuple(kept), tuple(gone))


def all_known(report: Report) -> Report:
    """Return the report with everything that could fail it marked as known."""
    return _each(report, lambda _: True)


def _is_seen(entry: Entry, folder: str, scope: Scope) -> bool:
    """Return whether a run would have found what an entry is about, if it were there."""
    if entry.control not in scope.controls:
        return False
    path = os.path.normpath(os.path.join(folder, entry.file))  # noqa: PTH118 - a text, as in reports
    if path in scope.files:
        return True
    # Somebody may have left the file out; nobody can have left out what is not there.
    return not os.path.lexists(path) and any(_is_below(path, each) for each in scope.folders)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")


#: Gets an entry for something found, and says whether it is to be marked as known.
_Visit = Callable[[Entry], bool]


class _Reader:
    """Collects what a run found, in its order."""

    def __init__(self, folder: str) -> None:
        self.found: list[Entry] = []
        self._folder = folder
        self._files: dict[str, str] = {}

    def read(self, entry: Entry) -> bool:
        self.found.append(entry._replace(file=self.relative(entry.file)))
        return False

    def relative(self, file: str) -> str:
        if file not in self._files:
            is_stream = file.startswith("<")
            self._files[file] = file if is_stream else filename.relative(filename.real(file), self._folder)
        return self._files[file]


class _Matches:
    """Which entries of the baseline speak of what was found: `used` holds their indexes."""

    def __init__(self, entries: tuple[Entry, ...], found: list[Entry]) -> None:
        self.used: set[int] = set()
        self._known: set[int] = set()
        self._at = 0
        by_key: dict[tuple[str, str, str, str], list[int]] = {}
        for at, entry in enumerate(entries):
            by_key.setdefault(entry.key, []).append(at)
        for is_fitting in (_is_same, _is_in_same_file, Entry.speaks_of):
            for number, each in enumerate(found):
                if number in self._known:
                    continue
                own = (at for at in by_key.get(each.key, ()) if at not in self.used)
                best = next((at for at in own if is_fitting(entries[at], each)), None)
                if best is not None:
                    self.used.add(best)
                    self._known.add(number)

    def mark(self, _: Entry) -> bool:
        """Say whether the next of what was found is known."""
        self._at += 1
        return self._at - 1 in self._known


def _is_same(entry: Entry, found: Entry) -> bool:
    return (entry.words, entry.file) == (found.words, found.file)


def _is_in_same_file(entry: Entry, found: Entry) -> bool:
    return entry.file == found.file and entry.speaks_of(found)


def _each(report: Report, visit: _Visit) -> Report:
    """Return the report with everything that could fail it visited, always in the same order."""
    files = tuple(_file(file, visit) for file in report.files)
    return report._replace(files=files, beside=None if report.beside is None else _beside(report.beside, visit))


def _file(file: FileReport, visit: _Visit) -> FileReport:
    workloads = tuple(
        each._replace(
            outcomes=tuple(_outcomes(each.outcomes, _label(each.kind, each.namespace, each.name), file, visit))
        )
        for each in file.workloads
    )
    remarks = tuple(
        each._replace(
            outcome=next(_outcomes((each.outcome,), _label(each.kind, each.namespace, each.name), file, visit))
        )
        for each in file.remarks
    )
    return file._replace(workloads=workloads, remarks=remarks)


def _outcomes(outcomes: tuple[Outcome, ...], workload: str, file: FileReport, visit: _Visit) -> Iterator[Outcome]:
    for outcome in outcomes:
        if outcome.applied or outcome.is_moot or (outcome.held is not None and outcome.held.because in _DECIDED):
            yield outcome
            continue
        identity = outcome.identity or Identity((), "", ())
        finding = outcome.finding
        entries = [
            Entry(workload, name, finding.control, identity.place, identity.words, file.name, finding.message)
            for name in identity.containers or ("",)
        ]
        known = [visit(entry) for entry in entries]
        yield outcome._replace(is_known=True) if all(known) else outcome


def _beside(beside: GeneratedReport, visit: _Visit) -> GeneratedReport:
    return beside._replace(companions=tuple(_companion(each, visit) for each in beside.companions))


def _companion(row: GeneratedRow, visit: _Visit) -> GeneratedRow:
    if not row.standing.is_change:
        return row
    label = _label(row.kind, row.namespace, row.name)
    known = visit(Entry(label, "", COMPANION, "", (), row.file, f"{row.kind} {row.name} is to be written"))
    return row._replace(is_known=True) if known else row


def _label(kind: str, namespace: str | None, name: str) -> str:
    return f"{kind} {name}" if namespace is None else f"{kind} {namespace}/{name}"
