"""Processes must not gain more privileges than their parent (no_new_privs).

## Why
Without it a set-user-ID binary or a file capability in the image hands root, or a piece of it, to any process that
runs it.

## Allowed values
`false` on every container; there is no field for the whole pod. From 1.25 on, pods with `spec.os.name: windows` are
exempt; below that they cannot satisfy the check, because the API server refuses the field for them.

## What a fix may change
`sudo`, `su`, `ping` and other set-user-ID binaries, and binaries with file capabilities, stop working for a process
that is not root: review. Where the container is privileged or adds SYS_ADMIN, the fix takes that away too, because
the API server refuses `false` next to `privileged: true` and next to `CAP_SYS_ADMIN` (and Kubernetes documents the
value as always true there): breaking, and no fix where the profile switches the control of one of these off.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_allowPrivilegeEscalation.go (revisions 1.8 and 1.25)
- kubernetes, pkg/apis/core/validation/validation.go, ValidateSecurityContext (the refused pairs) and validateWindows
- kernel.org, Documentation/userspace-api/no_new_privs.rst
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.6
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._pods import NOT_ON_WINDOWS, WINDOWS_KNOWN, is_windows
from harden.controls._removals import added, plain_name, remove_capabilities, remove_privileged
from harden.model.finding import Change, Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload

#: Source: kernel.org, Documentation/userspace-api/no_new_privs.rst.
_SUDO = "would stop sudo, ping and other set-user-ID or file-capability programs, if the container uses them"
_FIELD = ("securityContext", "allowPrivilegeEscalation")


@control(
    level=Level.RESTRICTED,
    since=(1, 8),
    checks=("allowPrivilegeEscalation",),
    fields=each_container("securityContext.allowPrivilegeEscalation"),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that does not say `allowPrivilegeEscalation: false`."""
    windows = is_windows(workload)
    if windows and context.version >= WINDOWS_KNOWN:
        return
    for container in workload.containers:
        value = container.get(*_FIELD)
        if value is False:
            continue
        place = container.path if value is None else (*container.path, *_FIELD)
        lack = "does not forbid" if value is None else "allows"
        message = f'container "{container.name}" {lack} privilege escalation'
        if windows:
            yield Finding(place, message, NoFix(NOT_ON_WINDOWS))
            continue
        risk, reason, causes = _effect(workload, container, context)
        changes = (SetField((*container.path, *_FIELD), value=False), *causes)
        yield Finding(place, message, Fix(risk, reason, changes))


def _effect(workload: Workload, container: Container, context: Context) -> tuple[Risk, str, tuple[Change, ...]]:
    causes: tuple[Change, ...] = ()
    reasons = []
    if container.get("securityContext", "privileged") is True:
        causes += remove_privileged(workload, container)
        reasons.append("privileged")
    if any(plain_name(name) in {"SYS_ADMIN", "ALL"} for _, name in added(container)):
        causes += remove_capabilities(container, context)
        reasons.append("SYS_ADMIN")
    if reasons:
        together = "all" if len(reasons) > 1 else "both"
        return Risk.BREAKING, f"also removes {' and '.join(reasons)}: Kubernetes refuses {together} together", causes
    return Risk.REVIEW, _SUDO, ()
