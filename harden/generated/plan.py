"""Plans the fixes of what is found on objects: where each goes, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harden.engine.edit import DocumentKey, ObjectFix
from harden.engine.plan import held_at
from harden.model.finding import Because, Fix, GeneratedObject, Held, ObjectFinding, ObjectKey, Risk
from harden.model.record import Record

#: Returns why an object that comes with these files cannot be written, None where it can.
Blocked = Callable[[GeneratedObject, list[str]], str | None]


class Plan(Record):
    """One finding that is put to the rewriting with its document, and what stands against it beforehand."""

    place: DocumentKey
    found: ObjectFinding
    said: Held | None = None

    @property
    def added(self) -> ObjectFix:
        """Return the finding as the rewriting takes it."""
        return ObjectFix(self.place, self.found.finding, self.said)


def plans(
    found: Sequence[ObjectFinding],
    accepted: Risk,
    blocked: Blocked,
    ruled: Callable[[ObjectFinding], Held | None],
) -> tuple[Plan, ...]:
    """Return a plan for each finding with a fix; `ruled` says what a person has decided.

    What is created together with a change, or with another object, must be possible as a whole. A single object whose
    file is somebody else's is no reason to hold anything: that file says so itself. A fix that needs what others create
    is held with them.
    """
    planned = []
    for each in found:
        if each.resource is not None and isinstance(each.finding.fix, Fix):
            place = (each.resource.source, each.resource.document)
            planned.append(Plan(place, each, ruled(each) or _impossible(each, blocked)))
    made = _made(planned, accepted, blocked)
    return tuple(_leaning(plan, made) for plan in planned)


def _impossible(found: ObjectFinding, blocked: Blocked) -> Held | None:
    finding = found.finding
    if not finding.creates or (len(finding.creates) == 1 and not finding.changes):
        return None
    return _obstacle(found, blocked)


def _obstacle(found: ObjectFinding, blocked: Blocked) -> Held | None:
    origins = [each.resource.source for each in (found, *found.also) if each.resource is not None]
    reasons = (blocked(created, origins) for created in found.finding.creates)
    why_not = next((reason for reason in reasons if reason is not None), None)
    return None if why_not is None else Held(Because.CANNOT_APPLY, why_not)


def _made(planned: Sequence[Plan], accepted: Risk, blocked: Blocked) -> frozenset[ObjectKey]:
    """Return the objects that fixes create which nothing stands against; looks only where one needs another."""
    if not any(plan.found.finding.needs for plan in planned):
        return frozenset()
    free = (
        plan
        for plan in planned
        if plan.said is None
        and held_at(plan.found.finding, accepted) is None
        and _obstacle(plan.found, blocked) is None
    )
    return frozenset(created.key for plan in free for created in plan.found.finding.creates)


def _leaning(plan: Plan, made: frozenset[ObjectKey]) -> Plan:
    lacking = [key for key in plan.found.finding.needs if key not in made]
    if not lacking or plan.said is not None:
        return plan
    kind, _, name = lacking[0]
    return plan._replace(said=Held(Because.LEANS, f"needs {kind} {name}, which is not written"))
