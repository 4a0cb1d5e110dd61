"""Containers that run as a numbered user run as a numbered group too.

## Why
Without `runAsGroup` the primary group is the one that the image's `/etc/passwd` gives the user, and 0 for a user that
is not in there: files that belong to the group root, often with the right to write, are then open to it.

## Allowed values
Any number but 0 next to a numeric `runAsUser`, for the pod or the container. Images whose files belong to group 0 on
purpose (Bitnami, OpenShift's rules) keep 0, and your own number stays; a 0 for other images is named, and so is a 0 in
`supplementalGroups`. The option `minimum` reports lower numbers, which a node's own groups may have. Platform
`openshift` chooses groups itself.

## What a fix may change
`runAsGroup` becomes the group that image facts name for this very user: safe where the image has it in `/etc/passwd`,
so that nothing changes, else review. A container's own 0 becomes that group, too, for review. Where no group is known
there is no fix, and nothing is said of what is absent. Containers without a user get the group
together with the user, by run-as-non-root.

## Sources
- kubernetes, pkg/apis/core/types.go, SecurityContext.RunAsGroup; KEP-213 (run_as_group)
- bitnami/containers, Dockerfiles (group 0 by design)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control, pod_and_containers
from harden.controls._images import facts_of, short_name
from harden.controls._pods import is_plain_user, is_root, is_windows, too_low, user_of
from harden.model.finding import Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload
from harden.model.text import Path

_FIELD = ("securityContext", "runAsGroup")
_GROUPS = ("securityContext", "supplementalGroups")
_ZERO = "files of group 0 are open to it: name another group, or exempt it if the image is made for group 0"


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=(*pod_and_containers("securityContext.runAsGroup"), "spec.securityContext.supplementalGroups"),
    options=(Option("minimum", 0, "the lowest number that is not reported; 10000 keeps clear of a node's own groups"),),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose user has a known group that is not said."""
    if is_windows(workload) or context.platform == "openshift":
        return
    yield from _zeros(workload, context)
    yield from too_low(workload, _FIELD, context.options.get("minimum"))
    if workload.get(*_FIELD) is not None:
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


def _zeros(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each place that names group 0, but for images that are known to be made for it."""
    groups = workload.get(*_GROUPS)
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        if is_root(group):
            path = (*workload.pod, *_GROUPS, index)
            yield Finding(path, "the pod's processes are in the supplementary group 0 (root)", NoFix(_ZERO))
    by_design = {each.path for each in workload.containers if _is_made_for_zero(each, context)}
    reached = [each for each in workload.containers if each.get(*_FIELD) is None and each.path not in by_design]
    if is_root(workload.get(*_FIELD)) and reached:
        yield Finding((*workload.pod, *_FIELD), "the pod sets runAsGroup: 0", NoFix(_ZERO))
    for container in workload.containers:
        if is_root(container.get(*_FIELD)) and container.path not in by_design:
            path = (*container.path, *_FIELD)
            message = f'container "{container.name}" sets runAsGroup: 0'
            yield Finding(path, message, _instead(workload, container, path, context))


def _instead(workload: Workload, container: Container, path: Path, context: Context) -> Fix | NoFix:
    """Return the fix that writes the group of the image's own user, no fix where none is known for this user."""
    facts = facts_of(container, context)
    if facts is None or facts.uid != user_of(workload, container) or not facts.gid:
        return NoFix(_ZERO)
    name = facts.user_name or facts.uid
    reason = f"it is the group of {name} in {short_name(container)}; what group 0 alone may read is closed to it then"
    return Fix(Risk.REVIEW, reason, (SetField(path, facts.gid),))


def _is_made_for_zero(container: Container, context: Context) -> bool:
    facts = facts_of(container, context)
    return facts is not None and facts.gid == 0
