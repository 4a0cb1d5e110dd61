"""Containers that run on say whether they are ready and whether they still work.

## Why
Without a readiness probe a Service sends requests to a container as soon as its process exists, so every update drops
some; without a liveness probe a program that hangs keeps its place for ever.

## Allowed values
Regular containers of pods that run on (not of Jobs, CronJobs and Pods that end) have a `livenessProbe`, and those that
declare ports a `readinessProbe`. Init containers, sidecars among them, are not judged. The option `liveness: false`
leaves the liveness probe to people: a wrong one does more harm than none.

## What a fix may change
Nothing: what a healthy answer is, and how long a start may take, only the program's authors know. A probe that is made
up restarts a working container, so none is ever written.

## Sources
- Kubernetes documentation, Pod Lifecycle, "Container probes" ("When should you use a ... probe?")
- Kubernetes documentation, "Configure Liveness, Readiness and Startup Probes" (caution on liveness probes)
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, Option, control
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Container, Workload

_ADVICE = "only its authors know what healthy means; harden does not invent probes"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=("spec.containers[*].livenessProbe", "spec.containers[*].readinessProbe"),
    options=(Option("liveness", default=True, doc="whether a missing livenessProbe is reported, too"),),
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that lacks a probe."""
    if workload.row.ends or workload.get("restartPolicy") in ("Never", "OnFailure"):
        return
    for container in workload.containers:
        missing = _missing(container, liveness=context.options.get("liveness") is not False)
        if container.field == "containers" and missing:
            message = f'container "{container.name}" has no {" and no ".join(missing)}'
            yield Finding(container.path, message, NoFix(_ADVICE))


def _missing(container: Container, *, liveness: bool) -> list[str]:
    wanted = ["readinessProbe"] if container.get("ports") else []
    wanted += ["livenessProbe"] if liveness else []
    return [probe for probe in wanted if container.get(probe) is None]
