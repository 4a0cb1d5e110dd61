"""Lists what a run has to say as entries with a place, for formats that take one thing after the other."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from urllib.parse import quote

from harden.model.finding import Because, Fix, Severity
from harden.model.kube import Skip
from harden.model.record import Record
from harden.model.report import FileReport, Outcome, Problem, Report, Stage
from harden.model.text import Place
from harden.outputs.tally import is_error
from harden.outputs.titles import title


class Sort(Enum):
    """What an entry is about."""

    FINDING = "finding"  # of a control, on a workload or another object
    PROBLEM = "problem"  # what could not be read, proved or written, and notes
    SKIP = "skip"  # a document that was left alone
    COMPANION = "companion"  # an object that is to be written


class Entry(Record):
    """One thing to say: the file (as the run names it), its place (None: all of it), and the rule that it goes by.

    `rule` is the id of a control for findings, and a word that begins with "harden-" for the rest. `object` is "" or
    what it is about ("Deployment web"), `message` says what is wrong, and `advice` what the fix is, or why there is
    none. `fingerprint` stays the same when lines move. `outcome` is there for findings; `is_known` says that a baseline
    has it.
    """

    sort: Sort
    file: str
    place: Place | None
    rule: str
    severity: Severity
    object: str
    message: str
    advice: str
    fingerprint: str
    outcome: Outcome | None = None
    is_known: bool = False

    @property
    def said(self) -> str:
        """Return all of it in one line."""
        is_named = not self.object or self.message.startswith(self.object.replace("/", " ").split(" ")[0] + " ")
        about = self.message if is_named else f"{self.object}: {self.message}"
        return f"{about} ({self.advice})" if self.advice else about

    @property
    def line(self) -> int:
        """Return the 1-based line; the first one where it is about all of the file."""
        return 1 if self.place is None else self.place.line

    @property
    def may_stand(self) -> bool:
        """Return whether nobody is asked to do anything about it: an exemption lets it stand, or a baseline has it."""
        return self.is_known or (self.outcome is not None and self.outcome.may_stand)


def entries(report: Report) -> list[Entry]:
    """Return what is to be said of a run, by file and line; what `apply` has done is not among it."""
    strays = [FileReport(problem.file, None, None, problems=(problem,)) for problem in report.problems]
    found = [entry for file in (*report.files, *strays) for entry in _of_file(file, report.mode)]
    found += _companions(report)
    found.sort(key=lambda entry: (entry.file, entry.line))
    seen: Counter[str] = Counter()
    told = []
    for entry in found:
        seen[entry.fingerprint] += 1
        # What is said twice of one object in the same words is told apart by its order.
        told.append(_numbered(entry, seen[entry.fingerprint]))
    return told


def object_of(kind: str, namespace: str | None, name: str) -> str:
    """Return what an entry calls an object: `Deployment web`, `Deployment shop/web`."""
    return f"{kind} {name}" if namespace is None else f"{kind} {namespace}/{name}"


def from_root(name: str, report: Report) -> str:
    """Return a file's name as seen from the root of the repository, or from the current folder where there is none."""
    return posixpath.normpath(name) if report.stands is None else report.stands.sees(name)


def uri(name: str) -> str:
    """Return a file's name as a URI reference; bytes that are no UTF-8 stay what they are."""
    return quote(os.fsencode(name))


def _numbered(entry: Entry, number: int) -> Entry:
    return entry if number == 1 else entry._replace(fingerprint=_hash(entry.fingerprint, str(number)))


def _hash(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _of_file(file: FileReport, mode: str) -> Iterator[Entry]:
    for workload in file.workloads:
        about = (workload.kind, workload.namespace, workload.name)
        for outcome in workload.outcomes:
            severity = Severity.WARNING if outcome.check is None else Severity.ERROR
            yield from _finding(file.name, about, outcome, severity, mode)
    for remark in file.remarks:
        about = (remark.kind, remark.namespace, remark.name)
        yield from _finding(file.name, about, remark.outcome, Severity[remark.severity.upper()], mode)
    for problem in file.problems:
        yield _problem(problem)
    for skip in file.skipped:
        yield _skip(file.name, skip)


def _finding(
    name: str, about: tuple[str, str | None, str], outcome: Outcome, severity: Severity, mode: str
) -> Iterator[Entry]:
    if outcome.is_moot or outcome.is_outside or (mode == "apply" and outcome.applied):
        return
    finding = outcome.finding
    yield Entry(
        Sort.FINDING,
        name,
        outcome.place,
        finding.control,
        severity,
        object_of(*about),
        finding.message,
        _advice(outcome),
        _hash(name, *about, finding.control, *_identity(outcome)),
        outcome,
        outcome.is_known,
    )


def _identity(outcome: Outcome) -> tuple[str, ...]:
    known = outcome.identity
    return (outcome.finding.message,) if known is None else (known.place, *known.containers, "", *known.words)


def _advice(outcome: Outcome) -> str:
    """Return what the fix is, or why there is none, with the risk of a fix in front."""
    held, fix = outcome.held, outcome.finding.fix
    if held is None and isinstance(fix, Fix):
        return f"{fix.risk.word} fix: {title(fix)}"
    if held is None:
        return f"no fix: {fix.reason}"
    if held.because is Because.RISK and isinstance(fix, Fix):
        return f"{fix.risk.word} fix, not made: {held.text}"
    return f"exempt: {held.text}" if outcome.exempt else f"not fixed: {held.text}"


def _problem(problem: Problem) -> Entry:
    severity = Severity.ERROR if is_error(problem) else Severity.NOTE
    place = problem.place
    if place is None and problem.line is not None:
        place = Place(problem.line, 1, problem.line, 1)
    rule = f"harden-{'unsure' if problem.stage is Stage.DOUBT else problem.stage.value}"
    mark = _hash(problem.file, problem.stage.value, problem.message)
    return Entry(Sort.PROBLEM, problem.file, place, rule, severity, "", problem.message, problem.hint, mark)


def _skip(name: str, skip: Skip) -> Entry:
    about = " ".join(filter(None, (skip.kind, skip.name)))
    said = f"document {skip.document + 1} was left alone: {skip.reason}"
    mark = _hash(name, about, skip.because.name)
    return Entry(Sort.SKIP, name, None, "harden-skipped", Severity.NOTE, about, said, "", mark)


def _companions(report: Report) -> Iterator[Entry]:
    """Yield the companions that are missing; whoever writes them sees them in the files."""
    if report.beside is None or report.mode == "apply":
        return
    for row in report.beside.companions:
        if not row.standing.is_change:
            continue
        about = object_of(row.kind, row.namespace, row.name)
        said = "is not there yet" if row.standing.value == "new" else "is out of date"
        mark = _hash(row.file, row.kind, row.namespace, row.name)
        advice = f"harden apply --companions writes it: {row.because}"
        found = Entry(Sort.COMPANION, row.file, None, "harden-companion", Severity.WARNING, about, said, advice, mark)
        yield found._replace(is_known=row.is_known)
