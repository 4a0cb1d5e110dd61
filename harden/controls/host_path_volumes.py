"""Pods do not mount folders of the node.

## Why
A hostPath volume reads, and unless it is mounted read-only writes, the node's own files; with the right folder (the
runtime's socket, `/etc`, `/var/lib/kubelet`) that is the whole node: the finding says so, and is an error then. Level
restricted looks at it together with the other volume types: see restricted-volumes.

## Allowed values
`hostPath` is absent.

## What a fix may change
Nothing: what the container needs of the node decides, so there is no fix. Scratch space: `emptyDir`. Files that all
replicas share or that must survive: a PersistentVolumeClaim. Settings: `configMap` or `secret`. Sockets and devices:
a CSI driver or a device plugin. Log and metrics agents, which really need the node: a namespace of their own and an
exemption with a reason. It speaks for restricted-volumes as well, where the same volume is refused at that level.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_hostPathVolumes.go
- Kubernetes documentation, Volumes, hostPath; Kubelet Files; Container Runtimes (where the sockets are)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.11
- Design principles: restrict permissions, limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._host_paths import described
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("hostPathVolumes",),
    fields=("spec.volumes[*].hostPath",),
    speaks_of=("hostPath",),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each hostPath volume; at level restricted the check restrictedVolumes takes its place."""
    volumes = workload.get("volumes")
    if context.level is not Level.BASELINE or not isinstance(volumes, list):
        return
    for index, volume in enumerate(volumes):
        if isinstance(volume, dict) and volume.get("hostPath") is not None:
            message, severity = described(volume)
            yield Finding(
                path=(*workload.pod, "volumes", index),
                message=message,
                fix=NoFix("no automatic fix: use another volume type, or exempt it if it needs this path"),
                severity=severity,
            )
