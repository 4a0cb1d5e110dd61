"""Each owned namespace has a ResourceQuota with room for its workloads, and the LimitRange that it needs.

## Why
Without a quota one runaway controller, or whoever gets into one namespace, can take the whole cluster.

## Allowed values
Any quota: one that is there is kept. A quota on requests or limits refuses pods that state none, so a LimitRange has to
give defaults.

## What a fix may change
It creates both objects, or the LimitRange that a present quota lacks: review, because pods that these files do not show
need room, too. Never one without the other. Nothing is created where it is not certain that all workloads fit, every
one of them at its most and in an update at once.

## Sources
- kubernetes.io, Concepts, Resource Quotas and Limit Ranges
- kubernetes v1.36, plugin/pkg/admission/resourcequota and limitranger
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Resource policies
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
    fields=("ResourceQuota.spec.hard", "LimitRange.spec.limits"),
    options=(
        Option("headroom", 20, "Percent beyond what the workloads need at their most."),
        Option("nodes", 0, "On how many nodes DaemonSets run; 0: nobody knows, so no quota where there is one."),
        Option("overlap", 2, "How many Jobs of a CronJob may run at once where its policy does not say."),
        Option("object-counts", False, "Limit Services, Secrets, ConfigMaps, claims and their storage, too."),
        Option("spare-objects", 10, "With object-counts: Secrets and ConfigMaps beyond those that are known of."),
        Option(
            "default-requests",
            {"cpu": "50m", "memory": "64Mi"},
            "What containers ask for that state nothing, by resource.",
        ),
        Option("default-limits", {}, "What containers are held to that state nothing, by resource."),
        Option("room", {}, "Room for pods that the files do not show, by quota name (pods, requests.cpu ...)."),
    ),
    creates=("ResourceQuota", "LimitRange"),
    needs_all=True,
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each owned namespace without a quota, and for quotas that do not fit."""
    from harden.companions.surveys import quotas  # noqa: PLC0415 - slow to load, for runs with companions

    return quotas(context)
