"""How much a pod counts: what the scheduler and a ResourceQuota add up of its containers.

Amounts are in billionths (`harden.kube.quantity.NANO`), by resource name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.kube.containers import is_sidecar
from harden.kube.quantity import parse
from harden.model.kube import Container, Data, Resource, Workload, dig
from harden.model.record import Record

Amounts = Mapping[str, int]


class Need(Record):
    """What a container or pod asks for and is held to; a resource that is not in there is not stated."""

    requests: Mapping[str, int] = {}
    limits: Mapping[str, int] = {}


#: What a namespace without a LimitRange fills in.
NOTHING = Need()


def read(data: object) -> dict[str, int]:
    """Return the amounts of a resource list; entries that are null or no quantity are left out."""
    if not isinstance(data, Mapping):
        return {}
    read_ = {str(name): parse(value) for name, value in data.items()}
    return {name: quantity.nano for name, quantity in read_.items() if quantity is not None}


def stated(data: object) -> Need:
    """Return what `resources` of a container says; a limit without a request is the request too.

    Source: kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_Pod: this happens before admission.
    """
    limits = read(dig(data, "limits"))
    return Need({**limits, **read(dig(data, "requests"))}, limits)


def defaults_of(ranges: Iterable[Resource]) -> Need:
    """Return what the LimitRanges of a namespace fill in for containers that state nothing.

    Source: kubernetes v1.36, pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem: a maximum is the default limit
    where there is none, that is the default request, and a minimum is the default request where there is no other.
    """
    requests: dict[str, int] = {}
    limits: dict[str, int] = {}
    for each in ranges:
        items = dig(each.data, "spec", "limits")
        for item in items if isinstance(items, list) else ():
            if dig(item, "type") == "Container":
                default = {**read(dig(item, "max")), **read(dig(item, "default"))}
                requests |= {**read(dig(item, "min")), **default, **read(dig(item, "defaultRequest"))}
                limits |= default
    return Need(requests, limits)


def filled(need: Need, defaults: Need) -> Need:
    """Return what a container has once a LimitRange has filled in its defaults.

    Source: kubernetes v1.36, plugin/pkg/admission/limitranger, mergeContainerResources.
    """
    return Need({**defaults.requests, **need.requests}, {**defaults.limits, **need.limits})


def counted(workload: Workload) -> tuple[Container, ...]:
    """Return the containers that count: init and regular ones (ephemeral containers have no resources)."""
    return tuple(container for container in workload.containers if container.field != "ephemeralContainers")


def pod_need(workload: Workload, defaults: Need = NOTHING, overhead: Amounts | None = None) -> Need:
    """Return what one pod of the workload counts for in a namespace whose LimitRange has these defaults.

    `overhead` is that of the pod's RuntimeClass, for pods that state none. Source: k8s.io/component-helpers v0.37,
    resource/helpers.go, PodRequests and PodLimits; KEP-753 (sidecars), KEP-2837 (resources of the pod), KEP-688.
    """
    containers = counted(workload)
    needs = [filled(stated(container.get("resources")), defaults) for container in containers]
    whole = _pod_level(workload)
    requests = {**_summed(containers, [need.requests for need in needs]), **whole.requests}
    limits = {**_summed(containers, [need.limits for need in needs]), **whole.limits}
    own = read(workload.get("overhead")) or dict(overhead or {})
    for name, amount in own.items():
        requests[name] = requests.get(name, 0) + amount
        # A limit of zero means none, so nothing is added to it.
        if limits.get(name):
            limits[name] += amount
    return Need(requests, limits)


def has_pod_level(spec: Data) -> bool:
    """Return whether a pod states resources of its own, so that its containers need not (KEP-2837)."""
    resources = spec.get("resources")
    return any(_pod_may_state(name) for key in ("requests", "limits") for name in read(dig(resources, key)))


def breaks_pod_level(workload: Workload, defaults: Need) -> bool:
    """Return whether a LimitRange's defaults would give the containers more than their pod states for itself.

    Source: kubernetes v1.36, pkg/apis/core/validation, validatePodResourceConsistency, which runs after the defaults.
    """
    if not has_pod_level(workload.spec):
        return False
    containers, whole = counted(workload), _pod_level(workload)
    needs = [filled(stated(container.get("resources")), defaults) for container in containers]
    total = _summed(containers, [need.requests for need in needs])
    over = any(total.get(name, 0) > amount for name, amount in whole.requests.items())
    return over or any(need.limits.get(name, 0) > most for need in needs for name, most in whole.limits.items())


def _pod_level(workload: Workload) -> Need:
    """Return the pod's own resources, its requests filled in from its containers, then from its limits.

    Source: kubernetes v1.36, pkg/apis/core/v1/defaults.go, defaultPodRequests: before any LimitRange.
    """
    limits = {name: each for name, each in read(workload.get("resources", "limits")).items() if _pod_may_state(name)}
    requests = {
        name: each for name, each in read(workload.get("resources", "requests")).items() if _pod_may_state(name)
    }
    if not limits:
        return Need(requests, limits)
    containers = counted(workload)
    total = _summed(containers, [stated(container.get("resources")).requests for container in containers])
    from_containers = {name: amount for name, amount in total.items() if name in {"cpu", "memory"}}
    return Need({**limits, **from_containers, **requests}, limits)


def _pod_may_state(name: str) -> bool:
    return name in {"cpu", "memory"} or name.startswith("hugepages-")


def _summed(containers: tuple[Container, ...], amounts: list[Amounts]) -> dict[str, int]:
    """Return the most that runs at once: all regular containers and sidecars, or an init container and what it follows.

    An init container starts when the sidecars before it run already and the others before it are done.
    """
    running: dict[str, int] = {}
    sidecars: dict[str, int] = {}
    starting: dict[str, int] = {}
    for container, own in zip(containers, amounts, strict=True):
        is_init = container.field == "initContainers"
        if not is_init:
            running = _added(running, own)
        elif is_sidecar(container):
            running, sidecars = _added(running, own), _added(sidecars, own)
            starting = _larger(starting, sidecars)
        else:
            starting = _larger(starting, _added(sidecars, own))
    return _larger(running, starting)


def _added(amounts: Amounts, other: Amounts) -> dict[str, int]:
    return {name: amounts.get(name, 0) + other.get(name, 0) for name in _names(amounts, other)}


def _larger(amounts: Amounts, other: Amounts) -> dict[str, int]:
    return {name: max(amounts.get(name, 0), other.get(name, 0)) for name in _names(amounts, other)}


def _names(amounts: Amounts, other: Amounts) -> Iterable[str]:
    return dict.fromkeys((*amounts, *other))
