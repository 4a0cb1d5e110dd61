"""Sums a run up in one line, the result first: what is admitted, what changed, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.finding import Risk
from harden.model.report import Report
from harden.outputs.tally import Tally, count
from harden.pss import NEWEST

_SEPARATOR = " · "
#: What stands beside the number of fixes of a risk.
_FIXES = {Risk.SAFE: "safe", Risk.REVIEW: "to review", Risk.BREAKING: "breaking"}
#: What begins the count of fixes, and of what is not fixed, by the mode of the run.
_CAN_BE_FIXED, _LEFT_OPEN, _NOT_APPLIED = "can be fixed", "left open", "not applied"


def summary(report: Report) -> str:
    """Return the one line; parts with nothing to count are left out."""
    tally = count(report)
    parts = [
        _admitted(tally, report),
        _files(tally, report.mode),
        _fixes(tally, report.mode),
        _open(tally, report),
        _waiting(tally),
        f"{tally.exempt} exempt" if tally.exempt else "",
        f"{tally.known} in the baseline" if tally.known else "",
        f"{number(tally.expired, 'exemption')} expired" if tally.expired else "",
        _companions(report),
        f"{tally.unread} could not be read" if tally.unread else "",
        f"{tally.left} left alone" if tally.left else "",
        f"{tally.undone} not written" if tally.undone else "",
        *_outside(report),
    ]
    return _SEPARATOR.join(part for part in parts if part)


def _outside(report: Report) -> Iterator[str]:
    """Yield what a run that is limited to a change leaves out."""
    if report.outside is None:
        return
    if report.outside.findings:
        yield f"{number(report.outside.findings, 'finding')} outside of the change"
    if report.outside.unread:
        yield f"{number(report.outside.unread, 'file')} outside of the change could not be read"


def judged_by(report: Report) -> str:
    """Return the level and the version of the standards that pods are held to: `restricted (v1.37)`."""
    version = f"v{NEWEST[0]}.{NEWEST[1]}" if report.version == "latest" else report.version
    return f"{report.level} ({version})"


def number(count_: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{count_} {singular if count_ == 1 else plural or singular + 's'}"


def _admitted(tally: Tally, report: Report) -> str:
    if not tally.workloads:
        return "no workloads"
    before = f", {tally.admitted_before} before" if report.mode != "check" else ""
    return f"{tally.admitted} of {number(tally.workloads, 'workload')} admitted at {judged_by(report)}{before}"


def _files(tally: Tally, mode: str) -> str:
    files = number(tally.files, "file")
    if mode == "check":
        return files
    return f"{tally.changed} of {files} {'changed' if mode == 'apply' else 'would change'}"


def _fixes(tally: Tally, mode: str) -> str:
    total = sum(tally.fixes.values())
    if not total:
        return ""
    by_risk = ", ".join(f"{tally.fixes[risk]} {_FIXES[risk]}" for risk in Risk if risk in tally.fixes)
    return f"{total} {_CAN_BE_FIXED}: {by_risk}" if mode == "check" else f"{number(total, 'fix', 'fixes')}: {by_risk}"


def _open(tally: Tally, report: Report) -> str:
    parts = [f"{tally.risky[risk]} {_FIXES[risk]} (--risk {risk.word})" for risk in Risk if risk in tally.risky]
    parts.append(f"{tally.held} held" if tally.held else "")
    parts.append(f"{tally.undecided} for you to decide" if tally.undecided else "")
    told = ", ".join(part for part in parts if part)
    return f"{_LEFT_OPEN if report.mode == 'check' else _NOT_APPLIED}: {told}" if told else ""


def _waiting(tally: Tally) -> str:
    """Return how many workloads have findings that facts about images would settle, and what learns them."""
    if not tally.waiting:
        return ""
    wait = "waits" if tally.waiting == 1 else "wait"
    images = number(len(tally.images), "image")
    learn = "harden images learn --registry --from PATH"
    return f"{number(tally.waiting, 'workload')} {wait} for facts about {images} ({learn})"


def _companions(report: Report) -> str:
    if report.beside is None:
        return ""
    from harden.outputs.generated import summary as companions  # noqa: PLC0415 - only where companions were asked for

    return companions(report.beside, report.mode)
