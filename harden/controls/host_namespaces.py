"""Pods do not share the node's network, process or IPC namespace.

## Why
In the node's namespaces a pod sees the node's traffic, listens on its addresses (past every NetworkPolicy), and reads
and signals its processes.

## Allowed values
`hostNetwork`, `hostPID` and `hostIPC` are `false` or absent.

## What a fix may change
The field is removed: breaking. Without hostNetwork the pod has an address of its own, so clients that use the node's
address, and agents that look at the node's interfaces, no longer find what they look for; other pods need a Service.
`dnsPolicy: ClusterFirstWithHostNet` may stay: without hostNetwork it means ClusterFirst. For a bare Pod the API
server copies each containerPort to hostPort while hostNetwork is true, so such a Pod is refused for its host ports as
well. In a Windows pod `hostProcess: true` needs hostNetwork and is taken away with it; there is no fix where nothing
but hostProcess shows that the pod runs on Windows.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_hostNamespaces.go
- kubernetes, pkg/apis/core/v1/defaults.go, SetDefaults_Pod (host ports), and pkg/apis/core/validation,
  validateWindowsHostProcessPod
- kubernetes, pkg/kubelet/network/dns/dns.go, getPodDNSType
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.3, 5.2.4, 5.2.5
- Design principles: restrict permissions, limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._pods import only_host_process
from harden.controls._removals import host_processes
from harden.model.finding import Change, Finding, Fix, Level, NoFix, RemoveField, Risk
from harden.model.kube import Container, Workload

_FIELDS = {
    "hostNetwork": "it asks for the node's network and addresses",
    "hostPID": "it asks for the node's processes",
    "hostIPC": "it asks for the node's shared memory",
}
#: The section of the CIS Kubernetes Benchmark that each of them has to itself.
_SECTIONS = {"hostPID": "5.2.3", "hostIPC": "5.2.4", "hostNetwork": "5.2.5"}
_NEEDED = "hostProcess needs it, and nothing else shows that the pod runs on Windows: set os.name: windows first"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("hostNamespaces", "hostPorts"),
    fields=tuple(f"spec.{field}" for field in _FIELDS),
    speaks_of=("hostNetwork", "hostPID", "hostIPC"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each namespace of the node that the pod shares."""
    for field, reason in _FIELDS.items():
        if workload.get(field) is not True:
            continue
        path, message = (*workload.pod, field), f"the pod sets {field}"
        changes: tuple[Change, ...] = (RemoveField(path),)
        official: tuple[str, ...] = ("hostNamespaces",)
        if field == "hostNetwork":
            changes += host_processes(workload)
            if _is_given_host_ports(workload):
                official += ("hostPorts",)
                message += ", which makes host ports of its container ports"
            if only_host_process(workload):
                yield Finding(path, message, NoFix(_NEEDED), checks=official, cis=(_SECTIONS[field],))
                continue
        fix = Fix(Risk.BREAKING, reason, changes)
        yield Finding(path, message, fix, checks=official, cis=(_SECTIONS[field],))


def _is_given_host_ports(workload: Workload) -> bool:
    """Return whether the API server writes host ports into this pod: a bare Pod that names ports of containers."""
    if workload.kind != "Pod":
        return False
    return any(container.field != "ephemeralContainers" and _names_port(container) for container in workload.containers)


def _names_port(container: Container) -> bool:
    ports = container.get("ports")
    return isinstance(ports, list) and any(isinstance(p, dict) and p.get("containerPort") for p in ports)
