"""Containers say which profile of AppArmor or SELinux confines them.

## Why
Where a pod says nothing, the runtime confines its containers by its defaults, if the node has AppArmor or SELinux at
all. Only a pod that names its profile is sure not to run without: the kubelet does not start it on a node that lacks
AppArmor.

## Allowed values
The pod or the container has an `appArmorProfile` of type `RuntimeDefault` or `Localhost`, the annotation of AppArmor
before 1.30, or `seLinuxOptions`. No shipped profile enables this control: name it in `controls`, or by `--select`.

## What a fix may change
`appArmorProfile: {type: RuntimeDefault}` for the pod, from 1.30 on: breaking, because the kubelet then refuses the pod
on nodes without AppArmor, those that have SELinux among them. Before 1.30, and for pods of Windows, there is no fix.

## Sources
- Kubernetes documentation, "Restrict a Container's Access to Resources with AppArmor"; Configure a Security Context,
  "Assign SELinux labels to a Container"
- KEP-24 (fields from 1.30 on); kubernetes v1.36, pkg/security/apparmor/validate.go (nodes without AppArmor)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Hardening container environments
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._pods import APP_ARMOR_KEY, annotations_of, is_windows, quoted
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload

_FIELD = ("securityContext", "appArmorProfile")
_FIELDS = (_FIELD, ("securityContext", "seLinuxOptions"))
_KNOWN = (1, 30)


@control(
    level=Level.BASELINE,
    since=(1, 4),
    checks=(),
    fields=pod_and_containers("securityContext.appArmorProfile", "securityContext.seLinuxOptions"),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield one finding for the containers of a pod that name neither."""
    if is_windows(workload) or any(workload.get(*field) is not None for field in _FIELDS):
        return
    annotations = annotations_of(workload)
    silent = [each for each in workload.containers if not _names_one(each, annotations)]
    if not silent:
        return
    many = len(silent) > 1
    names = quoted([container.name for container in silent])
    message = f"container{'s' if many else ''} {names} name{'' if many else 's'} no profile of AppArmor or SELinux"
    if context.version < _KNOWN:
        yield Finding(workload.pod, message, NoFix("before 1.30 it is an annotation: write it, or exempt it"))
        return
    reason = "on nodes without AppArmor the kubelet refuses the pod"
    change = SetField((*workload.pod, *_FIELD, "type"), "RuntimeDefault")
    yield Finding(workload.pod, message, Fix(Risk.BREAKING, reason, (change,)))


def _names_one(container: Container, annotations: dict[str, str]) -> bool:
    return APP_ARMOR_KEY + container.name in annotations or any(container.get(*field) is not None for field in _FIELDS)
