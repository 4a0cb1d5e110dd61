"""Containers must not run as root.

## Why
Root in a container is root for the kernel unless the pod has a user namespace: a flaw in the kernel, the runtime or a
mount then hands over the node. With `runAsNonRoot: true` the kubelet refuses to start a container as uid 0.

## Allowed values
`true` for the pod, or for every container; nowhere `false`. From 1.35 on, pods in a user namespace
(`hostUsers: false`) are exempt.

## What a fix may change
`true` is said once, for the pod; a value that a container contradicts it with is replaced in place. Where image facts
name the user of a container, its numeric `runAsUser` and `runAsGroup` are written too (your own numbers stay), for the
pod where they are right for all of its containers. The same fix brings what the start without root needs: `fsGroup`
with `fsGroupChangePolicy: OnRootMismatch` for data volumes, emptyDirs, variables, and the sysctl
`net.ipv4.ip_unprivileged_port_start` for ports below 1024. It is safe where facts establish all that; review where a
volume changes its group or the manifest replaces the image's command. Where nobody knows who the image runs as, nothing
is written below `--risk breaking`: with `runAsNonRoot` alone the kubelet does not start a container whose image runs as
root, or as a *name* (which it cannot check): CreateContainerConfigError. `harden images IMAGE` says what is known, and
`harden images learn` finds out. What is left to people has no fix at any risk: `runAsNonRoot: false` that somebody
wrote, and a container as root that uses a hostPath, whose files may be closed to everybody else. It is breaking where
somebody wrote `runAsUser: 0` (beside an unknown image the 0 is removed with the same fix, because the kubelet refuses
the pair; where the 0 has to stay, this fix is held), where a container is privileged, and where PostgreSQL's data
folder is a volume itself. An init container that only changes the owners of volumes gives way to fsGroup: breaking.
What shows in its command or its facts that it needs root has no fix, and the other containers get theirs one by one.
Platform `openshift` (a key of profiles and of harden.yaml) chooses users and groups itself: none are written, a
`runAsUser: 0` goes (breaking), and ending root is review. In a Windows pod the container must not run as
ContainerAdministrator.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_runAsNonRoot.go (revisions 1.0 and 1.35)
- kubernetes, pkg/kubelet/kuberuntime/security_context_others.go and security_context_windows.go, verifyRunAsNonRoot
- kubernetes, pkg/volume/volume_linux.go, SetVolumeOwnership, and KEP-695 (fsGroupChangePolicy)
- kernel.org, Documentation/networking/ip-sysctl.rst, ip_unprivileged_port_start (from 4.11 on)
- postgres, src/bin/initdb/initdb.c, create_data_directory
- KEP-127 (user namespaces)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers; Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.7
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._images import short_name
from harden.controls._leans import without_user_0
from harden.controls._needs import fs_group, reached_with, user_changes
from harden.controls._pods import USER_NAMESPACES_KNOWN, in_user_namespace, is_windows, quoted, user_of
from harden.controls._users import PodPlan, Standing, UserPlan, data_mounts, no_fix, plan_users, planned
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Workload
from harden.model.plain import is_number

_FIELD = ("securityContext", "runAsNonRoot")
_GROUP = ("securityContext", "fsGroup")
_Plans = tuple[UserPlan, ...]


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=("runAsNonRoot",),
    fields=pod_and_containers("securityContext.runAsNonRoot"),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for what the pod leaves without `true`, and for each container with `false`."""
    if in_user_namespace(workload) and context.version >= USER_NAMESPACES_KNOWN:
        return
    value = workload.get(*_FIELD)
    said = [container.get(*_FIELD) for container in workload.containers]
    pod = plan_users(workload, context)
    yield from _refused(pod)
    if value is not False and False not in said and (value is True or None not in said):
        return
    silent = tuple(plan for plan in pod.users if plan.container.get(*_FIELD) is None)
    if value is False:
        finding = _whole(pod, silent, "the pod says runAsNonRoot: false")
        yield finding._replace(path=(*workload.pod, *_FIELD))
    elif value is not True and silent:
        yield from _missing(pod, silent)
    for plan in pod.users:
        if plan.container.get(*_FIELD) is False:
            yield _opted_out(pod, plan)


def _refused(pod: PodPlan) -> Iterator[Finding]:
    """Yield a finding where containers must not run as root, and their images start as root or under a name.

    The kubelet refuses to start them (pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot). On
    OpenShift a constraint chooses the user.
    """
    if pod.context.platform == "openshift":
        return
    refused = tuple(plan for plan in pod.users if _is_refused(pod.workload, plan))
    known = tuple(plan for plan in refused if plan.standing is Standing.KNOWN)
    for plan in refused:
        if plan not in known:
            yield Finding(plan.container.path, _why_refused(plan), no_fix(plan))
    worst = max(known, key=lambda plan: Risk.SAFE if plan.risk is None else plan.risk, default=None)
    changes = user_changes(pod, known) if known else ()
    if worst is not None and worst.risk is not None and changes:
        fix = Fix(worst.risk, worst.reason, changes)
        yield Finding(known[0].container.path, " and ".join(map(_why_refused, known)), fix)


