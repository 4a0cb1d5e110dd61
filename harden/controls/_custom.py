"""Fits fixes to kinds of operators: what a schema lacks at the pod is written at its containers, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.forbidden import needed_release, unwritten
from harden.model.finding import Because, Change, Finding, Fix, NoFix, RemoveField, SetField, moved
from harden.model.kube import Workload
from harden.model.text import Path, Plain, dotted

#: Fields of a pod's security context that a container may have too, and then wins (Kubernetes API reference).
_ALSO_AT_CONTAINERS = frozenset(
    {"appArmorProfile", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile", "windowsOptions"}
)


#: Fields that OpenShift chooses itself; operators leave them to it.
_CHOSEN = frozenset({"fsGroup", "runAsGroup", "runAsUser"})


def fitted(finding: Finding, workload: Workload, platform: str) -> Finding:
    """Return a finding whose fix can be written into the workload's kind, or says why it cannot."""
    fix = finding.fix
    if not isinstance(fix, Fix):
        return finding
    changes: list[Change] = []
    for change in (*fix.changes, *_displaced(fix.changes, workload, platform)):
        lack = _lack(workload, change)
        if lack is None:
            changes.append(change)
            continue
        others = list(_at_containers(workload, change))
        unfit = next((why for each in others if (why := _lack(workload, each)) is not None), None if others else lack)
        if unfit is not None:
            return finding._replace(fix=NoFix(unfit, Because.NO_FIELD))
        changes.extend(others)
    releases = {release for change in changes if (release := needed_release(workload, change.path)) is not None}
    for release in sorted(releases):
        fix = fix._replace(reason=f"{fix.reason}; the schema of {workload.row.owner} has the field from {release} on")
        finding = finding._replace(fix=fix)
    if len(changes) == len(fix.changes) and all(a is b for a, b in zip(changes, fix.changes, strict=True)):
        return finding
    return finding._replace(fix=fix._replace(changes=tuple(changes)))


def _displaced(changes: tuple[Change, ...], workload: Workload, platform: str) -> Iterator[Change]:
    """Yield what an operator would no longer set, because some changes write a field that it fills in as a whole.

    Its own values are written beside them.
    """
    start = len(workload.pod)
    for field, value in workload.filled.items():
        place = (*workload.pod, field)
        if not any(isinstance(change, SetField) and change.path[: start + 1] == place for change in changes):
            continue
        for below, leaf in _leaves((), value):
            chosen = platform == "openshift" and below[-1] in _CHOSEN
            if not chosen and all(change.path != (*place, *below) for change in changes):
                yield SetField((*place, *below), leaf)


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, Plain]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves((*path, key), below)
    else:
        yield path, value  # type: ignore[misc] # rows hold plain data


def placed(finding: Finding, workload: Workload) -> Finding:
    """Return a finding with its paths as they stand in the document, where a kind has names of its own."""
    fix = finding.fix
    if isinstance(fix, Fix):
        changes = tuple(moved(change, workload.written(change.path)) for change in fix.changes)
        fix = fix._replace(changes=changes)
    return finding._replace(path=workload.written(finding.path), fix=fix)


def _lack(workload: Workload, change: Change) -> str | None:
    """Return why a change cannot be written where it is meant to stand, None where it can."""
    path = change.path
    # What stands there may always go.
    reason = None if isinstance(change, RemoveField) else unwritten(workload, path, change.value)
    if reason is not None:
        return reason
    for fixed in workload.fixed:
        if path[: len(fixed)] == fixed:
            return f"{workload.row.owner} makes this container, and nothing in a {workload.kind} changes it"
    own = workload.container_at(path)
    made = next((each for each in workload.place.adds if own is not None and each.path and each.name == own.name), None)
    if own is not None and made is not None and path[len(own.path) :][:1] not in {(each,) for each in made.fields}:
        return f"a {workload.kind} of {workload.row.owner} has no such field of this container"
    start = len(workload.pod)
    field = path[start] if path[:start] == workload.pod and len(path) > start else None
    stands = workload.inherited.get(field) if isinstance(field, str) else None
    return None if stands is None else f"it stands at {dotted(stands)}, for more than this pod: change it there"


def _at_containers(workload: Workload, change: Change) -> Iterator[Change]:
    """Yield a change of the pod's security context as changes of those containers that say nothing themselves."""
    start = len(workload.pod)
    below: Path = change.path[start:]
    if not isinstance(change, SetField) or len(below) < len(("securityContext", "field")):
        return
    if change.path[:start] != workload.pod or below[0] != "securityContext" or below[1] not in _ALSO_AT_CONTAINERS:
        return
    for container in workload.containers:
        if container.get("securityContext", str(below[1])) is None:
            yield moved(change, (*container.path, *below))
