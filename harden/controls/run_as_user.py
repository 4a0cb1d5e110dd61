"""Containers must not ask for uid 0.

## Why
`runAsUser: 0` makes a container run as root whatever its image says.

## Allowed values
Any number but 0, or the field is absent, for the pod and for every container; your own number is never replaced. The
option `minimum` reports lower numbers, which a node's own users may have. From
1.35 on, pods in a user namespace (`hostUsers: false`) are exempt.

## What a fix may change
Somebody chose the 0, so every fix of a 0 that reaches a container is breaking. It becomes the number that image facts
name, with what else the start without root needs; run-as-non-root writes the same. Where the containers that a pod's 0
reaches are different users, each gets its own and the pod's 0 goes. Where facts know no user, the field is removed,
only together with `runAsNonRoot: true`, because the image's own user then decides (`harden images IMAGE` says what is
known, `harden images learn` finds out). Where every container has a `runAsUser` of its own, the pod's 0 reaches none of
them and goes: safe. Platform `openshift` chooses the user itself, so the 0 only goes. In a Windows pod, whose users
have names, it goes too: breaking.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_runAsUser.go (revisions 1.23 and 1.35)
- kubernetes, pkg/securitycontext/util.go, DetermineEffectiveSecurityContext (the container's own value wins)
- KEP-127 (user namespaces)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers; Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.7
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control, pod_and_containers
from harden.controls._leans import refusing_root
from harden.controls._needs import user_changes
from harden.controls._pods import USER_NAMESPACES_KNOWN, in_user_namespace, is_root, is_windows, too_low
from harden.controls._users import PodPlan, Standing, UserPlan, no_fix, plan_users, planned
from harden.model.finding import Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Workload

_FIELD = ("securityContext", "runAsUser")


@control(
    level=Level.RESTRICTED,
    since=(1, 23),
    checks=("runAsUser",),
    fields=pod_and_containers("securityContext.runAsUser"),
    options=(Option("minimum", 0, "the lowest number that is not reported; 10000 keeps clear of a node's own users"),),
    speaks_of=("runAsUser",),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for the pod and for each container that sets `runAsUser: 0`."""
    if in_user_namespace(workload) and context.version >= USER_NAMESPACES_KNOWN:
        return
    yield from too_low(workload, _FIELD, context.options.get("minimum"))
    of_pod = is_root(workload.get(*_FIELD))
    if not of_pod and not any(is_root(container.get(*_FIELD)) for container in workload.containers):
        return
    if is_windows(workload):
        yield from _of_linux(workload)
        return
    pod = plan_users(workload, context)
    if of_pod:
        yield _of_pod(pod)
    for plan in pod.users:
        if is_root(plan.container.get(*_FIELD)):
            message = f'container "{plan.container.name}" sets runAsUser: 0'
            yield _replaced(pod, (plan,), message)._replace(path=(*plan.container.path, *_FIELD))


def _of_linux(workload: Workload) -> Iterator[Finding]:
    """Yield a finding for each 0 of a pod that runs on Windows, where users have names."""
    holders = [("the pod", workload.pod, workload.get(*_FIELD))]
    holders += [
        (f'container "{container.name}"', container.path, container.get(*_FIELD)) for container in workload.containers
    ]
    for owner, place, user in holders:
        if is_root(user):
            path = (*place, *_FIELD)
            message, reason = f"{owner} sets runAsUser: 0", "a Windows pod must not set it, but somebody chose it"
            yield Finding(path, message, Fix(Risk.BREAKING, reason, (RemoveField(path, "0"),)))


def _of_pod(pod: PodPlan) -> Finding:
    path = (*pod.workload.pod, *_FIELD)
    message = "the pod sets runAsUser: 0"
    reached = tuple(plan for plan in pod.users if plan.container.get(*_FIELD) is None)
    if reached:
        return _replaced(pod, reached, message)._replace(path=path)
    reason = "every container has a runAsUser of its own"
    return Finding(path, message, Fix(Risk.SAFE, reason, (RemoveField(path, "0"),)))


def _replaced(pod: PodPlan, subset: tuple[UserPlan, ...], message: str) -> Finding:
    """Return the finding whose fix gives every container of `subset` the user that facts name."""
    place = pod.workload.pod
    stuck = next((plan for plan in subset if plan.standing is Standing.STUCK), None)
    if stuck is not None:
        return Finding(place, message, no_fix(stuck))
    worst = max(subset, key=lambda plan: Risk.SAFE if plan.risk is None else plan.risk)
    return Finding(place, message, planned(worst, user_changes(pod, subset), refusing_root(pod, subset)))
