"""The Pod Security labels of namespaces: enforce only where all workloads pass, warn and audit before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.companions import yaml_text
from harden.companions.model import Answer, Companion, Note, Suggestion
from harden.companions.ownership import Ownership, namespaces
from harden.companions.pod_makers import pod_makers
from harden.kube.bundle import Bundle, Member
from harden.model.finding import Change, Finding, Fix, Level, NoFix, Risk, SetField, Severity
from harden.model.kube import POD_SECURITY, Resource, dig
from harden.model.record import Record
from harden.model.text import Path

CONTROL = "namespace"


#: A workload by its place: file, document, path.
Place = tuple[str, int, Path]

_ORDER = (Level.PRIVILEGED, Level.BASELINE, Level.RESTRICTED)
# Given to `re` as it is, which compiles it where a Namespace has such a label.
_VERSION = r"latest|v1\.(?:0|[1-9][0-9]*)"


class Wanted(Record):
    """What the labels are to say.

    `level` and `version` are the profile's ("v1.37", "latest"); `proved` is the version that `reached` was judged by,
    to which enforce is pinned. `reached` is the highest level that admits each workload, as it will be written; one
    that is missing was not judged. `blind` gives, by namespace, why not everything there was read.
    """

    level: Level
    version: str
    proved: str
    reached: Mapping[Place, Level]
    blind: Mapping[str, str] = {}


def place(member: Member) -> Place:
    """Return the key of a workload in `Wanted.reached`."""
    return member.resource.source, member.resource.document, member.workload.path


def label(bundle: Bundle, ownership: Ownership, wanted: Wanted, *, write_missing: bool = False) -> Answer:
    """Return the labels as remarks with changes on the Namespace objects of the bundle, and what else is to be said.

    With `write_missing` an owned namespace without an object in the bundle gets one as a companion.
    """
    companions: list[Companion] = []
    offers: list[Suggestion] = []
    remarks = [remark for member in bundle.members for remark in _homeless(member, ownership)]
    if wanted.level is Level.PRIVILEGED:
        return Answer(remarks=tuple(remarks))
    for name in namespaces(bundle, ownership):
        own = bundle.namespaces(name)
        if not ownership.owns(name):
            offers.append(_offer(name, wanted))
            continue
        enforce = _enforceable(bundle, ownership, name, wanted)
        for each in own:
            remarks += _labels(each, wanted, enforce)
        if not own and write_missing:
            companions.append(_companion(name, wanted, enforce))
        elif not own:
            said = f"namespace {name}: no Pod Security labels, because these files hold no Namespace {name}"
            offers.append(Suggestion(said, "controls.namespace.write-missing"))
    return Answer(companions=tuple(companions), remarks=tuple(remarks), offers=tuple(offers))


class _Enforce(Record):
    """The highest level that may be enforced, and what keeps a higher one away ("" where nothing does).

    `lowest` is the level that all workloads reach, and `holder` the workload that reaches no more.
    """

    level: Level
    why_not: str
    lowest: Level
    holder: str


class _Label(Record):
    """One label and its version, how sure it is, and why."""

    mode: str
    level: Level
    version: str
    risk: Risk
    reason: str


def _enforceable(bundle: Bundle, ownership: Ownership, name: str, wanted: Wanted) -> _Enforce:
    members = ownership.members(bundle, name)
    levels = [wanted.reached.get(place(member), Level.PRIVILEGED) for member in members]
    lowest = min(levels, key=_ORDER.index, default=Level.RESTRICTED)
    hidden = ownership.signs(bundle, name)
    holder = ""
    if members:
        weakest = members[levels.index(lowest)]
        holder = f"{weakest.resource.kind} {weakest.workload.name} reaches {lowest.value} only"
    why_not = wanted.blind.get(name, "")
    if hidden and why_not == "":
        why_not = f"{hidden[0].resource.kind} {hidden[0].resource.name} {hidden[0].what}"
    makers = pod_makers(bundle, name) if why_not == "" else ()
    if makers:
        why_not = makers[0].said
    if not members and why_not == "":
        why_not = "these files hold no workload of it"
    if why_not != "":
        return _Enforce(Level.PRIVILEGED, why_not, lowest, holder)
    level = min(lowest, wanted.level, key=_ORDER.index)
    return _Enforce(level, "" if level is wanted.level else holder, lowest, holder)


def _labels(own: Resource, wanted: Wanted, enforce: _Enforce) -> Iterator[Note]:
    """Yield what to change on a Namespace object; stricter labels, and versions of labels that stay, stay."""
    for mode in ("warn", "audit"):
        yield from _raise(own, _Label(mode, wanted.level, wanted.version, Risk.SAFE, f"{mode} refuses nothing"))
    said = _read(own, "enforce")
    if isinstance(said, Level) and _ORDER.index(said) > _ORDER.index(enforce.lowest):
        message = f"Namespace {own.name} enforces {said.value}, which refuses pods: {enforce.holder}"
        advice = "fix or exempt the workload, or lower the label"
        yield Note(own, Finding(_at(own, "enforce"), message, NoFix(advice), control=CONTROL), Severity.ERROR)
        return
    if enforce.level is not Level.PRIVILEGED:
        reason = "every workload of these files is admitted; what others run in the namespace is not seen"
        yield from _raise(own, _Label("enforce", enforce.level, wanted.proved, Risk.REVIEW, reason))
    if enforce.why_not and not (isinstance(said, Level) and _ORDER.index(said) >= _ORDER.index(wanted.level)):
        message = f"Namespace {own.name} cannot enforce {wanted.level.value} yet: {enforce.why_not}"
        advice = "enforce refuses every pod that falls short"
        yield Note(own, Finding(_at(own, "enforce"), message, NoFix(advice), control=CONTROL), Severity.NOTE)


def _raise(own: Resource, wished: _Label) -> Iterator[Note]:
    """Yield the change that makes a label at least as strict as wished, or what is wrong with it."""
    mode, path = wished.mode, _at(own, wished.mode)
    said = _read(own, mode)
    number = dig(own.data, "metadata", "labels", f"{POD_SECURITY}{mode}-version")
    if isinstance(said, str) or (
        number is not None and not (isinstance(number, str) and re.fullmatch(_VERSION, number))
    ):
        message = f"Namespace {own.name} has a label {POD_SECURITY}{mode} or {mode}-version that no API server accepts"
        advice = "use privileged, baseline or restricted, and latest or v1.N"
        yield Note(own, Finding(path, message, NoFix(advice), control=CONTROL), Severity.ERROR)
        return
    if said is not None and _ORDER.index(said) >= _ORDER.index(wished.level):
        return
    changes: tuple[Change, ...] = (
        SetField(path, wished.level.value),
        SetField(_at(own, f"{mode}-version"), wished.version),
    )
    words = "has no Pod Security label" if said is None else f"is labelled {said.value}"
    message = f"Namespace {own.name} {words} for {mode}"
    finding = Finding(path, message, Fix(wished.risk, wished.reason, changes), control=CONTROL)
    yield Note(own, finding, Severity.WARNING)


def _read(own: Resource, mode: str) -> Level | str | None:
    """Return the level that a label names, its text where that is none, or None where there is no label."""
    value = dig(own.data, "metadata", "labels", f"{POD_SECURITY}{mode}")
    if value is None:
        return None
    return next((level for level in _ORDER if level.value == value), str(value))


def _at(own: Resource, mode: str) -> Path:
    return (*own.path, "metadata", "labels", f"{POD_SECURITY}{mode}")


def _homeless(member: Member, ownership: Ownership) -> Iterator[Note]:
    """Yield that a workload is in `default`, or wherever the person who applies it happens to be."""
    resource = member.resource
    said = f"{resource.kind} {member.workload.name}"
    path: Path = (*resource.path, "metadata")
    if resource.namespace is None and ownership.fallback == "default":
        message = f"{said} has no metadata.namespace: it lands in whatever namespace is current when applied"
        finding = Finding(path, message, NoFix("name one, or say --namespace NS"), control=CONTROL)
        yield Note(resource, finding, Severity.NOTE)
    elif resource.namespace == "default":
        message = f"{said} is in the namespace default, which everything shares that names none"
        finding = Finding(
            (*path, "namespace"), message, NoFix("give it a namespace with labels of its own"), control=CONTROL
        )
        yield Note(resource, finding, Severity.WARNING)


def _offer(name: str, wanted: Wanted) -> Suggestion:
    labels = f"{POD_SECURITY}warn={wanted.level.value}"
    return Suggestion(
        f"namespace {name}: no label {labels}, because other pods may live there", f"--owns-namespace {name}"
    )


def _companion(name: str, wanted: Wanted, enforce: _Enforce) -> Companion:
    lines = [*yaml_text.head("Namespace", name, None), "  labels:"]
    if enforce.level is not Level.PRIVILEGED:
        lines.append(yaml_text.comment("Every workload of these files is admitted.", 4))
        lines += yaml_text.entries(_pair("enforce", enforce.level, wanted.proved), 4)
    else:
        lines.append(yaml_text.comment(f"No enforce: {enforce.why_not}.", 4))
    lines.append(yaml_text.comment("These refuse nothing: they tell whoever applies, and the audit log.", 4))
    for mode in ("warn", "audit"):
        lines += yaml_text.entries(_pair(mode, wanted.level, wanted.version), 4)
    because = "makes Pod Security Admission judge the pods of the namespace"
    return Companion("Namespace", name, None, yaml_text.text(lines), because)


def _pair(mode: str, level: Level, version: str) -> dict[str, str]:
    return {f"{POD_SECURITY}{mode}": level.value, f"{POD_SECURITY}{mode}-version": version}
