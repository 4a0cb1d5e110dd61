"""Owns the choice among findings: by risk, and never two that want different things of one place."""

from __future__ import annotations

from collections.abc import Sequence

from harden.model.finding import AppendItem, Change, Finding, Risk
from harden.model.plan import Held, Plan
from harden.model.text import Path


def choose(findings: Sequence[Finding], accepted: Risk) -> Plan:
    """Return the plan for one document: every fix up to the accepted risk that contradicts no other one."""
    chosen: list[Finding] = []
    held: list[Held] = []
    for finding in findings:
        if finding.risk is None:
            held.append(Held(finding, finding.reason))
        elif finding.risk > accepted:
            held.append(Held(finding, f"{finding.risk.word}: {finding.reason}"))
        else:
            chosen.append(finding)
    plan = Plan(tuple(chosen), tuple(held))
    refused = _contradictions(plan.chosen)
    return plan.without(refused) if refused else plan


def _contradictions(findings: Sequence[Finding]) -> dict[int, str]:
    """Return the indexes of findings of which one wants another value at, above or below a place that another sets."""
    wanted: dict[Path, list[tuple[int, Change]]] = {}
    for at, finding in enumerate(findings):
        for change in finding.changes:
            wanted.setdefault(change.path, []).append((at, change))
    refused: dict[int, str] = {}
    for path, claims in wanted.items():
        above = [claim for end in range(len(path)) for claim in wanted.get(path[:end], ())]
        for at, change in claims:
            for other_at, other in (*claims, *above):
                if other_at != at and _contradict(change, other):
                    refused[at] = f"conflict with {findings[other_at].control}, which wants something else here"
                    refused[other_at] = f"conflict with {findings[at].control}, which wants something else here"
    return refused


def _contradict(one: Change, other: Change) -> bool:
    if one == other:
        # `==` takes true for 1: two controls that agree write the same type.
        return False
    if isinstance(one, AppendItem) and isinstance(other, AppendItem):
        return False
    # An item appended to a list leaves the list's present items to others.
    return not (isinstance(other, AppendItem) and len(one.path) > len(other.path))
