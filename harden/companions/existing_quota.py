"""What is added to a ResourceQuota that a bundle has already: the LimitRange that it needs, or a warning."""

from __future__ import annotations

from harden.companions import limit_range
from harden.companions.budget import Budget, governed, usage
from harden.companions.limit_range import shown
from harden.companions.model import Answer, Note
from harden.companions.quota_settings import QuotaSettings
from harden.kube.quantity import NANO
from harden.kube.scheduling import Need, breaks_pod_level, defaults_of, read
from harden.model.finding import Finding, NoFix, Severity
from harden.model.kube import Resource, dig

# The short names of a quota (Kubernetes documentation, Resource Quotas, "Compute Resource Quota").
_ALIASES = {"cpu": "requests.cpu", "memory": "requests.memory"}


def beside(
    budget: Budget,
    quotas: tuple[Resource, ...],
    ranges: tuple[Resource, ...],
    settings: QuotaSettings,
    *,
    capped: bool,
) -> Answer:
    """Return the LimitRange that existing quotas need, where containers state less than they ask for and it fits.

    The quotas themselves are kept. Where the workloads do not fit into one, or pods are refused because they state
    less than it asks for, there is a remark on it. Quotas with scopes are taken as they are.
    """
    plain = tuple(quota for quota in quotas if not _is_scoped(quota))
    asked = {name for each in plain for name in _hard(each)} & {
        "requests.cpu",
        "requests.memory",
        "limits.cpu",
        "limits.memory",
    }
    given = defaults_of(ranges)
    chosen = limit_range.choose(budget, settings)
    has = {row[0] for row in governed(budget, given)}
    would = {row[0] for row in governed(budget, chosen.defaults)}
    broken = any(breaks_pod_level(load.member.workload, chosen.defaults) for load in budget.loads)
    adds = not ranges and not asked <= has and asked <= would and not broken
    defaults = chosen.defaults if adds else given
    short = [(each, _short(_hard(each), budget, defaults)) for each in plain]
    if adds and not any(lacks for _, lacks in short):
        return Answer(companions=(limit_range.write(budget, chosen, capped=capped),))
    remarks = [
        _remark(each, f"the workloads of these files need more: {', '.join(lacks)}") for each, lacks in short if lacks
    ]
    remarks += [
        _remark(each, f"pods are refused: containers state no {', '.join(sorted(missing))}, and no LimitRange gives it")
        for each in plain
        if (missing := (_hard(each).keys() & asked) - has)
    ]
    return Answer(remarks=tuple(remarks))


def _short(hard: dict[str, int], budget: Budget, defaults: Need) -> list[str]:
    """Return what a quota has too little of: `pods 12 > 10`."""
    needed = usage(budget, defaults) | {name: count * NANO for name, count in budget.inventory.counts.items()}
    if budget.inventory.storage is not None:
        needed["requests.storage"] = budget.inventory.storage * NANO
    over = {name: each for name, each in needed.items() if each > hard.get(name, each)}
    words, allowed = shown(over), shown(hard)
    return [f"{name} {words[name]} > {allowed[name]}" for name in sorted(over)]


def _hard(quota: Resource) -> dict[str, int]:
    return {_ALIASES.get(name, name): each for name, each in read(dig(quota.data, "spec", "hard")).items()}


def _is_scoped(quota: Resource) -> bool:
    return dig(quota.data, "spec", "scopes") is not None or dig(quota.data, "spec", "scopeSelector") is not None


def _remark(quota: Resource, message: str) -> Note:
    reason = "a quota that somebody wrote is kept as it is"
    path = (*quota.path, "spec", "hard")
    return Note(quota, Finding(path, message, NoFix(reason), control="resource-quota"), Severity.WARNING)
