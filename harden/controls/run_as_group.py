"""Containers that run as a numbered user run as a numbered group too.

## Why
Without `runAsGroup` the primary group is the one that the image's `/etc/passwd` gives the user, and 0 for a user that
is not in there: files that belong to the group root, often with the right to write, are then open to it.

## Allowed values
Any number but 0 next to a numeric `runAsUser`, for the pod or the container. Images whose files belong to group 0 on
purpose (Bitnami, OpenShift's rules) keep 0, and your own number stays. Platform `openshift` chooses groups itself.

## What a fix may change
`runAsGroup` becomes the group that image facts name for this very user: safe where the image has it in `/etc/passwd`,
so that nothing changes, else review. Where no group is known nothing is said. Containers without a user get the group
together with the user, by run-as-non-root.

## Sources
- kubernetes, pkg/apis/core/types.go, SecurityContext.RunAsGroup; KEP-213 (run_as_group)
- bitnami/containers, Dockerfiles (group 0 by design)
- CIS Kubernetes Benchmark 1.9, 5.2.7
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._images import facts_of, short_name
from harden.controls._pods import is_plain_user, is_windows, user_of
from harden.model.finding import Finding, Fix, Level, Risk, SetField
from harden.model.kube import Workload

_FIELD = ("securityContext", "runAsGroup")


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=(),
    fields=pod_and_containers("securityContext.runAsGroup"),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose user has a known group that is not said."""
    if is_windows(workload) or context.platform == "openshift" or workload.get(*_FIELD) is not None:
        return
    for container in workload.containers:
        user = user_of(workload, container)
        if container.get(*_FIELD) is not None or not is_plain_user(user):
            continue
        facts = facts_of(container, context)
        if facts is None or facts.uid != user or not facts.gid:
            continue
        named = facts.user_name is not None
        yield Finding(
            path=container.path,
            message=f'container "{container.name}" runs as user {user} without a group',
            fix=Fix(
                Risk.SAFE if named else Risk.REVIEW,
                f"it is the group of {facts.user_name or user} in {short_name(container)}",
                (SetField((*container.path, *_FIELD), facts.gid),),
            ),
        )
