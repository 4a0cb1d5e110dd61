"""Pods find other hosts by DNS, not by entries of their own in /etc/hosts.

## Why
An entry in `hostAliases` comes before DNS in that pod alone: it hides where traffic really goes from whoever reads the
Service or the policy, goes stale when the address moves, and can send a trusted name to any address.

## Allowed values
`hostAliases` is absent or empty.

## What a fix may change
Nothing: only people know where the name should lead, so there is no fix. A Service without selector and with an
EndpointSlice of its own, or one of type ExternalName, gives an outside address a name for the whole namespace.

## Sources
- Kubernetes documentation, "Adding entries to Pod /etc/hosts with HostAliases"
- Kubernetes documentation, Service, "Services without selectors" and "Type: ExternalName"
- Design principles: limit attack surface
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
    fields=("spec.hostAliases",),
    speaks_of=("hostAliases",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield one finding for all entries."""
    entries = workload.get("hostAliases")
    if not isinstance(entries, list) or not entries:
        return
    count = f"{len(entries)} address{'es' if len(entries) > 1 else ''}"
    yield Finding(
        path=(*workload.pod, "hostAliases"),
        message=f"the pod gives {count} names of its own, past DNS",
        fix=NoFix("only people know where the names should lead: a Service names an address for everybody"),
    )