def _is_refused(workload: Workload, plan: UserPlan) -> bool:
    own = plan.container.get(*_FIELD)
    must_not = workload.get(*_FIELD) if own is None else own
    user = plan.facts.default_user if plan.facts is not None else None
    if must_not is not True or user is None or user_of(workload, plan.container) is not None:
        return False
    if plan.facts is not None and plan.facts.is_some_number:
        return False
    name = user.partition(":")[0]
    return not (is_number(name) and int(name) != 0)


def _why_refused(plan: UserPlan) -> str:
    image = short_name(plan.container)
    started = plan.facts is not None and plan.facts.starts_as_root
    how = "starts as root" if started else "starts as a user that has a name and no number"
    return f'container "{plan.container.name}" does not start: {image} {how}, which runAsNonRoot refuses'


def _missing(pod: PodPlan, silent: _Plans) -> Iterator[Finding]:
    """Yield one finding for the pod where all silent containers go together, else one for those that do, and others.

    What needs root, and what is likely to break, holds nobody else back.
    """
    fixed = tuple(plan for plan in silent if plan.standing not in {Standing.STUCK, Standing.OWNERS})
    bold = tuple(plan for plan in fixed if plan.risk is Risk.BREAKING)
    unsure = tuple(plan for plan in fixed if plan not in bold and _is_open(pod, plan))
    easy = tuple(plan for plan in fixed if plan not in bold and plan not in unsure)
    if len(fixed) == len(silent) and sum(map(bool, (bold, unsure, easy))) <= 1:
        yield _whole(pod, silent, _lack(silent))
        return
    if easy:
        yield _each(pod, easy)
    for plan in (*unsure, *bold):
        yield _each(pod, (plan,))
    yield from _owners(pod, tuple(plan for plan in silent if plan.standing is Standing.OWNERS))
    for plan in silent:
        if plan.standing is Standing.STUCK:
            yield Finding(plan.container.path, _lack((plan,)), no_fix(plan))


def _is_open(pod: PodPlan, plan: UserPlan) -> bool:
    """Return whether nobody knows who a container can run as: the image may be root, which the kubelet refuses."""
    if plan.facts is not None and plan.facts.is_some_number:
        return False
    if plan.standing is Standing.KNOWN and plan.changes_user and pod.context.platform != "openshift":
        return plan.facts is not None and plan.facts.runs_as_nonroot is None
    return plan.standing is Standing.UNKNOWN and not is_windows(pod.workload) and pod.context.platform != "openshift"


def _whole(pod: PodPlan, subset: _Plans, message: str) -> Finding:
    """Return the finding whose fix says `true` for the pod; without fix where one of the containers needs root."""
    worst, place = _worst(subset), pod.workload.pod
    said = SetField((*place, *_FIELD), value=True)
    if worst is None:
        return Finding(place, message, Fix(Risk.SAFE, "every container says it itself", (said,)))
    if any(plan.standing is Standing.OWNERS for plan in subset):
        return Finding(place, message, NoFix(worst.reason))
    changes = (said, *user_changes(pod, subset))
    return Finding(place, message, planned(worst, changes, without_user_0(pod, subset)))


def _each(pod: PodPlan, subset: _Plans) -> Finding:
    """Return the finding whose fix says `true` for each container of `subset`."""
    worst = _worst(subset) or subset[0]
    said = tuple(SetField((*plan.container.path, *_FIELD), value=True) for plan in subset)
    changes = (*said, *user_changes(pod, reached_with(pod, subset)))
    fix = planned(worst, changes, without_user_0(pod, subset))
    return Finding(subset[0].container.path, _lack(subset), fix)


def _owners(pod: PodPlan, subset: _Plans) -> Iterator[Finding]:
    if not subset:
        return
    many = len(subset) > 1
    message = f"init container{_s(subset)} {_names(subset)} only change{'' if many else 's'} owners, as root"
    path, reason = subset[0].container.path, subset[0].reason
    data = any(data_mounts(pod.workload, plan.container) for plan in subset) and pod.context.platform != "openshift"
    if data and pod.workload.get(*_GROUP) is None and fs_group(pod) is None:
        yield Finding(path, message, NoFix("which group the volume is to belong to is not known: set fsGroup"))
        return
    changes = user_changes(pod, reached_with(pod, subset))
    yield Finding(path, message, Fix(Risk.BREAKING, reason, changes))


def _opted_out(pod: PodPlan, plan: UserPlan) -> Finding:
    path = (*plan.container.path, *_FIELD)
    message = f'container "{plan.container.name}" says runAsNonRoot: false'
    if plan.standing is Standing.OWNERS:
        return Finding(path, message, NoFix(plan.reason))
    changes = (SetField(path, value=True), *user_changes(pod, reached_with(pod, (plan,))))
    return Finding(path, message, planned(plan, changes, without_user_0(pod, (plan,))))


def _worst(plans: _Plans) -> UserPlan | None:
    """Return the first of the plans that are hardest to do: what needs root, then by risk."""
    return max(plans, key=lambda plan: len(Risk) if plan.risk is None else plan.risk, default=None)


def _lack(plans: _Plans) -> str:
    return f"container{_s(plans)} {_names(plans)} may run as root"


def _names(plans: _Plans) -> str:
    return quoted([plan.container.name for plan in plans])


def _s(plans: _Plans) -> str:
    return "s" if len(plans) > 1 else ""
