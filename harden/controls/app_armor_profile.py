"""Containers do not switch their AppArmor profile off.

## Why
On nodes with AppArmor the runtime confines every container by its default profile, unless the pod says `Unconfined`.

## Allowed values
`type` is `RuntimeDefault` or `Localhost`, or the field is absent, for the pod and every container. The annotations
`container.apparmor.security.beta.kubernetes.io/*` hold `runtime/default` or `localhost/...`, are empty or absent.

## What a fix may change
The field and the annotation of the same container go together, because the API server refuses a pair that disagrees.
They are removed and not set to RuntimeDefault: without them the runtime's default holds wherever there is AppArmor,
while an explicit profile keeps the kubelet from starting the pod on a node without it. Breaking, because somebody
chose Unconfined.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_appArmorProfile.go
- kubernetes, pkg/security/apparmor/helpers.go, isRequired, and pkg/apis/core/validation,
  validateAppArmorAnnotationsAndFieldsMatchOnCreate
- KEP-24 (AppArmor)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Hardening container environments
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._pods import APP_ARMOR_KEY, annotations_of
from harden.model.finding import Change, Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Workload
from harden.model.text import Path

_FIELD = ("securityContext", "appArmorProfile")


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("appArmorProfile",),
    fields=(*pod_and_containers("securityContext.appArmorProfile.type"), f"metadata.annotations[{APP_ARMOR_KEY}*]"),
    speaks_of=("appArmorProfile", "annotations"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for the pod, each container and each further annotation that names a forbidden profile."""
    annotations = {
        key: value
        for key, value in annotations_of(workload).items()
        if key.startswith(APP_ARMOR_KEY) and not _is_allowed_annotation(value)
    }
    if _is_forbidden(workload.get(*_FIELD)):
        yield _finding("the pod", ((*workload.pod, *_FIELD),), workload.get(*_FIELD))
    for container in workload.containers:
        places: tuple[Path, ...] = ()
        named: object = annotations.pop(APP_ARMOR_KEY + container.name, None)
        if named is not None:
            places = ((*workload.template, "metadata", "annotations", APP_ARMOR_KEY + container.name),)
        if _is_forbidden(container.get(*_FIELD)):
            named = container.get(*_FIELD)
            places = ((*container.path, *_FIELD), *places)
        if places:
            yield _finding(f'container "{container.name}"', places, named)
    for key, value in annotations.items():
        path = (*workload.template, "metadata", "annotations", key)
        yield _finding(f'the annotation for "{key.removeprefix(APP_ARMOR_KEY)}"', (path,), value)


def _finding(owner: str, places: tuple[Path, ...], named: object) -> Finding:
    word = named.get("type") if isinstance(named, dict) else named
    changes: tuple[Change, ...] = tuple(RemoveField(place) for place in places)
    reason = "somebody chose it: what runs there may need it"
    return Finding(
        places[0],
        f"{owner} sets AppArmor profile {word}",
        Fix(Risk.BREAKING, reason, changes),
    )


def _is_forbidden(profile: object) -> bool:
    if profile is None:
        return False
    return not isinstance(profile, dict) or profile.get("type") not in ("RuntimeDefault", "Localhost")


def _is_allowed_annotation(value: str) -> bool:
    return value in ("", "runtime/default") or value.startswith("localhost/")
