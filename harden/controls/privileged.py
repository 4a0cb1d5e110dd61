"""Containers are not privileged.

## Why
A privileged container has every capability, every device of the node and no seccomp, AppArmor or SELinux confinement:
whoever takes it over has the node.

## Allowed values
`false`, or the field is absent.

## What a fix may change
`privileged: true` becomes `false` (in a Windows pod, which must not have the field, it goes): breaking, because
whatever needs the node's devices or kernel settings stops working. `mountPropagation: Bidirectional` is removed with
it: Kubernetes allows it in privileged containers only. Often a single capability, a device plugin or a
CSI driver is what the container really needs; if the whole node is, it belongs into a namespace with an exemption.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_privileged.go
- kubernetes, pkg/apis/core/validation/validation.go, validateWindows and validateMountPropagation
- containerd, internal/cri/server/container_create.go (what privileged switches off)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.2
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._removals import remove_privileged
from harden.model.finding import Finding, Fix, Level, Risk
from harden.model.kube import Workload

_FIELD = ("securityContext", "privileged")


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("privileged",),
    fields=each_container("securityContext.privileged"),
    speaks_of=("privileged",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each privileged container."""
    for container in workload.containers:
        if container.get(*_FIELD) is True:
            yield Finding(
                path=(*container.path, *_FIELD),
                message=f'container "{container.name}" is privileged',
                fix=Fix(Risk.BREAKING, "the container asks for the whole node", remove_privileged(workload, container)),
            )
