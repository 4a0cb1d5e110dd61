"""Owns a small cluster that admits pods as LimitRanger and ResourceQuota do; it shares nothing with harden.

Written from kubernetes v1.36: plugin/pkg/admission/limitranger, pkg/quota/v1/evaluator/core, pkg/apis/core/v1/defaults,
pkg/controller/deployment, pkg/controller/daemon. Amounts are fractions.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Resources = dict[str, Fraction]

_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SHIFTS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


class RefusedError(Exception):
    """The API server says no."""


def fraction(quantity: object) -> Fraction:
    number, suffix = re.fullmatch(r"([-+]?[0-9.]+)(.*)", str(quantity)).groups()  # type: ignore[union-attr]
    if suffix in _SHIFTS:
        return Fraction(number) * 2 ** _SHIFTS[suffix]
    if suffix in _POWERS:
        return Fraction(number) * Fraction(10) ** _POWERS[suffix]
    return Fraction(number) * Fraction(10) ** int(suffix[1:])


def resources(data: Mapping[str, Any] | None) -> Resources:
    return {name: fraction(each) for name, each in (data or {}).items() if each is not None}


@dataclass
class Namespace:
    """One namespace: its LimitRanges and quotas, and what is used of each resource."""

    ranges: list[dict[str, Any]]
    quotas: list[dict[str, Any]]
    used: Counter[str] = field(default_factory=Counter)

    def admit_pod(self, spec: Mapping[str, Any]) -> dict[str, Fraction]:
        """Create a pod; return what it is charged for."""
        pod = default_pod(spec)
        for item in self._container_ranges():
            for each in each_container(pod):
                for key, default in (("limits", item["default"]), ("requests", item["defaultRequest"])):
                    for name, amount in default.items():
                        each[key].setdefault(name, amount)
        for item in self._container_ranges():
            for each in each_container(pod):
                check_range(item, each)
        validate(pod)
        usage = charge(pod)
        for quota in self.quotas:
            require_stated(set(resources(quota["spec"]["hard"])), pod)
        self.admit(usage)
        return usage

    def admit(self, usage: Mapping[str, Fraction]) -> None:
        """Charge for an object if every quota has room for it."""
        for quota in self.quotas:
            for name, hard in resources(quota["spec"]["hard"]).items():
                if usage.get(name) and self.used[name] + usage[name] > hard:
                    raise RefusedError(f"exceeded quota: {name} {self.used[name]} + {usage[name]} > {hard}")
        for name, amount in usage.items():
            self.used[name] += amount  # type: ignore[assignment]  # a Counter of fractions

    def release(self, usage: Mapping[str, Fraction]) -> None:
        for name, amount in usage.items():
            self.used[name] -= amount  # type: ignore[assignment]

    def _container_ranges(self) -> Iterator[dict[str, Resources]]:
        for each in self.ranges:
            for item in each["spec"]["limits"]:
                if item["type"] == "Container":
                    read = {key: resources(item.get(key)) for key in ("max", "min", "default", "defaultRequest")}
                    read["default"] = {**read["max"], **read["default"]}
                    read["defaultRequest"] = {**read["min"], **read["default"], **read["defaultRequest"]}
                    yield read


def each_container(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["containers"], *pod["init"]]


def default_pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod as the API server decodes it: requests from limits, then the pod's own."""
    pod: dict[str, Any] = {"containers": [], "init": [], "overhead": resources(spec.get("overhead"))}
    for source, target in (("containers", "containers"), ("initContainers", "init")):
        for each in spec.get(source) or ():
            stated = each.get("resources") or {}
            limits = resources(stated.get("limits"))
            requests = {**limits, **resources(stated.get("requests"))}
            sidecar = target == "init" and each.get("restartPolicy") == "Always"
            pod[target].append({"name": each.get("name"), "requests": requests, "limits": limits, "sidecar": sidecar})
    own = spec.get("resources") or {}
    pod["requests"], pod["limits"] = resources(own.get("requests")), resources(own.get("limits"))
    if pod["limits"]:
        for name, amount in aggregate(pod, "requests").items():
            if name in {"cpu", "memory"}:
                pod["requests"].setdefault(name, amount)
        for name, amount in pod["limits"].items():
            pod["requests"].setdefault(name, amount)
    return pod


def aggregate(pod: dict[str, Any], key: str) -> Resources:
    """Return what runs at once, at the most: found by playing the start of the pod."""
    total: Counter[str] = Counter()
    moments: list[Counter[str]] = []
    for each in pod["init"]:
        moment = total.copy()
        moment.update(each[key])
        moments.append(moment)
        if each["sidecar"]:
            total.update(each[key])
    for each in pod["containers"]:
        total.update(each[key])
    moments.append(total)
    return {name: max(moment[name] for moment in moments) for moment in moments for name in moment}  # type: ignore[misc]


def check_range(item: dict[str, Resources], container: dict[str, Any]) -> None:
    for name, most in item["max"].items():
        if name not in container["limits"]:
            raise RefusedError(f"maximum {name}: no limit is specified")
        if max(container["limits"][name], container["requests"].get(name, Fraction(0))) > most:
            raise RefusedError(f"maximum {name} exceeded in {container['name']}")
    for name, least in item["min"].items():
        if container["requests"].get(name, Fraction(0)) < least:
            raise RefusedError(f"minimum {name}: {container['name']}")


