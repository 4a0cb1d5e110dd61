"""Containers must not run as root.

## Why
Root in a container is root for the kernel unless the pod has a user namespace: a flaw in the kernel, the runtime or a
mount then hands over the node. With `runAsNonRoot: true` the kubelet refuses to start a container as uid 0.

## Allowed values
`true` for the pod, or for every container; nowhere `false`. From 1.35 on, pods in a user namespace
(`hostUsers: false`) are exempt.

## What a fix may change
`true` is said once, for the pod; a value that a container contradicts it with is replaced in place. It changes no
user: it only lets the kubelet check the one there is. Where a numeric `runAsUser` other than 0 holds for all
containers that the fix reaches, it is safe. Where no user is known it is review: the kubelet does not start the
container when the image runs as root, or as a *name* (which it cannot check), with CreateContainerConfigError. To
find out: `docker inspect --format '{{.Config.User}}' IMAGE` must print a number other than 0; otherwise set
`runAsUser` too. Where `runAsUser: 0` stands, or a container opts out of the pod's `true`, it is breaking. In a
Windows pod the container must not run as ContainerAdministrator.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_runAsNonRoot.go (revisions 1.0 and 1.35)
- kubernetes, pkg/kubelet/kuberuntime/security_context_others.go and security_context_windows.go, verifyRunAsNonRoot
- KEP-127 (user namespaces)
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.controls._pods import (
    USER_NAMESPACES_KNOWN,
    in_user_namespace,
    is_plain_user,
    is_root,
    is_windows,
    quoted,
    user_of,
)
from harden.model.finding import Finding, Level, Risk, SetField
from harden.model.kube import Container, Workload
from harden.model.text import Path

_FIELD = ("securityContext", "runAsNonRoot")


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=("runAsNonRoot",),
    fields=pod_and_containers("securityContext.runAsNonRoot"),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for the pod, where it leaves containers without `true`, and for each container with `false`."""
    if in_user_namespace(workload) and context.version >= USER_NAMESPACES_KNOWN:
        return
    value = workload.get(*_FIELD)
    silent = [container for container in workload.containers if container.get(*_FIELD) is None]
    if value is False:
        yield _finding(workload, (*workload.pod, *_FIELD), "the pod says runAsNonRoot: false", silent)
    elif value is not True and silent:
        names = quoted([container.name for container in silent])
        message = f"nothing keeps container{'s' if len(silent) > 1 else ''} {names} from running as root"
        yield _finding(workload, workload.pod, message, silent)
    for container in workload.containers:
        if container.get(*_FIELD) is False:
            message = f'container "{container.name}" says runAsNonRoot: false'
            yield _finding(workload, (*container.path, *_FIELD), message, [container], opts_out=value is True)


def _finding(
    workload: Workload, path: Path, message: str, reached: list[Container], *, opts_out: bool = False
) -> Finding:
    place = path if path[-2:] == _FIELD else (*path, *_FIELD)
    risk, reason = _risk(workload, reached, opts_out=opts_out)
    return Finding(path, message, reason, risk, "runAsNonRoot true", (SetField(place, value=True),))


def _risk(workload: Workload, reached: list[Container], *, opts_out: bool) -> tuple[Risk, str]:
    if is_windows(workload):
        return Risk.REVIEW, "the container must not run as ContainerAdministrator"
    users = [(container.name, user_of(workload, container)) for container in reached]
    roots = [name for name, user in users if is_root(user)]
    if roots:
        return Risk.BREAKING, f"the kubelet refuses it next to runAsUser: 0 ({quoted(roots)})"
    if all(is_plain_user(user) for _, user in users):
        return Risk.SAFE, "every container it reaches has a numeric user other than root"
    if opts_out:
        return Risk.BREAKING, "the container opts out of the pod's true: it probably runs as root"
    return Risk.REVIEW, "the image must run as a numeric non-root user"
