"""Pods set only the kernel parameters that stay inside the pod.

## Why
A sysctl that is not namespaced changes the node for everybody on it.

## Allowed values
`kernel.shm_rmid_forced`, `net.ipv4.ip_local_port_range`, `net.ipv4.ip_unprivileged_port_start`,
`net.ipv4.ping_group_range` and `net.ipv4.tcp_syncookies`; from 1.27 also `net.ipv4.ip_local_reserved_ports`; from
1.29 also `net.ipv4.tcp_fin_timeout`, `net.ipv4.tcp_keepalive_intvl`, `net.ipv4.tcp_keepalive_probes` and
`net.ipv4.tcp_keepalive_time`; from 1.32 also `net.ipv4.tcp_rmem` and `net.ipv4.tcp_wmem`; from 1.37 also
`net.ipv4.tcp_notsent_lowat` and `net.ipv4.tcp_slow_start_after_idle`.

## What a fix may change
The forbidden entries are removed, the others stay: breaking, because the workload was tuned with them. Set them on
the node (kubelet `--allowed-unsafe-sysctls` alone does not satisfy admission) or exempt the workload.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_sysctls.go (revisions 1.0, 1.27, 1.29, 1.32 and 1.37)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._images import facts_of
from harden.controls._ports import listens_low
from harden.model.finding import Change, Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Version, Workload

_FIELD = ("securityContext", "sysctls")

#: The names that each version added.
_SAFE: tuple[tuple[Version, tuple[str, ...]], ...] = (
    (
        (1, 0),
        (
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.ip_unprivileged_port_start",
            "net.ipv4.ping_group_range",
            "net.ipv4.tcp_syncookies",
        ),
    ),
    ((1, 27), ("net.ipv4.ip_local_reserved_ports",)),
    (
        (1, 29),
        (
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
            "net.ipv4.tcp_keepalive_time",
        ),
    ),
    ((1, 32), ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")),
    ((1, 37), ("net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle")),
)


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("sysctls",),
    fields=("spec.securityContext.sysctls[*].name",),
    speaks_of=("sysctls",),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield one finding for all sysctls that are not on the version's list."""
    items = workload.get(*_FIELD)
    if not isinstance(items, list):
        return
    safe = {name for since, names in _SAFE if context.version >= since for name in names}
    bad = [(index, name) for index, name in enumerate(map(_name, items)) if name is not None and name not in safe]
    if not bad:
        return
    path = (*workload.pod, *_FIELD)
    names = ", ".join(name or "(no name)" for _, name in bad)
    # The list stays where the sysctl for low ports may be added to it.
    adds = any(listens_low(workload, container, facts_of(container, context)) for container in workload.containers)
    whole = len(bad) == len(items) and not adds
    changes: tuple[Change, ...] = (
        (RemoveField(path, names),) if whole else tuple(RemoveField((*path, index), name) for index, name in bad)
    )
    reason = "the workload was tuned with it"
    yield Finding(path, f"the pod sets sysctl {names}", Fix(Risk.BREAKING, reason, changes))


def _name(item: object) -> str | None:
    """Return the name of an item ("" where it has none), None for what no API server decodes."""
    if item is None:
        return ""
    if not isinstance(item, dict):
        return None
    name = item.get("name")
    if name is None:
        return ""
    return name if isinstance(name, str) else None
