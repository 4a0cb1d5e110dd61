"""Containers run under a seccomp profile: the runtime's default or one of your own.

## Why
A seccomp profile cuts off the system calls that containers never need and exploits do. Kubernetes applies none unless
a pod asks for it (or the kubelet runs with seccompDefault).

## Allowed values
From 1.19, level restricted: `type` is `RuntimeDefault` or `Localhost` for the pod, or for every container, and
nothing else anywhere. Level baseline: the same two, or the field is absent. Before 1.19, both levels: the annotations
`seccomp.security.alpha.kubernetes.io/pod` and `container.seccomp.security.alpha.kubernetes.io/NAME` hold
`runtime/default`, `docker/default` or `localhost/...`, or are absent. At level restricted, pods with
`spec.os.name: windows` are exempt from 1.25 on.

## What a fix may change
`RuntimeDefault` is said once, for the pod: review, because a program that needs one of the calls that are cut off
(some debuggers, sandboxes and old runtimes) stops. Where an annotation names a profile and the field is missing, the
field gets that same profile; a Localhost profile must be a file on every node. A profile that the level forbids
(Unconfined) is replaced where it stands: breaking, because somebody chose it. An annotation that contradicts the new
field is changed with it, since the API server refuses such a pair; below 1.27, where it fills the field in, also that
of a container without the field.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_seccompProfile_baseline.go and
  check_seccompProfile_restricted.go
- kubernetes, pkg/apis/core/validation, validateSeccompAnnotationsAndFieldsMatch; pull request 114947 (from 1.27 on
  annotations are without effect, the validation stays)
- KEP-135 (seccomp) and KEP-2413 (seccompDefault)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Hardening container environments
- CIS Kubernetes Benchmark 1.12: 5.6.2
- Design principles: restrict permissions, limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.controls import Context, Option, control, pod_and_containers
from harden.controls._pods import NOT_ON_WINDOWS, WINDOWS_KNOWN, annotations_of, is_windows, quoted
from harden.model.finding import Change, Finding, Fix, Level, NoFix, RemoveField, Risk, SetField
from harden.model.kube import Container, Version, Workload
from harden.model.text import Path

_FIELD = ("securityContext", "seccompProfile")
_POD_KEY = "seccomp.security.alpha.kubernetes.io/pod"
_CONTAINER_KEY = "container.seccomp.security.alpha.kubernetes.io/"
_FIELD_KNOWN: Version = (1, 19)
_ANNOTATIONS_GONE: Version = (1, 27)
_USERS_CHOICE = "somebody chose it: what runs there may need it"
_UNUSUAL = "would stop programs that need unusual system calls (debuggers, sandboxes)"
_NEEDS_FILE = "the profile file must be on every node"

#: A profile: its type and, for Localhost, its file.
_Profile = tuple[str, str]


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("seccompProfile_baseline", "seccompProfile_restricted"),
    fields=(
        *pod_and_containers("securityContext.seccompProfile.type"),
        f"metadata.annotations[{_POD_KEY}]",
        f"metadata.annotations[{_CONTAINER_KEY}*]",
    ),
    options=(Option("localhostProfile", "", "a profile file on every node to use in place of the runtime's default"),),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each forbidden profile and, at level restricted, one for what has no profile."""
    restricted = context.level is Level.RESTRICTED and context.version >= _FIELD_KNOWN
    if restricted and is_windows(workload) and context.version >= WINDOWS_KNOWN:
        return
    findings = _fields(workload, context) if context.version >= _FIELD_KNOWN else _annotations(workload)
    official = ("seccompProfile_restricted" if restricted else "seccompProfile_baseline",)
    for finding in findings:
        yield finding._replace(checks=official)


def _fields(workload: Workload, context: Context) -> Iterator[Finding]:
    profile = workload.get(*_FIELD)
    silent = [container for container in workload.containers if container.get(*_FIELD) is None]
    if profile is not None and not _is_allowed(profile):
        yield _unless_windows(workload, _replaced(workload, None, "the pod", _POD_KEY, context))
    if profile is None and silent and context.level is Level.RESTRICTED:
        for finding in _missing(workload, silent, context):
            yield _unless_windows(workload, finding)
    for container in workload.containers:
        own = container.get(*_FIELD)
        if own is not None and not _is_allowed(own):
            owner, key = f'container "{container.name}"', _CONTAINER_KEY + container.name
            yield _unless_windows(workload, _replaced(workload, container, owner, key, context))


def _unless_windows(workload: Workload, finding: Finding) -> Finding:
    return Finding(finding.path, finding.message, NoFix(NOT_ON_WINDOWS)) if is_windows(workload) else finding


def _is_allowed(profile: object) -> bool:
    return isinstance(profile, dict) and profile.get("type") in ("RuntimeDefault", "Localhost")


def _default(context: Context) -> _Profile:
    file = context.options.get("localhostProfile")
    return ("Localhost", file) if isinstance(file, str) and file else ("RuntimeDefault", "")


