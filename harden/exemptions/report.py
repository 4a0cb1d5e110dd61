"""Reports on the exemptions of a run: what each of them held, and which ones to look at again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import assert_never

from harden.exemptions.decisions import Decision, matches
from harden.exemptions.model import Exemption, Origin
from harden.model.finding import Finding
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.text import Plain

#: A line names no more workloads than this: globs of harden.yaml may be about hundreds.
_MOST = 5


class State(Enum):
    """What became of an exemption in a run."""

    HOLDS = "holds"
    EXPIRED = "expired"
    UNUSED = "unused"  # nothing that it is about was found
    IGNORED = "ignored"  # by --strict
    ASLEEP = "not asked for"  # its control does not run in this profile, so nobody can say


class ExemptionUse(Record):
    """One finding that one exemption is about: the workload, and the finding's message, for people."""

    exemption: Exemption
    workload: str
    message: str


class ReportEntry(Record):
    """An exemption with its state and what it is about."""

    exemption: Exemption
    state: State
    uses: tuple[ExemptionUse, ...]


def uses(
    exemptions: Sequence[Exemption], workload: Workload, findings: Sequence[Finding], rulings: Mapping[int, Decision]
) -> Iterator[ExemptionUse]:
    """Yield what the exemptions are about in one workload.

    A finding belongs to the one that its ruling names; the others that match it are in use, too, and listed with it.
    """
    name = workload.name if workload.namespace is None else f"{workload.namespace}/{workload.name}"
    for at, finding in enumerate(findings):
        own = rulings.get(at)
        for exemption in exemptions:
            is_own = own is not None and own.exemption is exemption and exemption.control == finding.control
            if is_own or matches(exemption, workload, finding):
                yield ExemptionUse(exemption, f"{workload.kind} {name}", finding.message)


def report_entries(  # noqa: PLR0913 - keywords that stand for themselves
    exemptions: Iterable[Exemption],
    used: Iterable[ExemptionUse],
    *,
    today: str,
    active: Collection[str],
    strict: bool = False,
    whole: bool = True,
) -> tuple[ReportEntry, ...]:
    """Return the account of all exemptions of a run, by file and line.

    `active` are the ids of the controls that ran; `whole` says that the run looked at everything below harden.yaml, so
    that an exemption there that matches nothing is really unused.
    """
    by_exemption: dict[Exemption, list[ExemptionUse]] = {each: [] for each in exemptions}
    for use in used:
        by_exemption.setdefault(use.exemption, []).append(use)
    entries = []
    for each, own in by_exemption.items():
        state = _state(each, own, today, active, strict=strict)
        if state is State.UNUSED and each.origin is Origin.CONFIG and not whole:
            continue
        entries.append(ReportEntry(each, state, tuple(own)))
    return tuple(
        sorted(entries, key=lambda entry: (entry.exemption.file, entry.exemption.line, entry.exemption.control))
    )


def entry_line(entry: ReportEntry) -> str:
    """Return one line about an exemption: where, what, and what to do."""
    each = entry.exemption
    head = f"{each.file}:{each.line}: {each.control}"
    match entry.state:
        case State.HOLDS:
            return f"{head}: {each.said}: {_named(entry)}"
        case State.EXPIRED:
            return f"{head}: expired on {each.until}: decide again ({each.reason})"
        case State.UNUSED:
            return f"{head}: matches nothing any more: remove it ({each.said})"
        case State.IGNORED:
            return f"{head}: ignored by --strict ({each.said})"
        case State.ASLEEP:
            return f"{head}: this profile does not ask for it ({each.said})"
        case _:
            assert_never(entry.state)


def _named(entry: ReportEntry) -> str:
    """Return the workloads that an exemption is about, the first ones by name."""
    names = list(dict.fromkeys(use.workload for use in entry.uses))
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def entry_data(entry: ReportEntry) -> dict[str, Plain]:
    """Return an entry for reports that programs read."""
    each = entry.exemption
    return {
        "control": each.control,
        "reason": each.reason,
        "owner": each.owner or None,
        "until": each.until,
        "origin": each.origin.value,
        "file": each.file,
        "line": each.line,
        "state": entry.state.value,
        "findings": [{"workload": use.workload, "message": use.message} for use in entry.uses],
    }


def _state(each: Exemption, own: list[ExemptionUse], today: str, active: Collection[str], *, strict: bool) -> State:
    if strict:
        return State.IGNORED
    if each.is_expired(today):
        return State.EXPIRED
    if own:
        return State.HOLDS
    return State.UNUSED if each.control in active else State.ASLEEP
