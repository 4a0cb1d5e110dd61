"""Reads the policies that a bundle has already: pods that one isolates are left to it, whoever enforces it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
from harden.network.selectors import Selecting, labels_of, matches

_CALICO = frozenset({"projectcalico.org", "crd.projectcalico.org"})
#: Kinds whose policies are in no namespace, and what stands for one there.
_EVERYWHERE_KINDS = frozenset({"CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"})
_EVERYWHERE = ""

#: A policy with its place among the resources of the bundle, as it is read where it is Kubernetes' own.
_Placed = tuple[int, Resource, Policy | None]


class Existing:
    """The policies of a bundle: of Kubernetes, Cilium and Calico."""

    def __init__(self, bundle: Bundle, ownership: Ownership) -> None:
        self.names = {(ownership.namespace_of(resource), resource.name) for resource in bundle.of_kind("NetworkPolicy")}
        own: dict[str, list[tuple[_Placed, list[Data]]]] = {}
        others: dict[str, list[tuple[_Placed, list[Data]]]] = {}
        for at, resource in enumerate(bundle.resources):
            if (resource.api_version, resource.kind) == (API_VERSION, "NetworkPolicy"):
                policy = read(resource.data, ownership.fallback)
                own.setdefault(policy.namespace, []).append(((at, resource, policy), [policy.selector]))
            elif resource.kind.endswith("NetworkPolicy") and _group(resource) in {"cilium.io", *_CALICO}:
                where = _EVERYWHERE if resource.kind in _EVERYWHERE_KINDS else ownership.namespace_of(resource)
                others.setdefault(where, []).append(((at, resource, None), list(_selectors(resource))))
        self._own = {namespace: Selecting(each) for namespace, each in own.items()}
        self._others = {namespace: Selecting(each) for namespace, each in others.items()}

    def isolating(self, group: Group, direction: Direction) -> tuple[Resource, ...]:
        """Return the policies that isolate these pods in this direction."""
        found: dict[tuple[bool, int], Resource] = {}
        for pods in group.variants:
            near = (
                *_near(self._own, group.first.namespace, pods),
                *_near(self._others, pods.namespace, pods),
                *_near(self._others, _EVERYWHERE, pods),
            )
            for at, each, policy in near:
                if _isolates(each, pods, direction) if policy is None else policy.isolates(pods, direction):
                    found[policy is None, at] = each
        return tuple(found[place] for place in sorted(found))


def _near(selecting: Mapping[str, Selecting[_Placed]], namespace: str, pods: Pods) -> Sequence[_Placed]:
    inside = selecting.get(namespace)
    return () if inside is None else inside.near(pods.labels)


def _isolates(resource: Resource, pods: Pods, direction: Direction) -> bool:
    # Calico's selectors are a language of their own: its policies are taken to mean every pod they could.
    return _group(resource) in _CALICO or any(_cilium(spec, pods, direction) for spec in _specs(resource))


def _selectors(resource: Resource) -> Iterator[Data]:
    """Yield the selectors of which one has to match pods that a policy isolates, {} for one that nobody reads."""
    yield from ({},) if _group(resource) in _CALICO else map(_endpoints, _specs(resource))


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
    return matches(_endpoints(spec), pods.labels)


def _endpoints(spec: Data) -> Data:
    """Return the selector of a Cilium rule as one of Kubernetes."""
    selector = as_mapping(spec.get("endpointSelector"))
    wanted = {_bare(key): value for key, value in labels_of(selector.get("matchLabels")).items()}
    wanted.pop("io.kubernetes.pod.namespace", None)
    expressions = [
        {**each, "key": _bare(str(each.get("key")))}
        for each in as_list(selector.get("matchExpressions"))
        if isinstance(each, Mapping)
    ]
    return {"matchLabels": wanted, "matchExpressions": expressions}


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
