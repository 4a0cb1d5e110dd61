"""Windows containers are not processes of the node.

## Why
A HostProcess container runs on the Windows node itself, with its files, network and rights.

## Allowed values
`windowsOptions.hostProcess` is `false` or absent, for the pod and every container.

## What a fix may change
Every `true` of the pod and its containers becomes `false` in one fix, because the API server refuses a mixture:
breaking, because such pods are made to administer the node.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_windowsHostProcess.go
- kubernetes, pkg/apis/core/validation/validation.go, validateWindowsHostProcessPod
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._removals import host_processes
from harden.model.finding import Finding, Level, Risk
from harden.model.kube import Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("windowsHostProcess",),
    fields=pod_and_containers("securityContext.windowsOptions.hostProcess"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield one finding for all places where the pod asks for a HostProcess container."""
    changes = host_processes(workload)
    if changes:
        yield Finding(
            path=changes[0].path,
            message="the pod runs as a process of the Windows node",
            reason="such pods are made to administer the node",
            risk=Risk.BREAKING,
            title="hostProcess false",
            changes=changes,
        )
