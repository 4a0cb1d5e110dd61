"""Turns what one kind of companion has to say of a bundle into findings on objects."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from harden.companions.model import Answer, Companion, Note, Suggestion
from harden.companions.ownership import Ownership
from harden.kube.bundle import Bundle
from harden.model.finding import (
    Because,
    Change,
    Finding,
    Fix,
    GeneratedObject,
    NoFix,
    ObjectFinding,
    Remote,
    Risk,
    Severity,
)
from harden.model.kube import Resource
from harden.model.text import Path


def findings(answer: Answer, bundle: Bundle, ownership: Ownership) -> Iterator[ObjectFinding]:
    """Yield a finding for each object to create, each step, remark and offer; what has no object stands for none."""
    for companion in answer.companions:
        yield _created((companion,), bundle, ownership)
    for each in answer.steps:
        made = tuple(map(_generated, each.companions))
        yield step(each.remarks, made) if each.remarks else _created(each.companions, bundle, ownership)
    yield from map(_remark, answer.remarks)
    yield from map(_offer, answer.offers)


def _created(companions: tuple[Companion, ...], bundle: Bundle, ownership: Ownership) -> ObjectFinding:
    """Return the finding that something lacks these objects, which are only right together."""
    first = max(companions, key=lambda companion: companion.risk)
    resource = first.about or _of_namespace(first, bundle, ownership)
    path: Path = () if resource is None else resource.path
    title = ", ".join(f"{companion.kind} {companion.name}" for companion in companions)
    created = tuple(map(_generated, companions))
    needs = tuple(key for companion in companions for key in companion.needs)
    fix = Fix(first.risk, first.reason or first.because, (), creates=created, needs=needs)
    return ObjectFinding(resource, Finding(path, first.lacks or f"there is no {title}", fix, severity=Severity.NOTE))


def _of_namespace(companion: Companion, bundle: Bundle, ownership: Ownership) -> Resource | None:
    """Return the Namespace that an object is for, or else the first workload in it."""
    name = companion.name if companion.kind == "Namespace" else companion.namespace or ownership.fallback
    members = (member.resource for member in ownership.members(bundle, name))
    return next(chain(bundle.namespaces(name), members, bundle.resources), None)


def step(remarks: tuple[Note, ...], created: tuple[GeneratedObject, ...]) -> ObjectFinding:
    """Return the finding on the first object whose fix changes all of them, and creates what they need."""
    first, *others = remarks
    own: tuple[Change, ...] = first.finding.changes
    elsewhere = tuple(
        Remote(other.resource.source, other.resource.document, change)
        for other in others
        for change in other.finding.changes
    )
    fix = first.finding.fix
    risk, reason = (fix.risk, fix.reason) if isinstance(fix, Fix) else (Risk.REVIEW, fix.reason)
    whole = Fix(risk, reason, own, elsewhere, creates=created)
    finding = first.finding._replace(fix=whole, severity=first.severity)
    return ObjectFinding(first.resource, finding, tuple(map(_remark, others)))


def _remark(remark: Note) -> ObjectFinding:
    return ObjectFinding(remark.resource, remark.finding._replace(severity=remark.severity))


def _offer(offer: Suggestion) -> ObjectFinding:
    fix = NoFix(offer.option, Because.NEEDS_OPTION)
    return ObjectFinding(None, Finding((), offer.message, fix, severity=Severity.NOTE), of=offer.of)


def _generated(companion: Companion) -> GeneratedObject:
    return GeneratedObject(companion.kind, companion.name, companion.namespace, companion.text, companion.because)
