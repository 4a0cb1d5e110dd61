"""Windows containers are not processes of the node.

## Why
A HostProcess container runs on the Windows node itself, with its files, network and rights.

## Allowed values
`windowsOptions.hostProcess` is `false` or absent, for the pod and every container.

## What a fix may change
Every `true` of the pod and its containers becomes `false` in one fix, because the API server refuses a mixture:
breaking, because such pods are made to administer the node. There is no fix where nothing else shows that the pod runs
on Windows: without it, it would be taken for one of Linux. Set `spec.os.name: windows` first.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_windowsHostProcess.go
- kubernetes, pkg/apis/core/validation/validation.go, validateWindowsHostProcessPod
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.10
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._pods import only_host_process
from harden.controls._removals import host_processes
from harden.model.finding import Finding, Fix, Level, NoFix, Risk
from harden.model.kube import Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("windowsHostProcess",),
    fields=pod_and_containers("securityContext.windowsOptions.hostProcess"),
    speaks_of=("hostProcess",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield one finding for all places where the pod asks for a HostProcess container."""
    changes = host_processes(workload)
    if not changes:
        return
    path, message = changes[0].path, "the pod runs as a process of the Windows node"
    if only_host_process(workload):
        yield Finding(path, message, NoFix("nothing else shows that it runs on Windows: set os.name: windows first"))
        return
    reason = "such pods are made to administer the node"
    yield Finding(path, message, Fix(Risk.BREAKING, reason, changes))