def validate(pod: dict[str, Any]) -> None:
    for each in each_container(pod):
        for name, request in each["requests"].items():
            if request > each["limits"].get(name, request):
                raise RefusedError(f"{each['name']}: {name} request above its limit")
        for name, limit in each["limits"].items():
            if each in pod["containers"] and limit > pod["limits"].get(name, limit):
                raise RefusedError(f"{each['name']}: {name} limit above the pod's")
    for name, total in aggregate(pod, "requests").items():
        if total > pod["requests"].get(name, total):
            raise RefusedError(f"the pod requests less {name} than its containers")


def require_stated(hard: set[str], pod: dict[str, Any]) -> None:
    if pod["requests"] or pod["limits"]:
        return
    for each in each_container(pod):
        has = {f"requests.{name}" for name in each["requests"]} | {f"limits.{name}" for name in each["limits"]}
        has |= set(each["requests"])
        wants = hard & {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
        if not wants <= has:
            raise RefusedError(f"must specify {sorted(wants - has)} for {each['name']}")


def charge(pod: dict[str, Any]) -> dict[str, Fraction]:
    usage = {"pods": Fraction(1)}
    requests = {**aggregate(pod, "requests"), **pod["requests"]}
    limits = {**aggregate(pod, "limits"), **pod["limits"]}
    for name, amount in pod["overhead"].items():
        requests[name] = requests.get(name, Fraction(0)) + amount
        if limits.get(name):
            limits[name] += amount
    usage |= {f"requests.{name}": amount for name, amount in requests.items()}
    usage |= {f"limits.{name}": amount for name, amount in limits.items()}
    usage |= {name: requests[name] for name in ("cpu", "memory") if name in requests}
    return usage


def share(value: object, total: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = Fraction(str(value).rstrip("%")) * total / 100
    return math.ceil(exact) if up else math.floor(exact)


@dataclass
class Rollout:
    """One workload whose pods are all replaced, step by step, as its controller does."""

    namespace: Namespace
    spec: Mapping[str, Any]  # of the pod
    replicas: int
    surge: int = 0
    unavailable: int = 0
    waits: bool = True  # for a pod to be gone before it makes another in its place
    old: list[dict[str, Fraction]] = field(default_factory=list)
    new: list[dict[str, Fraction]] = field(default_factory=list)
    going: list[dict[str, Fraction]] = field(default_factory=list)

    def start(self) -> None:
        self.old = [self.namespace.admit_pod(self.spec) for _ in range(self.replicas)]

    @property
    def done(self) -> bool:
        return len(self.new) == self.replicas and not self.old and not self.going

    def step(self) -> None:
        """Make the pods that may be made; then those of the last step are gone, and the next ones begin to go."""
        if self.waits:
            self._release()
        alive = len(self.old) + len(self.new)
        for _ in range(min(self.replicas + self.surge - alive, self.replicas - len(self.new))):
            self.new.append(self.namespace.admit_pod(self.spec))
        self._release()
        spare = len(self.old) + len(self.new) - (self.replicas - self.unavailable)
        self.going = [self.old.pop() for _ in range(min(spare, len(self.old)))]

    def _release(self) -> None:
        while self.going:
            self.namespace.release(self.going.pop())


def rollout(namespace: Namespace, data: Mapping[str, Any], most: int, nodes: int, overlap: int) -> Rollout:  # noqa: PLR0911 -- one return a kind
    """Return the rollout of a workload that an autoscaler may give `most` replicas."""
    kind, spec = data["kind"], data.get("spec") or {}
    if kind == "Pod":
        return Rollout(namespace, spec, 1, unavailable=1)
    if kind == "CronJob":
        job = spec["jobTemplate"]["spec"]
        jobs = {"Forbid": 1, "Replace": 2}.get(spec.get("concurrencyPolicy"), overlap)
        return Rollout(namespace, job["template"]["spec"], jobs * parallel(job), unavailable=10**6)
    if kind == "Job":
        return Rollout(namespace, spec["template"]["spec"], parallel(spec), unavailable=10**6)
    pod = spec["template"]["spec"]
    replicas = max(1 if spec.get("replicas") is None else spec["replicas"], most)
    if kind == "Deployment":
        strategy = spec.get("strategy") or {}
        if strategy.get("type") == "Recreate":
            return Rollout(namespace, pod, replicas, unavailable=replicas)
        rolling = {"maxSurge": "25%", "maxUnavailable": "25%", **(strategy.get("rollingUpdate") or {})}
        surge, down = (
            share(rolling["maxSurge"], replicas, up=True),
            share(rolling["maxUnavailable"], replicas, up=False),
        )
        return Rollout(namespace, pod, replicas, surge, down if surge or down else 1, waits=False)
    if kind == "DaemonSet":
        rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
        surge = share(rolling.get("maxSurge") or 0, nodes, up=True)
        down = share(rolling.get("maxUnavailable", 1) or 0, nodes, up=True)
        return Rollout(namespace, pod, nodes, surge, 0 if surge else max(down, 1), waits=not surge)
    return Rollout(namespace, pod, replicas, unavailable=1)


def parallel(job: Mapping[str, Any]) -> int:
    most = 1 if job.get("parallelism") is None else job["parallelism"]
    return int(most if job.get("completions") is None else min(most, job["completions"]))


def replay(rollouts: list[Rollout]) -> None:
    """Create every pod of every workload, then update all of them at once, to the end."""
    for each in rollouts:
        each.start()
    for _ in range(10_000):
        if all(each.done for each in rollouts):
            return
        for each in rollouts:
            each.step()
    raise AssertionError("an update never ends")
