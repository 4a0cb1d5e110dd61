"""Workloads live in a namespace of their own, not in `default`.

## Why
Namespaces are what admission levels, quotas, network policies and roles hold for. Everything that names no namespace
ends up in `default`, so rules for it hit strangers, and rights in it reach everybody's Secrets.

## Allowed values
`metadata.namespace` is not `default`. A workload without the field is left alone: kubectl, Helm and kustomize say
where it goes. The option `required` asks for the field, too.

## What a fix may change
Nothing: the name of the namespace is a decision, and an object cannot be moved, only made anew, with its volumes and
its callers' addresses. So there is no fix.

## Sources
- Kubernetes documentation, Namespaces, "Initial namespaces" (avoid `default` for production)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Namespaces
- CIS Kubernetes Benchmark 1.12: 5.6.4
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Workload


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=("metadata.namespace",),
    options=(Option("required", default=False, doc="whether a workload must name its namespace"),),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for a workload in `default`, or without a namespace where one is required."""
    reason = "which namespace it belongs to is a decision"
    if workload.namespace == "default":
        yield Finding((*workload.path, "metadata", "namespace"), "it is in the namespace default", NoFix(reason))
    elif workload.namespace is None and context.options.get("required") is True:
        yield Finding((*workload.path, "metadata"), "it names no namespace", NoFix(reason))
