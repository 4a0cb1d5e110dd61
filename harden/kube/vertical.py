"""Reads VerticalPodAutoscalers: the most that they let the containers of a workload ask for.

Source: github.com/kubernetes/autoscaler, vertical-pod-autoscaler, pkg/apis/autoscaling.k8s.io/v1/types.go: updateMode,
resourcePolicy.containerPolicies (containerName, mode, maxAllowed, controlledResources, controlledValues); by default
limits grow in proportion to requests, and cpu and memory are controlled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.kube.quantity import Format, Quantity
from harden.kube.scheduling import read, stated
from harden.model.kube import Container, Resource, Workload, dig

_GROUP = "autoscaling.k8s.io/"


class Raises:
    """The autoscalers of a namespace, by the workload that each raises."""

    def __init__(self, objects: Iterable[Resource]) -> None:
        self._by_target: dict[tuple[str, str], Resource] = {}
        for each in objects:
            spec = each.data.get("spec")
            is_own = each.kind == "VerticalPodAutoscaler" and each.api_version.startswith(_GROUP)
            if is_own and dig(spec, "updatePolicy", "updateMode") != "Off":
                kind, name = (dig(spec, "targetRef", field) for field in ("kind", "name"))
                self._by_target[str(kind), str(name)] = each

    def unbounded(self, workload: Workload) -> str:
        """Return the autoscaler that raises a container without end, for people; "" where none does."""
        each = self._by_target.get((workload.kind, workload.name))
        if each is None:
            return ""
        policies = [_policy(each, container) for container in workload.containers if _is_raised(container)]
        open_ended = any(policy is not None and not _bounds_all(policy) for policy in policies)
        return f"VerticalPodAutoscaler {each.name}" if open_ended else ""

    def at_most(self, workload: Workload) -> Workload:
        """Return a workload whose containers ask for the most that its autoscaler may give them."""
        each = self._by_target.get((workload.kind, workload.name))
        if each is None:
            return workload
        return workload._replace(containers=tuple(_raised(each, container) for container in workload.containers))


def _is_raised(container: Container) -> bool:
    return container.field == "containers"


def _policy(resource: Resource, container: Container) -> Mapping[str, object] | None:
    """Return the policy of a container, an empty one where there is none; None where it is left alone."""
    listed = dig(resource.data, "spec", "resourcePolicy", "containerPolicies")
    policies = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    for name in (container.name, "*"):
        for policy in policies:
            if policy.get("containerName") == name:
                return None if policy.get("mode") == "Off" else policy
    return {}


def _controlled(policy: Mapping[str, object]) -> list[str]:
    listed = policy.get("controlledResources")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else ["cpu", "memory"]


def _bounds_all(policy: Mapping[str, object]) -> bool:
    return set(_controlled(policy)) <= set(read(policy.get("maxAllowed")))


def _raised(resource: Resource, container: Container) -> Container:
    policy = _policy(resource, container) if _is_raised(container) else None
    if policy is None:
        return container
    need, most = stated(container.get("resources")), read(policy.get("maxAllowed"))
    requests, limits = dict(need.requests), dict(need.limits)
    for name in _controlled(policy):
        asked, top = requests.get(name), most.get(name)
        if top is None or (asked is not None and asked >= top):
            continue
        if name in limits and asked and policy.get("controlledValues") != "RequestsOnly":
            limits[name] = -(-limits[name] * top // asked)
        requests[name] = top
    resources = {"requests": _written(requests), "limits": _written(limits)}
    return container._replace(data={**container.data, "resources": resources})


def _written(amounts: Mapping[str, int]) -> dict[str, str]:
    return {name: str(Quantity(amount, Format.DECIMAL)) for name, amount in amounts.items()}
