"""What both forms of the report for auditors say in the same words: of the run as a whole, and of exemptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from harden import __version__
from harden.model.record import Record
from harden.model.report import Report
from harden.model.text import Plain
from harden.outputs.audit.findings import AuditReport, Evidence, State, Verdict
from harden.outputs.summary import number
from harden.outputs.tally import count

#: What a reader has to know who has not seen harden: it reads files, and that is all.
SCOPE = (
    "This report says what the manifests say, not what a cluster does. That nothing was found in a section means that "
    "the controls named there found nothing, not that everything is met that the framework asks for. "
    "Not asked is what the profile leaves out: --profile hardened asks for most of it."
)


class ExemptionRow(Record):
    """An exemption as a table has it; `until` is "no end" where it has none, `owner` says where it stands if nobody."""

    control: str
    place: str
    owner: str
    reason: str
    until: str
    state: str
    about: str


def facts(report: Report, found: AuditReport) -> list[tuple[str, str]]:
    """Return what the run was, as names and values."""
    tally = count(report)
    return [
        ("Framework", found.framework.name),
        ("Published at", found.framework.source),
        ("Profile", f"{report.profile}: Pod Security level {report.level}, {report.version}"),
        ("Files", number(tally.files, "file")),
        ("Workloads", f"{number(tally.workloads, 'workload')}, {tally.admitted} admitted at level {report.level}"),
        ("Not read, or left alone", f"{len(found.unread)}, listed below" if found.unread else "nothing"),
        ("Made by", f"harden {__version__}, harden check --framework {found.framework.word}"),
    ]


def totals(found: AuditReport) -> list[tuple[str, int]]:
    """Return the counts that stand at the top: sections by what is said of them, findings by what became of them."""
    states = [each.state for each in found.evidence]
    unseen = (Verdict.NOT_LOOKED_AT, Verdict.NOT_ASKED, Verdict.NOTHING_THERE)
    counts = (
        (found.count(Verdict.OPEN), "section", "with open findings"),
        (found.count(Verdict.CLEAR), "section", "without findings"),
        (sum(map(found.count, unseen)), "section", "not looked at"),
        (states.count(State.OPEN), "finding", "to decide"),
        (states.count(State.FIXABLE), "finding", "that harden fixes"),
        (states.count(State.EXEMPT) + states.count(State.KNOWN), "finding", "that may stand"),
    )
    return [(f"{noun if amount == 1 else f'{noun}s'} {what}", amount) for amount, noun, what in counts]


def place_of(each: Evidence) -> str:
    """Return file and line of a finding."""
    return f"{each.entry.file}:{each.entry.line}"


def exemptions(report: Report) -> Iterator[ExemptionRow]:
    """Yield the exemptions of a run, in its order."""
    for each in report.exemptions:
        data = each.data
        findings = cast("list[dict[str, Plain]]", data["findings"])
        about = dict.fromkeys(str(finding["workload"]) for finding in findings)
        yield ExemptionRow(
            str(data["control"]),
            f"{data['file']}:{data['line']}",
            str(data.get("owner") or f"not named: whoever wrote {data['file']}"),
            str(data["reason"]),
            str(data["until"] or "no end"),
            str(data["state"]),
            ", ".join(about) or "nothing",
        )
