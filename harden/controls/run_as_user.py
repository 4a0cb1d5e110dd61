"""Containers must not ask for uid 0.

## Why
`runAsUser: 0` makes a container run as root whatever its image says.

## Allowed values
Any number but 0, or the field is absent, for the pod and for every container; your own number is never replaced. From
1.35 on, pods in a user namespace (`hostUsers: false`) are exempt.

## What a fix may change
Which user an image works as is a fact about the image; without it there is no fix, and removing the field would only
hand the choice to the image. Find the image's own user (`docker inspect --format '{{.Config.User}}' IMAGE`, its
documentation, `/etc/passwd` in it) and write its number. One case can be fixed: where every container has a
`runAsUser` of its own, the pod's 0 reaches none of them and goes: safe.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_runAsUser.go (revisions 1.23 and 1.35)
- kubernetes, pkg/securitycontext/util.go, DetermineEffectiveSecurityContext (the container's own value wins)
- KEP-127 (user namespaces)
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._pods import USER_NAMESPACES_KNOWN, in_user_namespace, is_root
from harden.model.finding import Finding, Level, RemoveField, Risk
from harden.model.kube import Workload

_FIELD = ("securityContext", "runAsUser")
_UNKNOWN = "which user the image works as is not known"


@control(
    level=Level.RESTRICTED,
    since=(1, 23),
    checks=("runAsUser",),
    fields=pod_and_containers("securityContext.runAsUser"),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for the pod and for each container that sets `runAsUser: 0`."""
    if in_user_namespace(workload) and context.version >= USER_NAMESPACES_KNOWN:
        return
    if is_root(workload.get(*_FIELD)):
        yield _of_pod(workload)
    for container in workload.containers:
        if is_root(container.get(*_FIELD)):
            yield Finding(
                path=(*container.path, *_FIELD),
                message=f'container "{container.name}" sets runAsUser: 0',
                reason=_UNKNOWN,
            )


def _of_pod(workload: Workload) -> Finding:
    path = (*workload.pod, *_FIELD)
    message = "the pod sets runAsUser: 0"
    if any(container.get(*_FIELD) is None for container in workload.containers):
        return Finding(path, message, _UNKNOWN)
    reason = "every container has a runAsUser of its own"
    return Finding(path, message, reason, Risk.SAFE, "remove runAsUser 0", (RemoveField(path),))
