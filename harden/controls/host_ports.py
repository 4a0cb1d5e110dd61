"""Containers do not listen on ports of the node.

## Why
A host port is reachable from wherever the node is, past Services and most NetworkPolicies, and lets only one such pod
run on a node.

## Allowed values
`hostPort` is 0 or absent.

## What a fix may change
`hostPort` is removed, `containerPort` stays: breaking, because clients that use the node's address no longer get
through. A Service (type NodePort or LoadBalancer, or an Ingress before it) takes its place. While a bare Pod has
hostNetwork, the API server writes the ports back; both go together.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_hostPorts.go
- kubernetes, pkg/apis/core/v1/defaults.go, SetDefaults_Pod
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.12
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._pods import is_number
from harden.model.finding import Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Container, Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("hostPorts",),
    fields=each_container("ports[*].hostPort"),
    speaks_of=("hostPort",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that names host ports."""
    for container in workload.containers:
        ports = _host_ports(container)
        if not ports:
            continue
        removed = tuple(RemoveField((*container.path, "ports", at, "hostPort"), f"{port}") for at, port in ports)
        numbers = ", ".join(f"{port}" for _, port in ports)
        yield Finding(
            path=removed[0].path,
            message=f'container "{container.name}" uses hostPort {numbers}',
            fix=Fix(Risk.BREAKING, "clients may use the node's address", removed),
        )


def _host_ports(container: Container) -> list[tuple[int, object]]:
    ports = container.get("ports")
    if not isinstance(ports, list):
        return []
    named = [(index, port.get("hostPort")) for index, port in enumerate(ports) if isinstance(port, dict)]
    return [(index, port) for index, port in named if is_number(port) and port != 0]