def _replaced(workload: Workload, holder: Container | None, owner: str, key: str, context: Context) -> Finding:
    """Return the finding for a profile that is forbidden; `holder` is the container that has it, None for the pod."""
    fields = _found(workload, holder)
    path = (*_place(workload, holder), *_FIELD)
    word, file = fields.get("type"), fields.get("localhostProfile")
    message = (
        f"{owner} sets seccompProfile {word}" if word is not None else f"{owner} has a seccompProfile without type"
    )
    profile, reason, risk = _default(context), _USERS_CHOICE, Risk.BREAKING
    if word is None and isinstance(file, str) and file:
        profile, reason, risk = ("Localhost", file), _NEEDS_FILE, Risk.REVIEW
    changes = (*_set(workload, holder, profile), *_agree(workload, [key], profile))
    return Finding(path, message, Fix(risk, reason, changes))


def _missing(workload: Workload, silent: list[Container], context: Context) -> Iterator[Finding]:
    """Yield the findings for containers that neither have a profile nor get one from the pod.

    A container whose annotation names another profile than the pod's gets its own field; the pod gets one as soon as
    a container would stay without.
    """
    annotations = annotations_of(workload)
    of_pod = _carried(annotations.get(_POD_KEY)) or _default(context)
    own = {container.path: _carried(annotations.get(_CONTAINER_KEY + container.name)) for container in silent}
    inherits = [container for container in silent if own[container.path] in (None, of_pod)]
    if inherits:
        names = quoted([container.name for container in silent])
        message = f"no seccompProfile for container{'s' if len(silent) > 1 else ''} {names}"
        keys = [_POD_KEY]
        if context.version < _ANNOTATIONS_GONE:
            keys += [_CONTAINER_KEY + container.name for container in inherits]
        yield _written(workload, None, message, of_pod, _agree(workload, keys, of_pod))
    for container in silent:
        profile = own[container.path]
        if profile is not None and profile != of_pod:
            yield _written(workload, container, f'no seccompProfile for container "{container.name}"', profile, ())


def _written(
    workload: Workload, holder: Container | None, message: str, profile: _Profile, agreement: tuple[Change, ...]
) -> Finding:
    reason = _NEEDS_FILE if profile[1] else _UNUSUAL
    risk = Risk.REVIEW
    if agreement:
        reason, risk = _USERS_CHOICE, Risk.BREAKING
    changes = (*_set(workload, holder, profile), *agreement)
    return Finding(_place(workload, holder), message, Fix(risk, reason, changes))


def _place(workload: Workload, holder: Container | None) -> Path:
    return workload.pod if holder is None else holder.path


def _found(workload: Workload, holder: Container | None) -> Mapping[str, object]:
    found = workload.get(*_FIELD) if holder is None else holder.get(*_FIELD)
    return found if isinstance(found, dict) else {}


def _set(workload: Workload, holder: Container | None, profile: _Profile) -> tuple[Change, ...]:
    """Return the changes that give the pod or a container this profile."""
    path = (*_place(workload, holder), *_FIELD)
    kind, file = profile
    changes: tuple[Change, ...] = (SetField((*path, "type"), kind),)
    present = _found(workload, holder).get("localhostProfile")
    if file and file != present:
        changes += (SetField((*path, "localhostProfile"), file),)
    if not file and present is not None:
        changes += (RemoveField((*path, "localhostProfile")),)
    return changes


def _agree(workload: Workload, keys: list[str], profile: _Profile) -> tuple[Change, ...]:
    """Return the changes that make present annotations agree with a profile; the API server refuses a contradiction."""
    annotations = annotations_of(workload)
    value = f"localhost/{profile[1]}" if profile[1] else "runtime/default"
    against = [key for key in dict.fromkeys(keys) if key in annotations and _carried(annotations[key]) != profile]
    return tuple(SetField(_annotation(workload, key), value) for key in against)


def _carried(annotation: str | None) -> _Profile | None:
    """Return the profile that an annotation names, None where it names none that is allowed."""
    if annotation in ("runtime/default", "docker/default"):
        return "RuntimeDefault", ""
    if annotation is not None and annotation.startswith("localhost/") and annotation != "localhost/":
        return "Localhost", annotation.removeprefix("localhost/")
    return None


def _annotations(workload: Workload) -> Iterator[Finding]:
    """Yield a finding for each annotation that the check of 1.0 to 1.18 forbids; only existing containers count."""
    annotations = annotations_of(workload)
    holders = {_POD_KEY: None, **{_CONTAINER_KEY + container.name: container for container in workload.containers}}
    for key, holder in holders.items():
        value = annotations.get(key)
        if value is None or value in ("runtime/default", "docker/default") or value.startswith("localhost/"):
            continue
        default = ("RuntimeDefault", "")
        found = _found(workload, holder)
        field = _set(workload, holder, default) if found and found.get("type") != default[0] else ()
        yield Finding(
            path=_annotation(workload, key),
            message=f'the annotation {key} is "{value}"',
            fix=Fix(Risk.BREAKING, _USERS_CHOICE, (*_agree(workload, [key], default), *field)),
        )


def _annotation(workload: Workload, key: str) -> Path:
    return (*workload.template, "metadata", "annotations", key)
