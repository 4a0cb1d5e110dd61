"""The ResourceQuota of an owned namespace: room for all its workloads and every update at once, and no more."""

from __future__ import annotations

from harden.companions import limit_range, yaml_text
from harden.companions.budget import Budget, governed, is_extended, name_of, read_budget, room, usage
from harden.companions.existing_quota import beside
from harden.companions.limit_range import shown, tidy, with_headroom
from harden.companions.model import Answer, Companion, Step, Suggestion
from harden.companions.ownership import Ownership
from harden.companions.pod_makers import pod_makers
from harden.companions.quota_settings import QuotaSettings
from harden.kube.bundle import Bundle
from harden.kube.quantity import NANO
from harden.kube.scheduling import Need, breaks_pod_level, defaults_of
from harden.model.finding import Risk

_QUOTA, _RANGE = ("v1", "ResourceQuota"), ("v1", "LimitRange")


def fitting(bundle: Bundle, ownership: Ownership, namespace: str, settings: QuotaSettings) -> Answer:
    """Return what an owned namespace with workloads gets: both objects, what lacks of them, or why it gets none."""
    budget = read_budget(bundle, ownership, namespace, settings)
    quotas = ownership.resources(bundle, namespace, _QUOTA)
    ranges = ownership.resources(bundle, namespace, _RANGE)
    crowd = _unseen(bundle, ownership, namespace)
    if quotas:
        return beside(budget, quotas, ranges, settings, capped=crowd is None)
    obstacle = _obstacle(budget, settings, crowd)
    if obstacle is not None:
        return Answer(offers=(obstacle,))
    chosen = limit_range.choose(budget, settings)
    defaults = defaults_of(ranges) if ranges else chosen.defaults
    broken = [load for load in budget.loads if breaks_pod_level(load.member.workload, defaults)]
    if broken:
        return Answer(offers=(_too_small(namespace, " ".join(name_of(broken[0].member))),))
    companions = () if ranges else (limit_range.write(budget, chosen, capped=crowd is None),)
    return Answer(steps=(Step((), (_quota(budget, defaults, settings), *companions)),))


def _unseen(bundle: Bundle, ownership: Ownership, namespace: str) -> str | None:
    """Return what says that the namespace has pods or containers that the bundle does not show, or None."""
    found = ownership.signs(bundle, namespace)
    if found:
        return f"{found[0].resource.kind} {found[0].resource.name} {found[0].what}"
    makers = pod_makers(bundle, namespace)
    return makers[0].said if makers else None


def _obstacle(budget: Budget, settings: QuotaSettings, crowd: str | None) -> Suggestion | None:
    """Return why no quota can be known to fit, with what would change that; None where one can."""
    lead = f"namespace {budget.namespace}: no ResourceQuota and LimitRange, because"
    if crowd is not None and not settings.room:
        return Suggestion(f"{lead} {crowd}", "controls.resource-quota.room (what such pods need, by quota name)")
    if budget.unbounded:
        advice = "give it resourcePolicy.containerPolicies with maxAllowed"
        return Suggestion(
            f"{lead} {budget.unbounded} sets what its pods ask for, and no maxAllowed bounds that", advice
        )
    daemons = [load.member.workload.name for load in budget.loads if load.member.resource.kind == "DaemonSet"]
    if daemons and settings.nodes is None:
        return Suggestion(f"{lead} DaemonSet {daemons[0]} has a pod on every node", "controls.resource-quota.nodes")
    return None


def _too_small(namespace: str, workload: str) -> Suggestion:
    return Suggestion(
        f"namespace {namespace}: no ResourceQuota and LimitRange, because the pod of {workload} states fewer resources "
        "than its containers would get by default",
        "controls.resource-quota.default-requests",
    )


def _quota(budget: Budget, defaults: Need, settings: QuotaSettings) -> Companion:
    name = f"{budget.namespace}-quota"
    spare = f"{settings.headroom}% headroom" if settings.headroom else "no headroom"
    lines = yaml_text.head("ResourceQuota", name, budget.namespace)
    lines += ["spec:", "  hard:"]
    lines += [yaml_text.comment(f"Room for every workload at its most, all of them updating at once, and {spare}:", 4)]
    lines += [yaml_text.comment(f"  {workload}", 4) for workload in _workloads(budget)]
    lines += yaml_text.entries(shown(_pods(budget, defaults, settings)), 4)
    if settings.object_counts:
        lines += [yaml_text.comment("The objects of these files and those that they refer to, and some to spare.", 4)]
        lines += yaml_text.entries(shown(_objects(budget, settings)), 4)
    because = "keeps what gets into the namespace from taking the cluster, with room for these workloads"
    return Companion(
        "ResourceQuota",
        name,
        budget.namespace,
        yaml_text.text(lines),
        because,
        lacks=f"namespace {budget.namespace} has no ResourceQuota",
        risk=Risk.REVIEW,
        reason="pods that these files do not show need room, too",
    )


def _workloads(budget: Budget) -> list[str]:
    lines = [f"{' '.join(name_of(load.member))}: {load.scale.why}" for load in budget.loads]
    if budget.inventory.solvers:
        lines.append(f"cert-manager: up to {budget.inventory.solvers} pods that answer ACME challenges")
    return list(dict.fromkeys(lines))


def _pods(budget: Budget, defaults: Need, settings: QuotaSettings) -> dict[str, int]:
    """Return the hard limits on pods and what they ask for; only what every container states or gets."""
    names = {"pods", *(row[0] for row in governed(budget, defaults))}
    hidden = room(settings)
    limits = {
        name: tidy(name, with_headroom(needed, settings.headroom)) + hidden.get(name, 0)
        for name, needed in usage(budget, defaults).items()
        if name in names or is_extended(name.partition(".")[2])
    }
    order = ["pods", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]
    return {name: limits[name] for name in (*order, *sorted(limits.keys() - set(order))) if name in limits}


def _objects(budget: Budget, settings: QuotaSettings) -> dict[str, int]:
    """Return the hard limits on objects; storage only where the size of every claim is known."""
    hidden = room(settings)
    limits = {}
    for name, needed in budget.inventory.counts.items():
        spare = settings.spare_objects if name in {"secrets", "configmaps"} else 0
        limits[name] = tidy(name, with_headroom(needed * NANO, settings.headroom)) + spare * NANO + hidden.get(name, 0)
    if budget.inventory.storage is not None:
        storage = with_headroom(budget.inventory.storage * NANO, settings.headroom)
        limits["requests.storage"] = tidy("requests.storage", storage) + hidden.get("requests.storage", 0)
    return limits
