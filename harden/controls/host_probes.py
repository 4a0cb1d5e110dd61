"""Probes and lifecycle hooks ask the pod itself, not another host.

## Why
The kubelet makes these calls from the node's network: a pod that names their host makes the kubelet reach where the
pod itself could not (server-side request forgery).

## Allowed values
From 1.34: `host` in `httpGet` and `tcpSocket` of probes and lifecycle hooks is absent or empty. A `Host` header under
`httpHeaders` is not restricted.

## What a fix may change
`host` is removed, so the call goes to the pod's own address: breaking, because what answered was another host, or the
container listens on localhost only. A server that needs the name gets it as
`httpHeaders: [{name: Host, value: ...}]`.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_hostProbesAndhostLifecycle.go
- KEP-4940 (host field in probes and lifecycle handlers)
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.model.finding import Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Workload

_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
_PLACES = tuple((*handler, action, "host") for handler in _HANDLERS for action in ("httpGet", "tcpSocket"))


@control(
    level=Level.BASELINE,
    since=(1, 34),
    checks=("hostProbesAndHostLifecycle",),
    fields=each_container(*(".".join(place) for place in _PLACES)),
    speaks_of=("host",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each probe and each lifecycle hook that names a host."""
    for container in workload.containers:
        for place in _PLACES:
            host = container.get(*place)
            if not isinstance(host, str) or host == "":
                continue
            path = (*container.path, *place)
            yield Finding(
                path=path,
                message=f'{place[-3]} of container "{container.name}" calls host {host}',
                fix=Fix(Risk.BREAKING, "the container may not answer on the pod's own address", (RemoveField(path),)),
            )
