"""Reads NetworkPolicies: what the API server reads in them, its defaults filled in.

Source: networking.k8s.io/v1 API reference; kubernetes, pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from harden.kube.bundle import Bundle
from harden.model.kube import Data, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.model.record import Record
from harden.network.pods import Pods, as_protocol
from harden.network.selectors import matches

API_VERSION = "networking.k8s.io/v1"


class Direction(Enum):
    """What a policy isolates a pod from; the values are those of `policyTypes`."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Block(Record):
    """An ipBlock: everything in `cidr` that is in none of `excepted`."""

    cidr: str
    excepted: tuple[str, ...]


class Peer(Record):
    """One element of `from` or `to`; a selector is None where it is absent. `block` excludes the two selectors."""

    namespaces: Data | None
    pods: Data | None
    block: Block | None


class PortRange(Record):
    """One element of `ports`: a name, or the numbers from `first` to `last`; neither means every port."""

    protocol: str
    name: str | None
    first: int | None
    last: int | None


class Rule(Record):
    """One rule; None for `peers` means everybody, None for `ports` every port of every protocol."""

    peers: tuple[Peer, ...] | None
    ports: tuple[PortRange, ...] | None


class Policy:
    """A NetworkPolicy; `rules` has an entry for exactly the directions that it isolates. Compared by identity."""

    __slots__ = ("name", "namespace", "rules", "selector")

    def __init__(self, name: str, namespace: str, selector: Data, rules: dict[Direction, tuple[Rule, ...]]) -> None:
        self.name: Final = name
        self.namespace: Final = namespace
        self.selector: Final = selector
        self.rules: Final = rules

    def isolates(self, pods: Pods, direction: Direction) -> bool:
        """Return whether the policy isolates these pods in this direction; hostNetwork pods never are.

        Source: kubernetes.io, Concepts, Network Policies, "NetworkPolicy and hostNetwork pods" (the common reading:
        such a pod is node traffic, and selectors ignore it).
        """
        if pods.host_network or pods.namespace != self.namespace or direction not in self.rules:
            return False
        return matches(self.selector, pods.labels)


def policies_of(bundle: Bundle, fallback: str = "default") -> tuple[Policy, ...]:
    """Return the NetworkPolicies that the bundle holds, in its order."""
    return tuple(
        read(resource.data, fallback)
        for resource in bundle.of_kind("NetworkPolicy")
        if resource.api_version == API_VERSION
    )


def read(data: Data, fallback: str = "default") -> Policy:
    """Return the policy in plain data; what the API server would refuse is read as selecting nothing."""
    spec = as_mapping(data.get("spec"))
    types = [each for each in as_list(spec.get("policyTypes")) if isinstance(each, str)]
    if not types:
        types = ["Ingress", *(["Egress"] if as_list(spec.get("egress")) else [])]
    rules = {}
    for direction, field, side in ((Direction.INGRESS, "ingress", "from"), (Direction.EGRESS, "egress", "to")):
        if direction.value in types:
            rules[direction] = tuple(_rule(as_mapping(each), side) for each in as_list(spec.get(field)))
    return Policy(
        name=as_word(dig(data, "metadata", "name")),
        namespace=as_word(dig(data, "metadata", "namespace")) or fallback,
        selector=as_mapping(spec.get("podSelector")),
        rules=rules,
    )


def _rule(data: Data, side: str) -> Rule:
    peers = tuple(_peer(as_mapping(each)) for each in as_list(data.get(side)))
    ports = tuple(_ports(as_list(data.get("ports"))))
    # An empty list means the same as none: no restriction.
    return Rule(peers or None, ports or None)


def _peer(data: Data) -> Peer:
    block = data.get("ipBlock")
    selectors = (data.get("namespaceSelector"), data.get("podSelector"))
    namespaces, pods = (None if selector is None else as_mapping(selector) for selector in selectors)
    if block is None:
        return Peer(namespaces, pods, None)
    excepted = tuple(each for each in as_list(dig(block, "except")) if isinstance(each, str))
    return Peer(None, None, Block(as_word(dig(block, "cidr")), excepted))


def _ports(items: list[object]) -> Iterator[PortRange]:
    for item in items:
        protocol = as_protocol(dig(item, "protocol"))
        if protocol is None:
            # The API server refuses the policy; read as a port that nobody has, it lets nobody in.
            yield PortRange("", None, 0, 0)
            continue
        port, end = dig(item, "port"), dig(item, "endPort")
        if isinstance(port, str):
            yield PortRange(protocol, port, None, None)
        elif isinstance(port, int):
            yield PortRange(protocol, None, port, end if isinstance(end, int) else port)
        else:
            yield PortRange(protocol, None, None, None)
