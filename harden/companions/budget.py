"""What the workloads of a namespace need together: the sums that a ResourceQuota has to leave room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.companions.inventory import Inventory, Owner, count
from harden.companions.ownership import Ownership
from harden.companions.quota_settings import QuotaSettings
from harden.kube.bundle import Bundle, Member
from harden.kube.quantity import NANO, parse
from harden.kube.scale import Assumed, Scale, autoscaled, scale
from harden.kube.scheduling import Need, counted, filled, has_pod_level, pod_need, read, stated
from harden.kube.vertical import Raises
from harden.model.kube import Container, Resource, dig
from harden.model.record import Record

#: What a quota governs here: (its name for it, requests or limits, resource). ephemeral-storage is not among them: a
#: limit on it evicts pods that log much.
GOVERNED = (
    ("requests.cpu", "requests", "cpu"),
    ("requests.memory", "requests", "memory"),
    ("limits.cpu", "limits", "cpu"),
    ("limits.memory", "limits", "memory"),
)

#: What one pod that answers an ACME challenge needs (cert-manager, controller flags --acme-http01-solver-resource-*).
SOLVER = Need({"cpu": NANO // 100, "memory": 64 * 2**20 * NANO}, {"cpu": NANO // 10, "memory": 64 * 2**20 * NANO})


class Load(Record):
    """One workload: how many pods, and what resources its class of runtime adds to each."""

    member: Member
    scale: Scale
    overhead: Mapping[str, int]


class Budget(Record):
    """The loads of one namespace and the objects beside them; two loads of one name are versions of one workload.

    `unbounded` is an autoscaler that raises what pods ask for without end, "" where there is none.
    """

    namespace: str
    loads: tuple[Load, ...]
    inventory: Inventory
    unbounded: str = ""

    @property
    def containers(self) -> tuple[Container, ...]:
        """Return the containers whose own statements count: not those of pods that state resources themselves."""
        workloads = (load.member.workload for load in self.loads)
        return tuple(each for workload in workloads if not has_pod_level(workload.spec) for each in counted(workload))


def read_budget(bundle: Bundle, ownership: Ownership, namespace: str, settings: QuotaSettings) -> Budget:
    """Return what the workloads of `namespace` need, with the objects that the bundle has beside them there."""
    objects = ownership.resources(bundle, namespace)
    most = autoscaled(objects)
    classes = [resource for resource in bundle.resources if resource.kind == "RuntimeClass"]
    assumed = Assumed(settings.nodes or 0, settings.overlap)
    raised = Raises(objects)
    loads = tuple(
        Load(
            member._replace(workload=raised.at_most(member.workload)),
            scale(member.resource, most.get(name_of(member), 0), assumed),
            _overhead(member, classes),
        )
        for member in ownership.members(bundle, namespace)
    )
    owners = tuple(
        Owner(each.member.resource, each.scale.steady, each.scale.peak, each.member.workload.get("volumes"))
        for each in loads
    )
    generated = tuple(each for each in bundle.generated if (each.namespace or ownership.fallback) == namespace)
    unbounded = next((said for load in loads if (said := raised.unbounded(load.member.workload))), "")
    return Budget(namespace, loads, count(objects, owners, generated), unbounded)


def name_of(member: Member) -> tuple[str, str]:
    """Return the kind and name that make a workload one in its namespace."""
    return member.resource.kind, member.workload.name


def governed(budget: Budget, defaults: Need) -> tuple[tuple[str, str, str], ...]:
    """Return what a quota may govern: only what every container states once the LimitRange has filled in `defaults`.

    A quota on a resource refuses every pod with a container that does not state it (kubernetes v1.36,
    pkg/quota/v1/evaluator/core/pods.go, Constraints), pods that state their own aside.
    """
    needs = [filled(stated(container.get("resources")), defaults) for container in budget.containers]
    return tuple(
        row
        for row in GOVERNED
        if all(row[2] in (need.requests if row[1] == "requests" else need.limits) for need in needs)
    )


def usage(budget: Budget, defaults: Need) -> dict[str, int]:
    """Return what all pods at their peak count for, by quota name, in billionths; extended resources too.

    Of a workload that stands in several files the larger amount counts, whichever of them is applied.
    """
    largest: dict[tuple[str, str], dict[str, int]] = {}
    for load in budget.loads:
        need = pod_need(load.member.workload, defaults, load.overhead)
        known = largest.setdefault(name_of(load.member), {})
        for name, most in _counts(need, load.scale.peak).items():
            known[name] = max(known.get(name, 0), most)
    total: dict[str, int] = {"pods": 0}
    for counts in (*largest.values(), _counts(SOLVER, budget.inventory.solvers)):
        for name, most in counts.items():
            total[name] = total.get(name, 0) + most
    return total


def room(settings: QuotaSettings) -> dict[str, int]:
    """Return the room for pods that the bundle does not show, by quota name, in billionths."""
    return read(settings.room)


def limits_of(budget: Budget, defaults: Need, resource: str) -> list[int]:
    """Return what each container is held to, and asks for, of a resource (a LimitRange's maximum judges both)."""
    needs = [filled(stated(container.get("resources")), defaults) for container in _all_containers(budget)]
    needs += [SOLVER] if budget.inventory.solvers else []
    found = [need.limits.get(resource) for need in needs] + [need.requests.get(resource) for need in needs]
    return [amount for amount in found if amount is not None]


def unlimited_requests(budget: Budget, resource: str) -> list[int]:
    """Return what the containers without a limit on the resource ask for of it: no default limit may be below."""
    needs = [stated(container.get("resources")) for container in _all_containers(budget)]
    return [need.requests.get(resource, 0) for need in needs if resource not in need.limits]


def amount(text: str) -> int:
    """Return a quantity of the settings in billionths; raises ValueError where it is none."""
    quantity = parse(text)
    if quantity is None:
        raise ValueError(f"{text!r} is no quantity")
    return quantity.nano


def _all_containers(budget: Budget) -> Iterable[Container]:
    return (each for load in budget.loads for each in counted(load.member.workload))


def _counts(need: Need, pods: int) -> dict[str, int]:
    """Return what a number of equal pods counts for, by quota name."""
    counts = {"pods": pods * NANO}
    for name, request in need.requests.items():
        if name in {"cpu", "memory"} or is_extended(name):
            counts[f"requests.{name}"] = pods * request
    counts |= {f"limits.{name}": pods * need.limits[name] for name in ("cpu", "memory") if name in need.limits}
    return counts


def is_extended(name: str) -> bool:
    """Return whether a resource is one that a quota counts by its requests alone: devices and huge pages."""
    return name.startswith("hugepages-") or ("/" in name and not name.startswith("kubernetes.io/"))


def _overhead(member: Member, classes: list[Resource]) -> dict[str, int]:
    """Return the overhead that admission takes from the pod's RuntimeClass (KEP-688)."""
    name = member.workload.get("runtimeClassName")
    return next((read(dig(kind.data, "overhead", "podFixed")) for kind in classes if kind.name == name), {})
