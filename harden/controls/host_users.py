"""Pods have a user namespace of their own, so that root in a container is nobody on the node.

## Why
Without it, uid 0 of a container is uid 0 of the node: who breaks out of the container is root there, and a capability
that it was given holds there, too. In a user namespace the kubelet maps the pod's users to others that no other pod and
no process of the node has.

## Allowed values
`hostUsers` is `false`. From 1.35 on, Pod Security Admission does not ask such pods for `runAsNonRoot` and `runAsUser`,
and level baseline lets them unmask /proc.

## What a fix may change
`hostUsers: false` is added: review, because a node has to support it (Linux 6.3, containerd 2.0 or CRI-O 1.25, runc 1.2
or crun 1.9). It is breaking for pods with volumes of which the manifest does not say the file system (a claim, a CSI
volume, a folder of the node), because that one must support ID-mapped mounts, and for containers that are privileged or
add capabilities, which then do not hold on the node. NFS has no ID-mapped mounts, so there is no fix beside it, nor
beside users above 65535, which such a pod does not have, nor beside `volumeDevices`, which the API server refuses
together with it. It refuses `hostNetwork`, `hostPID` and `hostIPC`, too: such pods, and those of Windows, are left
alone.

## Sources
- KEP-127, "Support User Namespaces in stateless and stateful pods" (beta and on by default in 1.33, stable in 1.36)
- Kubernetes documentation, "User Namespaces", "Before you begin" and "Limitations"
- kubernetes v1.34.2, pkg/apis/core/validation/validation.go, validateHostUsers
- pod-security-admission v0.37.2, policy/check_runAsNonRoot.go, check_runAsUser.go and check_procMount.go
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._pods import is_windows, quoted
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Workload, dig

_FIELD = "hostUsers"
_HIGHEST = 65535
#: Made by the kubelet on the node's own file system or in memory.
_OF_THE_KUBELET = frozenset({"emptyDir", "secret", "configMap", "downwardAPI", "projected"})
_REVIEW = "needs nodes that support user namespaces: Linux 6.3, containerd 2.0 or CRI-O 1.25"


@control(
    level=Level.BASELINE,
    since=(1, 33),
    checks=(),
    profiles=("hardened",),
    fields=(f"spec.{_FIELD}",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield one finding for a pod that shares the users of its node and does not have to."""
    if is_windows(workload) or any(workload.get(field) is True for field in ("hostNetwork", "hostPID", "hostIPC")):
        return
    own = workload.get(_FIELD)
    if own is True:
        yield Finding((*workload.pod, _FIELD), "the pod asks for the users of the node", NoFix("it was written so"))
    if own is None:
        yield Finding(workload.pod, "the pod shares the users of the node", _fix(workload))


def _fix(workload: Workload) -> Fix | NoFix:
    obstacle = _obstacle(workload)
    if obstacle is not None:
        return NoFix(obstacle)
    risk, reason = _risk(workload)
    return Fix(risk, reason, (SetField((*workload.pod, _FIELD), value=False),))


def _obstacle(workload: Workload) -> str | None:
    """Return why the pod cannot have a user namespace, None where nothing shows that."""
    if any(container.get("volumeDevices") for container in workload.containers):
        return "the API server refuses hostUsers: false beside volumeDevices"
    nfs = [name for name, kind in _volumes(workload) if kind == "nfs"]
    if nfs:
        return f"NFS has no ID-mapped mounts, which a user namespace needs: volume {quoted(nfs)}"
    high = [number for number in _ids(workload) if isinstance(number, int) and number > _HIGHEST]
    return f"a pod in a user namespace has the users 0 to {_HIGHEST}, not {high[0]}" if high else None


def _risk(workload: Workload) -> tuple[Risk, str]:
    strong = [c.name for c in workload.containers if c.get("securityContext", "privileged") is True or _adds(c.data)]
    if strong:
        return Risk.BREAKING, f"the privileges of container {quoted(strong)} would not hold on the node"
    unknown = [name for name, kind in _volumes(workload) if kind not in _OF_THE_KUBELET]
    if unknown:
        return Risk.BREAKING, f"the file system of volume {quoted(unknown)} must support ID-mapped mounts"
    return Risk.REVIEW, _REVIEW


def _adds(container: object) -> bool:
    added = dig(container, "securityContext", "capabilities", "add")
    return isinstance(added, list) and any(name != "NET_BIND_SERVICE" for name in added)


def _ids(workload: Workload) -> Iterator[object]:
    """Yield every user and group that the pod names."""
    holders = [workload.get("securityContext"), *(c.get("securityContext") for c in workload.containers)]
    for holder in holders:
        yield from (dig(holder, key) for key in ("runAsUser", "runAsGroup", "fsGroup"))
        more = dig(holder, "supplementalGroups")
        yield from more if isinstance(more, list) else ()


def _volumes(workload: Workload) -> Iterator[tuple[str, str]]:
    """Yield each volume of the pod, and of a StatefulSet's claims, with its type ("" where it is not to be seen)."""
    listed = workload.get("volumes")
    names = set()
    for item in listed if isinstance(listed, list) else ():
        name = dig(item, "name")
        if isinstance(item, dict) and isinstance(name, str):
            names.add(name)
            yield name, next((key for key in item if key != "name"), "emptyDir")
    mounts = [container.get("volumeMounts") for container in workload.containers]
    mounted = [dig(each, "name") for found in mounts if isinstance(found, list) for each in found]
    others = dict.fromkeys(name for name in mounted if isinstance(name, str))
    yield from ((name, "") for name in others if name not in names)
