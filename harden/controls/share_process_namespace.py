"""Containers of a pod do not see each other's processes.

## Why
With a shared process namespace every container of the pod reads the others' arguments, environment and, through
`/proc/PID/root`, their files, and may signal or trace processes of the same user: a flaw in a sidecar reaches the
application's secrets.

## Allowed values
`shareProcessNamespace` is `false` or absent.

## What a fix may change
Nothing: whoever shares the namespace has a container that looks at another's processes (a debugger, a reloader that
signals its neighbour), so there is no fix. Often a shared volume, an HTTP endpoint or an ephemeral container for
debugging does the same.

## Sources
- Kubernetes documentation, "Share Process Namespace between Containers in a Pod", "Understanding process namespace
  sharing"
- proc(5), "/proc/pid/root", and ptrace(2), "Ptrace access mode checking"
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=("spec.shareProcessNamespace",),
    speaks_of=("shareProcessNamespace",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding when the containers share their processes."""
    if workload.get("shareProcessNamespace") is True:
        yield Finding(
            path=(*workload.pod, "shareProcessNamespace"),
            message="the containers of the pod see each other's processes",
            fix=NoFix("one of them was made to look at another's processes"),
        )
