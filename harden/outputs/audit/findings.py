"""Sorts what a run found by the sections of a framework, with what stays open and what was not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from harden.controls import all_controls
from harden.model.finding import Level
from harden.model.record import Record
from harden.model.report import Report
from harden.outputs.audit.frameworks import Framework, Section
from harden.outputs.entries import Entry, Sort, entries
from harden.outputs.tally import is_open
from harden.pss import NEWEST, checks


class State(Enum):
    """What has become of a finding; the value is what people read."""

    OPEN = "open"  # a person has to decide
    FIXABLE = "harden apply fixes it"
    EXEMPT = "exempt"
    KNOWN = "known by the baseline"


class Verdict(Enum):
    """What is to be said of a section; the value is what people read."""

    OPEN = "open findings"
    EXEMPT = "all findings may stand"
    CLEAR = "nothing found"
    NOTHING_THERE = "nothing to look at"  # there is no workload, nor anything else
    NOT_ASKED = "not asked"  # its controls do not run in this profile
    NOT_LOOKED_AT = "not looked at"  # no control is about it


class Evidence(Record):
    """One finding with its state."""

    entry: Entry
    state: State

    @property
    def is_open(self) -> bool:
        """Return whether it is still there to be ended."""
        return self.state in {State.OPEN, State.FIXABLE}


class SectionReport(Record):
    """A section with the controls that look at it, those of them that ran, and what they found."""

    section: Section
    controls: tuple[str, ...]
    asked: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    has_objects: bool

    @property
    def verdict(self) -> Verdict:
        """Return what is to be said of the section; that nothing was found counts where a control ran."""
        if any(each.is_open for each in self.evidence):
            return Verdict.OPEN
        if self.evidence:
            return Verdict.EXEMPT
        if not self.controls:
            return Verdict.NOT_LOOKED_AT
        if not self.asked:
            return Verdict.NOT_ASKED
        return Verdict.CLEAR if self.has_objects else Verdict.NOTHING_THERE

    @property
    def silent(self) -> tuple[str, ...]:
        """Return the controls of the section that did not run."""
        return tuple(each for each in self.controls if each not in self.asked)


class AuditReport(Record):
    """All of a report for auditors; `beside` are findings that are in no section of the framework.

    `unread` is what could not be read, or was left alone, and `silent` the controls that did not run.
    """

    framework: Framework
    sections: tuple[SectionReport, ...]
    beside: tuple[Evidence, ...]
    unread: tuple[Entry, ...]
    silent: tuple[str, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many sections have a verdict."""
        return sum(each.verdict is verdict for each in self.sections)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return every finding once, by file and line."""
        found = {id(each.entry): each for section in self.sections for each in section.evidence}
        found |= {id(each.entry): each for each in self.beside}
        return tuple(sorted(found.values(), key=lambda each: (each.entry.file, each.entry.line, each.entry.rule)))


def audit(report: Report, framework: Framework, asked: tuple[str, ...]) -> AuditReport:
    """Return what a run found, by the sections of a framework; `asked` are the ids of the controls that ran."""
    told = entries(report)
    found = [_evidence(entry) for entry in told if entry.sort is Sort.FINDING]
    has_objects = report.beside is not None or any(file.workloads or file.remarks for file in report.files)
    judged = _judged(framework, report)
    ids = {section.id: tuple(control.id for control in framework.controls(section)) for section in framework.sections}
    sections = tuple(
        SectionReport(
            section,
            ids[section.id],
            tuple(each for each in ids[section.id] if each in asked and section.id in judged),
            tuple(each for each in found if _is_about(each.entry, section, ids[section.id], framework)),
            has_objects,
        )
        for section in framework.sections
    )
    told_of = {id(each.entry) for section in sections for each in section.evidence}
    return AuditReport(
        framework,
        sections,
        tuple(each for each in found if id(each.entry) not in told_of),
        tuple(entry for entry in told if entry.sort in {Sort.SKIP, Sort.PROBLEM}),
        tuple(control.id for control in all_controls() if control.id not in asked),
    )


def _judged(framework: Framework, report: Report) -> frozenset[str]:
    """Return the sections that the level asks for: of official checks, a stricter one may take another's place."""
    if framework.word != "pss":
        return frozenset(section.id for section in framework.sections)
    version = None if report.version == "latest" else int(report.version.rpartition(".")[2])
    return frozenset(checks(Level(report.level), NEWEST if version is None else (1, version)))


def _is_about(entry: Entry, section: Section, controls: tuple[str, ...], framework: Framework) -> bool:
    """Return whether a finding belongs to a section: where it names its own among those of its control, to these."""
    if entry.rule not in controls or entry.outcome is None:
        return False
    finding = entry.outcome.finding
    own = {"pss": finding.checks, "cis": finding.cis}.get(framework.word)
    return own is None or section.id in own


def _evidence(entry: Entry) -> Evidence:
    outcome = entry.outcome
    if outcome is None:
        return Evidence(entry, State.OPEN)
    if outcome.may_stand:
        return Evidence(entry, State.EXEMPT if outcome.exempt else State.KNOWN)
    return Evidence(entry, State.OPEN if is_open(outcome) else State.FIXABLE)


def unseen(report: Report, found: AuditReport) -> Iterator[str]:
    """Yield what was not looked at, a sentence each."""
    for entry in found.unread:
        place = entry.file if entry.place is None else f"{entry.file}:{entry.line}"
        yield f"{place}: {entry.said}"
    for reason, number in report.left_out:
        yield f"left out of folders: {number} {reason}"
    if report.outside is not None:
        other = f"{report.outside.workloads} workloads and {report.outside.findings} findings stand elsewhere"
        yield f"all that the change did not touch to which this run is limited: {other}"
    if report.beside is None:
        yield "roles, network policies, quotas, Services, Ingresses and Secrets: they are looked at with --companions"
    if found.silent:
        yield f"controls that the profile {report.profile} does not ask for: {', '.join(found.silent)}"
    yield "the running cluster: what it adds, lacks or does otherwise than these files say"
