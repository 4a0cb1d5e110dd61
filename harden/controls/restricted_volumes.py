"""Pods mount only volume types that stay inside the cluster's own control.

## Why
hostPath hands out the node's files (where it hands out the node itself, the finding says so and is an error); the old
in-tree network and disk types let a pod reach storage with the node's rights, past quota and access control of
PersistentVolumeClaims.

## Allowed values
`configMap`, `csi`, `downwardAPI`, `emptyDir`, `ephemeral`, `image`, `persistentVolumeClaim`, `projected` and
`secret`. A volume without a source is fine: the API server makes it an emptyDir.

## What a fix may change
Nothing: which storage takes its place is a decision, so there is no fix. For hostPath see host-path-volumes; an
exemption from either of the two speaks for both. The network and disk types (`nfs`, `iscsi`, `cephfs`,
`awsElasticBlockStore` ...): put the same volume into a PersistentVolume and mount its PersistentVolumeClaim.
`gitRepo`: an init container that clones into an emptyDir, or an image volume.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_restrictedVolumes.go
- kubernetes, pkg/apis/core/v1/defaults.go, SetDefaults_Volume
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

_ALLOWED = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
#: In the order in which the official check names them.
_FORBIDDEN = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
)


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=("restrictedVolumes",),
    fields=tuple(f"spec.volumes[*].{kind}" for kind in _FORBIDDEN),
    speaks_of=("volumes",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each volume whose source is none of the allowed types."""
    volumes = workload.get("volumes")
    if not isinstance(volumes, list):
        return
    for index, volume in enumerate(volumes):
        if not isinstance(volume, dict) or any(volume.get(kind) is not None for kind in _ALLOWED):
            continue
        kind = next((kind for kind in _FORBIDDEN if volume.get(kind) is not None), None)
        if kind is not None:
            path = (*workload.pod, "volumes", index)
            if kind == "hostPath":
                message, severity = described(volume)
                yield Finding(path, message, NoFix(_reason(kind)), severity=severity)
            else:
                yield Finding(path, f'{kind} volume "{volume.get("name")}"', NoFix(_reason(kind)))


def _reason(kind: str) -> str:
    match kind:
        case "hostPath":
            return "no automatic fix: use another volume type, or exempt it if it needs this path"
        case "gitRepo":
            return "clone in an init container, or use an image volume"
        case _:
            return "mount it through a PersistentVolumeClaim"
