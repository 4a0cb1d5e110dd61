"""Pods that run on Windows say so.

## Why
Level restricted asks every container for fields that only Linux has: `allowPrivilegeEscalation: false`, `drop: [ALL]`
and a seccomp profile. A Windows node does nothing with them. Admission lets a pod go without them from 1.25 on, but it
looks at `spec.os.name` only, not at where the pod is scheduled.

## Allowed values
`spec.os.name: windows` for a pod that shows that it runs there and lacks one of these fields. It shows so by
`kubernetes.io/os: windows` (or the older `beta.kubernetes.io/os`) in its `nodeSelector` or in the required node
affinity, and where both are silent, by `windowsOptions.hostProcess: true`. No control writes a Linux-only field into
such a pod, in any version.

## What a fix may change
`os.name` is set to `windows`. That is safe where the node is chosen by its label: the kubelet refuses pods for another
system, and the pod comes to no such node. Linux-only fields that the pod has (your `runAsUser`, `fsGroup`,
`capabilities` ...) go with the same fix, because the API server refuses them in a Windows pod: breaking, although a
Windows node does not use them, because somebody wrote them. Where nothing but `hostProcess` shows Windows there is no
fix: set `os.name` yourself, and a `nodeSelector` that leads to such a node. Nor is there one beside
`hostUsers: false`, which only Linux has and which relaxes other checks: one of the two is a mistake.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_allowPrivilegeEscalation.go, check_capabilities_restricted.go and
  check_seccompProfile_restricted.go (revisions 1.25)
- k8s.io/api v0.37.2, core/v1/types.go, PodSpec.OS (the fields that must be unset); KEP-2802 (1.25)
- kubernetes, pkg/kubelet/lifecycle/predicate.go, rejectPodAdmissionBasedOnOSField
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._pods import WINDOWS_KNOWN, in_user_namespace, is_windows, says_windows, windows_label
from harden.controls._removals import RESTRICTED_CAPABILITIES
from harden.model.finding import Change, Finding, Fix, Level, NoFix, RemoveField, Risk, SetField
from harden.model.kube import Container, Workload
from harden.model.text import Path

_PATH = ("os", "name")
_CONTEXT = "securityContext"
#: What each of the official checks asks for.
_ASKED = {
    "allowPrivilegeEscalation": "allowPrivilegeEscalation: false",
    "capabilities_restricted": "drop ALL",
    "seccompProfile_restricted": "a seccompProfile",
}
#: What a pod that says Windows must leave out: in the pod, in its securityContext, in those of its containers.
_OF_POD = ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace", "resources")
_OF_BOTH = ("seLinuxOptions", "runAsUser", "runAsGroup", "seccompProfile", "appArmorProfile")
_OF_POD_CONTEXT = ("supplementalGroups", "supplementalGroupsPolicy", "fsGroup", "fsGroupChangePolicy", "sysctls")
_OF_CONTAINER = ("allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "capabilities", "procMount")


@control(
    level=Level.RESTRICTED,
    since=WINDOWS_KNOWN,
    checks=("allowPrivilegeEscalation", "capabilities_restricted", "seccompProfile_restricted"),
    fields=("spec.os.name",),
    speaks_of=("nodeSelector", "nodeAffinity", "hostProcess"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each check that refuses a pod for want of Linux-only fields, though it runs on Windows."""
    if not is_windows(workload) or says_windows(workload):
        return
    refused = dict.fromkeys(check for container in workload.containers for check in _lacking(workload, container))
    for check in refused:
        yield _finding(workload, _ASKED[check])._replace(checks=(check,))


def _finding(workload: Workload, asked: str) -> Finding:
    """Return the finding for one official check, which asks for `asked`; the fix is the same for all."""
    message = f"admission asks for {asked}: the pod does not say in os.name that it runs on Windows"
    label = windows_label(workload)
    if label is None:
        reason = "only hostProcess shows it: set os.name: windows, and a nodeSelector for Windows nodes"
        return Finding(workload.pod, message, NoFix(reason))
    if in_user_namespace(workload):
        reason = f"{label}: windows and hostUsers: false contradict each other: take away what is wrong"
        return Finding(workload.pod, message, NoFix(reason))
    linux = list(_linux_only(workload))
    risk, reason = Risk.SAFE, f"it runs on nodes with {label}: windows only"
    if linux:
        names = ", ".join(dict.fromkeys(str(path[-1]) for path in linux))
        risk, reason = Risk.BREAKING, f"also removes what only Linux has: {names}"
    changes: tuple[Change, ...] = (SetField((*workload.pod, *_PATH), "windows"), *map(RemoveField, linux))
    return Finding(workload.pod, message, Fix(risk, reason, changes))


def _lacking(workload: Workload, container: Container) -> Iterator[str]:
    """Yield the official checks that refuse a container as one of Linux."""
    if container.get(_CONTEXT, "allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    dropped, added = (container.get(_CONTEXT, "capabilities", key) for key in ("drop", "add"))
    names = added if isinstance(added, list) else []
    if not (isinstance(dropped, list) and "ALL" in dropped) or any(
        name not in RESTRICTED_CAPABILITIES for name in names
    ):
        yield "capabilities_restricted"
    of_pod = workload.get(_CONTEXT, "seccompProfile", "type")
    own = container.get(_CONTEXT, "seccompProfile", "type")
    said = [word for word in (own, of_pod) if word is not None]
    if not said or any(word not in ("RuntimeDefault", "Localhost") for word in said):
        yield "seccompProfile_restricted"


def _linux_only(workload: Workload) -> Iterator[Path]:
    """Yield the paths of what the API server refuses in a pod that says Windows."""
    for key in _OF_POD:
        value = workload.get(key)
        # Only these two are no pointers in the API: false is as good as absent.
        if value is not None and not (value is False and key in ("hostPID", "hostIPC")):
            yield (*workload.pod, key)
    for key in (*_OF_BOTH, *_OF_POD_CONTEXT):
        if workload.get(_CONTEXT, key) is not None:
            yield (*workload.pod, _CONTEXT, key)
    for container in workload.containers:
        for key in (*_OF_BOTH, *_OF_CONTAINER):
            if container.get(_CONTEXT, key) is not None:
                yield (*container.path, _CONTEXT, key)
