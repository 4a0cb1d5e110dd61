"""The choice among findings: by risk, and never two that want different things of one place."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.finding import AppendItem, Because, Change, Finding, Fix, Held, NoFix, RemoveField, Risk
from harden.model.text import Path


def held_at(finding: Finding, accepted: Risk) -> Held | None:
    """Return why a finding is not fixed at the accepted risk, None where it is."""
    match finding.fix:
        case NoFix(reason, because):
            return Held(because, reason)
        case Fix(risk, reason):
            return Held(Because.RISK, reason) if risk > accepted else None


def contradictions(claims: Sequence[tuple[Finding, Sequence[Change]]]) -> dict[int, Held]:
    """Return which claims on one document contradict another, by their index, with the reason.

    Two findings contradict each other when one wants another value at, above or below a place that the other changes.
    A finding never contradicts itself. Where one takes away all that another is about, only the other is refused.
    """
    wanted: dict[Path, list[tuple[int, Change]]] = {}
    for at, (_, changes) in enumerate(claims):
        for change in changes:
            wanted.setdefault(change.path, []).append((at, change))
    refused: dict[int, Held] = {}
    lengths = sorted({len(path) for path in wanted})
    for path, here in wanted.items():
        above = [claim for end in lengths if end < len(path) for claim in wanted.get(path[:end], ())]
        if len(here) == 1 and not above:
            continue
        for at, change in here:
            for other_at, other in (*here, *above):
                if other_at == at or not _contradict(change, other):
                    continue
                if _is_moot(claims[at][1], claims[other_at][1]):
                    refused[at] = Held(Because.MOOT, f"{claims[other_at][0].control} takes away what it is about")
                elif not _is_moot(claims[other_at][1], claims[at][1]):
                    refused[at] = _conflict(claims[other_at][0])
                    refused[other_at] = _conflict(claims[at][0])
    return refused


def _is_moot(changes: Sequence[Change], others: Sequence[Change]) -> bool:
    """Return whether all `changes` lie below places that `others` take away."""
    gone = [other.path for other in others if isinstance(other, RemoveField)]
    return all(any(len(c.path) > len(path) and c.path[: len(path)] == path for path in gone) for c in changes)


def _conflict(other: Finding) -> Held:
    return Held(Because.CONFLICT, f"conflict with {other.control}, which wants something else here")


def _contradict(change: Change, other: Change) -> bool:
    if change == other:
        # `==` takes true for 1: two controls that agree write the same type.
        return False
    if isinstance(change, AppendItem) and isinstance(other, AppendItem):
        return False
    # An item appended to a list leaves the list's present items to others.
    return not (isinstance(other, AppendItem) and len(change.path) > len(other.path))
