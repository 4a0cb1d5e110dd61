"""Each owned namespace has a NetworkPolicy that denies what no other one allows.

## Why
A pod that somebody adds later has no policy of its own; default deny isolates it from its first start.

## Allowed values
Any policy of the namespace that selects every pod and has ingress rules of its own, or none.

## What a fix may change
It creates a policy that selects all pods of the namespace and lets nobody in: review, because pods that these files do
not show are cut. It is created only in namespaces that the files own, where every workload has a policy of its own, and
where nothing is known that makes further pods, nor names a neighbour that these files do not show.

## Sources
- kubernetes.io, Concepts, Network Policies, "Default deny all ingress traffic"
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Network policies
- CIS Kubernetes Benchmark 1.12: 5.3.2
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Option, Scope, bundle_control
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext


@bundle_control(
    scope=Scope.NAMESPACE,
    fields=("NetworkPolicy.spec",),
    options=(Option("denies", [], "Owned namespaces that get a default deny, whatever unseen pods they may run."),),
    creates=("NetworkPolicy",),
    needs_all=True,
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each owned namespace without a default deny."""
    from harden.companions.surveys import default_denies  # noqa: PLC0415 - slow to load, for runs with companions

    return default_denies(context)
