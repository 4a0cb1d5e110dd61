"""Data volumes belong to the group of the program that writes to them, and change hands quickly.

## Why
A new volume belongs to root. A program without root writes to it only through its group: `fsGroup`. With a big volume
the kubelet then walks through all of its files at every start, for minutes, unless `fsGroupChangePolicy` says
otherwise.

## Allowed values
`fsGroup` is set where a container that runs as a numbered user mounts a PersistentVolumeClaim, an ephemeral volume or a
volumeClaimTemplate for writing; `fsGroupChangePolicy` is set next to it. Any value but 0 will do. Platform `openshift`
chooses groups itself.

## What a fix may change
`fsGroup` becomes the group of the first container that mounts such a volume, or a number like its user's where that
group is 0: review, because files of the volume change their group, and get group rights, at the next start.
`fsGroupChangePolicy: OnRootMismatch` next to your own fsGroup: review, because files deep in a volume whose root folder
has the right group are then left as they are. hostPath, NFS and other shared storage ignore fsGroup. Containers
without a user get it together with the user, by run-as-non-root.

## Sources
- kubernetes, pkg/volume/volume_linux.go, SetVolumeOwnership
- KEP-695 (fsGroupChangePolicy, beta in 1.20), kubernetes issue 69699 (slow starts)
- kubernetes-csi, csi-driver-nfs and CSIDriver.spec.fsGroupPolicy (storage that has no owners)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._needs import POLICY_KNOWN, fs_group, group_changes
from harden.controls._pods import is_root, is_windows
from harden.controls._users import Standing, data_mounts, plan_users
from harden.controls._volumes import Storage
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload

_GROUP = ("securityContext", "fsGroup")
_ZERO = "whoever is in group 0 may write there: name the group of the program, or exempt it"
_POLICY = ("securityContext", "fsGroupChangePolicy")


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=("spec.securityContext.fsGroup", "spec.securityContext.fsGroupChangePolicy"),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for a pod whose data volumes have no group, or change hands file by file."""
    names = dict.fromkeys(name for container in workload.containers for name in _written(workload, container))
    if not names or is_windows(workload) or context.platform == "openshift":
        return
    volumes = ", ".join(f'"{name}"' for name in names)
    if workload.get(*_GROUP) is not None:
        if is_root(workload.get(*_GROUP)):
            yield Finding((*workload.pod, *_GROUP), f"{volumes} belong to group 0 (root) by fsGroup", NoFix(_ZERO))
        yield from _policy(workload, context, volumes)
        return
    pod = plan_users(workload, context)
    # Where a user is still to be written, its fix brings the group.
    own = [plan for plan in pod.users if plan.standing is Standing.OWN or not plan.changes_user]
    wanting = [plan for plan in own if plan.uid is not None and _written(workload, plan.container)]
    group = fs_group(pod)
    if wanting and group is not None:
        yield Finding(
            path=workload.pod,
            message=f"volume{'s' if len(names) > 1 else ''} {volumes}: no group that may write is named",
            fix=Fix(
                Risk.REVIEW,
                f"at the next start, files on the volume change to group {group} (fsGroup)",
                group_changes(workload, group, context),
            ),
        )


def _written(workload: Workload, container: Container) -> list[str]:
    return [mount.volume for mount in data_mounts(workload, container) if mount.storage is Storage.DATA]


def _policy(workload: Workload, context: Context, volumes: str) -> Iterator[Finding]:
    if workload.get(*_POLICY) is not None or context.version < POLICY_KNOWN:
        return
    yield Finding(
        path=(*workload.pod, *_GROUP),
        message=f"every start gives all files of {volumes} to the fsGroup",
        fix=Fix(
            Risk.REVIEW,
            "files below a root folder with the right group are left as they are",
            (SetField((*workload.pod, *_POLICY), "OnRootMismatch"),),
        ),
    )
