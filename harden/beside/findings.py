"""Owns the findings that an answer comes to: those of a step are made together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harden.companions.model import Answer, Remark, Step
from harden.engine.edit import Place
from harden.model.finding import Finding, Fix, NoFix, Remote
from harden.model.record import Record


class Plan(Record):
    """One finding that is put to the rewriting, what is told of it, and what is written when it is made."""

    place: Place
    finding: Finding
    remarks: tuple[Remark, ...]
    step: Step | None = None


def plans(answer: Answer, blocked: Callable[[Step], str | None]) -> Iterator[Plan]:
    """Yield a plan for each change and each step; `blocked` says why a step cannot be made, None where it can."""
    for remark in answer.remarks:
        if remark.finding.changes:
            yield Plan(_place(remark), remark.finding, (remark,))
    for step in answer.steps:
        yield _of_step(step, blocked(step))


def _of_step(step: Step, why_not: str | None) -> Plan:
    first, *others = step.remarks
    finding = first.finding
    if why_not is not None:
        stopped = finding._replace(fix=NoFix(why_not))
        return Plan(_place(first), stopped, step.remarks, step)
    fix = finding.fix
    if isinstance(fix, Fix):
        remote = tuple(Remote(*_place(one), change) for one in others for change in one.finding.changes)
        finding = finding._replace(fix=fix._replace(elsewhere=remote))
    return Plan(_place(first), finding, step.remarks, step)


def _place(remark: Remark) -> Place:
    return remark.resource.source, remark.resource.document
