"""Containers say how much CPU and memory they need, and how much memory they may take at most.

## Why
Without requests the scheduler puts pods where there is no room; without a memory limit one leak takes the node's
memory and other pods die for it. Quotas refuse pods that state nothing.

## Allowed values
`requests.cpu`, `requests.memory` and `limits.memory` for every container (an ephemeral one cannot have any). A limit
without a request is the request, too; what the pod states for all its containers (`spec.resources`), or a LimitRange of
the namespace in the same run fills in, need not be said again. A CPU limit and ephemeral storage are asked for by the
options `cpu-limit` and `ephemeral-storage` alone.

## What a fix may change
Only amounts that are absent are written, never one above a present limit or below a present request: review, because a
program that needs more than its limit is killed. The amounts come, the nearest first, from the file given by `--usage`
(what was measured, rounded up, and `headroom` percent on top), from the profile's `workloads`, `images` and `classes`.
The class is that of the image where it is known, else follows from Java options, from the kind (init container, Job,
DaemonSet), else from having ports. The limit is raised to hold what the container says of itself, in arguments,
variables and the ConfigMaps that it takes: `-Xmx`, direct memory, `--max-old-space-size`, `GOMEMLIMIT`,
`shared_buffers`, an amount in a variable whose name speaks of memory or a heap, what image facts know of the program
(`maxmemory`, buffer pools, page caches), volumes in memory with a `sizeLimit`. A Java program that states no heap takes
a quarter of the limit, which is said. Beside a larger request of the user it keeps the table's proportion. There is no
fix for what no table names, by class beside extended resources (`example.com/gpu`), resource claims, huge pages, other
signs of accelerators, tens of Gi of ephemeral storage and volumes in memory, next to a LimitRange that limits ratios or
sums, and for the memory limit of a container that writes to a volume in memory without `sizeLimit`. CPU limits throttle
and storage limits evict, so both are written only where the profile names them: `limits: {cpu: "1"}`.

## Sources
- Kubernetes documentation, "Resource Management for Pods and Containers", and Limit Ranges
- kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_Pod and SetDefaults_LimitRangeItem
- KEP-2837 (resources of the pod); kubernetes issues 67577 and 51135 (CPU limits throttle)
- robusta-dev/krr, robusta_krr/core/models/result.py (the form of its JSON)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Resource policies
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Context, Option, control
from harden.controls._neighbours import beside
from harden.controls._size_tables import BY_CLASS, BY_IMAGE, BY_WORKLOAD
from harden.model.finding import Finding, Fix, Level, NoFix, Risk
from harden.model.kube import Container, Workload, dig
from harden.model.plain import as_list

if TYPE_CHECKING:
    from harden.controls._sizing import Gap

_WORDS = {"requests": "request", "limits": "limit"}


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=tuple(
        f"spec.{kind}[*].resources.{amount}"
        for amount in ("requests.cpu", "requests.memory", "limits.memory")
        for kind in ("initContainers", "containers")
    ),
    options=(
        Option("headroom", 20, "what is added to measured usage, in percent"),
        Option("classes", {}, "the size of each class of container", BY_CLASS),
        Option("images", {}, "sizes by globs of image names, without tags (docker.io/library/postgres)", BY_IMAGE),
        Option("cpu-limit", default=False, doc="whether a missing limit of CPU is reported, too: it throttles"),
        Option(
            "ephemeral-storage",
            default=False,
            doc="whether missing requests and limits of ephemeral storage, and emptyDirs without sizeLimit, are "
            "reported, too: who exceeds them is evicted",
        ),
        Option(
            "workloads", {}, "sizes by globs of workloads (name, or namespace/name), then of containers", BY_WORKLOAD
        ),
    ),
    bundle=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that leaves something unsaid, and one for what cannot be written for it."""
    # Slow to import (exact amounts), and only profiles beyond the standards run this control.
    from harden.controls._limit_range import filled_by  # noqa: PLC0415
    from harden.controls._sizing import gaps, wish_of  # noqa: PLC0415

    filled = filled_by(beside(context.bundle, workload, "LimitRange"))
    for container in workload.containers:
        if container.field == "ephemeralContainers":
            continue
        wish = wish_of(workload, container, context)
        found = list(gaps(workload, container, wish, filled, context))
        written = [gap for gap in found if gap.change is not None]
        if written:
            yield _fix(container, written, wish.origin)
        for why in dict.fromkeys(gap.why for gap in found if gap.change is None):
            left = [gap for gap in found if gap.change is None and gap.why == why]
            yield Finding(container.path, _message(container, left), NoFix(why))
    if context.options.get("ephemeral-storage") is True:
        yield from _unbounded(workload)


def _unbounded(workload: Workload) -> Iterator[Finding]:
    """Yield a finding for each emptyDir that may take all of the node's disk, or of its memory."""
    for at, volume in enumerate(as_list(workload.get("volumes"))):
        folder = dig(volume, "emptyDir")
        if isinstance(folder, dict) and folder.get("sizeLimit") is None:
            message = f'emptyDir "{dig(volume, "name")}" has no sizeLimit'
            why = "only its authors know what it needs: a pod is evicted whose volume grows past its sizeLimit"
            yield Finding((*workload.pod, "volumes", at, "emptyDir"), message, NoFix(why))


def _fix(container: Container, written: list[Gap], origin: str) -> Finding:
    reasons = [origin, *dict.fromkeys(gap.why for gap in written if gap.why)]
    return Finding(
        path=container.path,
        message=_message(container, written),
        fix=Fix(
            Risk.REVIEW,
            f"sized by {'; '.join(reasons)}",
            tuple(gap.change for gap in written if gap.change is not None),
        ),
    )


def _message(container: Container, found: list[Gap]) -> str:
    names = [f"{gap.resource} {_WORDS[gap.side]}" for gap in found]
    listed = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f'container "{container.name}" states no {listed}'
