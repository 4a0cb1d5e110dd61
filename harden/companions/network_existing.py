"""Reads the policies that a bundle has already: pods that one isolates are left to it, whoever enforces it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.companions.model import Note
from harden.companions.network_selectors import Group
from harden.companions.ownership import Ownership
from harden.kube.bundle import Bundle
from harden.model.finding import Finding, NoFix, Severity
from harden.model.kube import Data, Resource
from harden.model.plain import as_list, as_mapping
from harden.network.connection import EvidenceKind
from harden.network.evidence import Evidence
from harden.network.pods import Pods
from harden.network.policies import API_VERSION, Direction, Policy, read
from harden.network.selectors import labels_of, matches

_CALICO = frozenset({"projectcalico.org", "crd.projectcalico.org"})


class Existing:
    """The policies of a bundle: of Kubernetes, Cilium and Calico."""

    def __init__(self, bundle: Bundle, ownership: Ownership) -> None:
        self._ownership = ownership
        self.names = {(ownership.namespace_of(resource), resource.name) for resource in bundle.of_kind("NetworkPolicy")}
        self._own: dict[str, list[tuple[Resource, Policy]]] = {}
        self._others: list[Resource] = []
        for resource in bundle.resources:
            if (resource.api_version, resource.kind) == (API_VERSION, "NetworkPolicy"):
                policy = read(resource.data, ownership.fallback)
                self._own.setdefault(policy.namespace, []).append((resource, policy))
            elif resource.kind.endswith("NetworkPolicy") and _group(resource) in {"cilium.io", *_CALICO}:
                self._others.append(resource)

    def isolating(self, group: Group, direction: Direction) -> tuple[Resource, ...]:
        """Return the policies that isolate these pods in this direction."""
        inside = self._own.get(group.first.namespace, ())
        own = (each for each, policy in inside if any(policy.isolates(pods, direction) for pods in group.variants))
        others = (
            other for other in self._others if any(self._isolates(other, pods, direction) for pods in group.variants)
        )
        return (*own, *others)

    def _isolates(self, resource: Resource, pods: Pods, direction: Direction) -> bool:
        everywhere = resource.kind in {"CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"}
        if not everywhere and self._ownership.namespace_of(resource) != pods.namespace:
            return False
        # Calico's selectors are a language of their own: its policies are taken to mean every pod they could.
        return _group(resource) in _CALICO or any(_cilium(spec, pods, direction) for spec in _specs(resource))


def _group(resource: Resource) -> str:
    return resource.api_version.rpartition("/")[0]


def _specs(resource: Resource) -> Iterator[Data]:
    yield as_mapping(resource.data.get("spec"))
    yield from (as_mapping(spec) for spec in as_list(resource.data.get("specs")))


def _cilium(spec: Data, pods: Pods, direction: Direction) -> bool:
    """Return whether a Cilium rule isolates pods: it has a section for that direction.

    Source: docs.cilium.io, Policy Enforcement Modes.
    """
    sections = {Direction.INGRESS: ("ingress", "ingressDeny"), Direction.EGRESS: ("egress", "egressDeny")}
    if pods.host_network or "endpointSelector" not in spec or not any(key in spec for key in sections[direction]):
        return False
    selector = as_mapping(spec["endpointSelector"])
    wanted = {_bare(key): value for key, value in labels_of(selector.get("matchLabels")).items()}
    wanted.pop("io.kubernetes.pod.namespace", None)
    expressions = [
        {**each, "key": _bare(str(each.get("key")))}
        for each in as_list(selector.get("matchExpressions"))
        if isinstance(each, Mapping)
    ]
    return matches({"matchLabels": wanted, "matchExpressions": expressions}, pods.labels)


def _bare(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")


def kept(kept_by: Iterable[tuple[Resource, list[Group]]]) -> Iterator[Note]:
    """Yield what is said of existing policies: the pods that they isolate get no policy of ours."""
    for policy, groups in kept_by:
        names = ", ".join(group.first.said for group in groups)
        finding = Finding(
            policy.path,
            f"isolates {names} already, so no policy is generated there",
            NoFix("policies are united: another one could only let more in"),
        )
        yield Note(policy, finding, Severity.NOTE)


def cut(bundle: Bundle, evidence: Evidence, ownership: Ownership) -> Iterator[Note]:
    """Yield a warning for each connection that the bundle shows and its own NetworkPolicies cut."""
    if not bundle.of_kind("NetworkPolicy"):
        return
    from harden.network.reach import Model  # noqa: PLC0415 - only where there are policies

    model = Model(bundle, pods=evidence.pods, fallback=ownership.fallback)
    told: set[tuple[object, ...]] = set()
    for each in evidence.shown:
        if each.why is not EvidenceKind.NAMED or not isinstance(each.source, Pods) or each.port is None:
            continue
        key = (each.source.key, each.target.key, each.port)
        if key in told or model.allows(each.source, each.target, each.port, each.protocol):
            continue
        told.add(key)
        finding = Finding(
            each.place.path,
            f"{each.said}, but policies of these files cut {each.source.said} off from {each.target.said}, "
            f"port {each.port}",
            NoFix("the policies are yours: they are kept as they are"),
        )
        yield Note(each.place.resource, finding, Severity.WARNING)
