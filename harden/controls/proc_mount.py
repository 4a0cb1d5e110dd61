"""Containers keep the runtime's masks over /proc.

## Why
The masked parts of `/proc` tell about the node and steer its kernel.

## Allowed values
`Default`, or the field is absent. From 1.35 on, level baseline lets pods in a user namespace (`hostUsers: false`)
have any value; level restricted does not.

## What a fix may change
The value becomes `Default` in place (in a Windows pod, which must not have the field, it goes): breaking, because
what builds or nests containers in the pod asked for the unmasked one.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_procMount_baseline.go and check_procMount_restricted.go
- kubernetes, pkg/apis/core/validation/validation.go (Unmasked needs hostUsers: false) and validateWindows
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._pods import USER_NAMESPACES_KNOWN, in_user_namespace, is_windows
from harden.model.finding import Change, Finding, Fix, Level, RemoveField, Risk, SetField
from harden.model.kube import Workload

_FIELD = ("securityContext", "procMount")


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("procMount", "procMount_restricted"),
    fields=each_container("securityContext.procMount"),
    speaks_of=("procMount",),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose procMount is not Default."""
    official = ("procMount",)
    if context.version >= USER_NAMESPACES_KNOWN:
        if context.level is Level.RESTRICTED:
            official = ("procMount_restricted",)
        elif in_user_namespace(workload):
            return
    for container in workload.containers:
        value = container.get(*_FIELD)
        if value is None or value == "Default":
            continue
        path = (*container.path, *_FIELD)
        change: Change = RemoveField(path) if is_windows(workload) else SetField(path, "Default")
        yield Finding(
            path=path,
            message=f'container "{container.name}" sets procMount {value}',
            fix=Fix(Risk.BREAKING, "what builds or nests containers needs it", (change,)),
            checks=official,
        )
