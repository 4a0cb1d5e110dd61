"""Pods name their account by `serviceAccountName`, not by the old `serviceAccount`.

## Why
`serviceAccount` is the deprecated name of the same field. Two fields for one thing get two values: the new one holds,
and whoever reads the old one reads something that is not so. Policies that look at one of them do not see the other.

## Allowed values
`serviceAccount` is absent, or empty.

## What a fix may change
The account moves to `serviceAccountName` where that is empty; where it has a value, that one holds already, and the old
field goes. The API server does the same when it reads the pod: review only because other tools may read the old field.

## Sources
- Kubernetes API reference, v1.36, PodSpec, `serviceAccount` (deprecated: use serviceAccountName instead)
- kubernetes v1.36, pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.model.finding import Change, Finding, Fix, Level, RemoveField, Risk, SetField
from harden.model.kube import Workload

_OLD, _NEW = "serviceAccount", "serviceAccountName"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=(f"spec.{_OLD}",),
    speaks_of=(_OLD,),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for a pod that names its account by the old field."""
    old, new = workload.get(_OLD), workload.get(_NEW)
    if not isinstance(old, str) or old == "" or not (new is None or isinstance(new, str)):
        return
    path = (*workload.pod, _OLD)
    changes: tuple[Change, ...] = (RemoveField(path),)
    message, reason = f"the deprecated field {_OLD} names the account", "the API server reads both fields alike"
    if not new:
        changes = (SetField((*workload.pod, _NEW), old), *changes)
    elif new != old:
        message = f"the deprecated field {_OLD} names another account than {_NEW}, which holds"
        reason = f"{_NEW} holds already"
    yield Finding(path, message, Fix(Risk.REVIEW, reason, changes))
