"""Containers keep the SELinux confinement that the runtime gives them.

## Why
A custom SELinux user or role, or a type such as `spc_t`, lifts the confinement that keeps a container from the node's
files and processes.

## Allowed values
`type` is absent, empty, `container_t`, `container_init_t` or `container_kvm_t`, and from 1.31 also
`container_engine_t`; `user` and `role` are absent or empty; for the pod and every container. `level` is free.

## What a fix may change
The forbidden keys are removed, `level` stays: breaking, because what was labelled for the old type is out of reach
afterwards.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_seLinuxOptions.go (revisions 1.0 and 1.31)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Hardening container environments
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, pod_and_containers
from harden.model.finding import Finding, Fix, Level, RemoveField, Risk
from harden.model.kube import Version, Workload
from harden.model.text import Path

_FIELD = ("securityContext", "seLinuxOptions")
_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_ENGINE_KNOWN: Version = (1, 31)


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("seLinuxOptions",),
    fields=pod_and_containers(
        "securityContext.seLinuxOptions.type",
        "securityContext.seLinuxOptions.user",
        "securityContext.seLinuxOptions.role",
    ),
    speaks_of=("seLinuxOptions",),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for the pod and for each container whose options lift the confinement."""
    types = _TYPES | {"container_engine_t"} if context.version >= _ENGINE_KNOWN else _TYPES
    yield from _judged(workload.get(*_FIELD), "the pod", (*workload.pod, *_FIELD), types)
    for container in workload.containers:
        owner = f'container "{container.name}"'
        yield from _judged(container.get(*_FIELD), owner, (*container.path, *_FIELD), types)


def _judged(options: object, owner: str, path: Path, types: frozenset[str]) -> Iterator[Finding]:
    if not isinstance(options, dict):
        return
    bad = [key for key in ("user", "role") if isinstance(options.get(key), str) and options[key] != ""]
    if isinstance(options.get("type"), str) and options["type"] not in types:
        bad.append("type")
    if not bad:
        return
    values = ", ".join(f"{key} {options[key]}" for key in bad)
    changes = (RemoveField(path),) if len(bad) == len(options) else tuple(RemoveField((*path, key)) for key in bad)
    reason = "what is labelled for it is out of reach afterwards"
    yield Finding(path, f"{owner} sets SELinux {values}", Fix(Risk.BREAKING, reason, changes))
