"""Answers whether NetworkPolicies let one party connect to another.

Source: kubernetes.io, Concepts, Network Policies; networking.k8s.io/v1 API reference. Where the documents leave a
choice to the network plugin, the model says so at that place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harden.kube.bundle import Bundle
from harden.model.record import Record
from harden.network.pods import NAMESPACE_NAME, Address, Party, Pods, namespace_labels, pods_of
from harden.network.policies import Block, Direction, Peer, Policy, PortRange, Rule, policies_of
from harden.network.selectors import Selecting, matches
from harden.network.services import Listening


class Model:
    """Who can reach whom under a set of policies, which are united: one that allows is enough.

    Replies are not asked about: they always pass. What a node sends to the pods that it runs (the kubelet's probes)
    always passes too, and is not asked about either.
    """

    def __init__(
        self,
        bundle: Bundle,
        policies: Iterable[Policy] | None = None,
        *,
        pods: Iterable[Pods] | None = None,
        fallback: str = "default",
    ) -> None:
        """Build the model; by default with the bundle's own policies and pods.

        Pass `pods` to ask about the same `Pods` objects that you hold (they are compared by identity).
        `fallback` is the namespace of objects that name none.
        """
        self.pods = tuple(pods) if pods is not None else pods_of(bundle, fallback)
        self.policies = tuple(policies) if policies is not None else policies_of(bundle, fallback)
        self._namespaces = namespace_labels(bundle)
        self._isolating: dict[tuple[Pods, Direction], tuple[Policy, ...]] = {}
        #: The ports that the rules name one by one, and their others; with those ports, so that the id stays theirs.
        self._named: dict[int, tuple[tuple[PortRange, ...], frozenset[Listening], tuple[PortRange, ...]]] = {}
        inside: dict[str, list[Policy]] = {}
        for policy in self.policies:
            inside.setdefault(policy.namespace, []).append(policy)
        self._selecting = {
            namespace: Selecting((policy, [policy.selector]) for policy in policies)
            for namespace, policies in inside.items()
        }

    def allows(self, source: Party, destination: Party, port: int, protocol: str = "TCP") -> bool:
        """Return whether a new connection from `source` to `port` of `destination` passes both ends' policies.

        Source and destination may be the same `Pods`: then two replicas are meant; a pod always reaches itself.
        """
        on = Asked(destination, port, protocol)
        if isinstance(destination, Pods) and not self._lets(destination, Direction.INGRESS, source, on):
            return False
        return not isinstance(source, Pods) or self._lets(source, Direction.EGRESS, destination, on)

    def isolated(self, pods: Pods, direction: Direction) -> tuple[Policy, ...]:
        """Return the policies that isolate these pods in this direction; without one everything is allowed."""
        key = (pods, direction)
        if key not in self._isolating:
            inside = self._selecting.get(pods.namespace)
            near = () if inside is None else inside.near(pods.labels)
            self._isolating[key] = tuple(policy for policy in near if policy.isolates(pods, direction))
        return self._isolating[key]

    def _lets(self, pods: Pods, direction: Direction, other: Party, on: Asked) -> bool:
        isolating = self.isolated(pods, direction)
        if not isolating:
            return True
        placed = ((policy.namespace, rule) for policy in isolating for rule in policy.rules[direction])
        return any(self._passes(rule, namespace, other, on) for namespace, rule in placed)

    def _passes(self, rule: Rule, namespace: str, other: Party, on: Asked) -> bool:
        if not self.is_about(rule.ports, on):
            return False
        return rule.peers is None or any(self.is_peer(peer, namespace, other) for peer in rule.peers)

    def is_about(self, ports: tuple[PortRange, ...] | None, on: Asked) -> bool:
        """Return whether a rule with these ports is about a port; there may be thousands of both."""
        if ports is None:
            return True
        if id(ports) not in self._named:
            single = frozenset(
                (each.first, each.protocol) for each in ports if each.first is not None and _is_one(each)
            )
            self._named[id(ports)] = ports, single, tuple(each for each in ports if not _is_one(each))
        _, single, others = self._named[id(ports)]
        return (on.number, on.protocol) in single or any(_covers(each, on) for each in others)

    def is_peer(self, peer: Peer, namespace: str, party: Party) -> bool:
        """Return whether a peer of a rule, of a policy in this namespace, is about a party."""
        if peer.block is not None:
            return _contains(peer.block, party)
        # Pods on the host's network are seen as their node's address, which no selector matches.
        if isinstance(party, Address) or party.host_network or (peer.namespaces is None and peer.pods is None):
            return False
        if peer.namespaces is None and party.namespace != namespace:
            return False
        if peer.namespaces is not None and not matches(peer.namespaces, self.labels(party.namespace)):
            return False
        return peer.pods is None or matches(peer.pods, party.labels)

    def labels(self, namespace: str) -> Mapping[str, str]:
        """Return the labels of a namespace; the automatic one alone where nothing shows it."""
        return self._namespaces.get(namespace) or {NAMESPACE_NAME: namespace}


class Asked(Record):
    """A port of the destination: names in a rule mean what the destination calls so, in both directions."""

    destination: Party
    number: int
    protocol: str


def _is_one(ports: PortRange) -> bool:
    return ports.name is None and ports.first is not None and ports.first == ports.last


def _covers(ports: PortRange, on: Asked) -> bool:
    if ports.protocol != on.protocol:
        return False
    if ports.name is not None:
        if isinstance(on.destination, Address):
            return False
        return on.number in on.destination.numbers(ports.name, on.protocol)
    return ports.first is None or ports.last is None or ports.first <= on.number <= ports.last


def _contains(block: Block, party: Party) -> bool:
    """Return whether a block holds the party.

    The address of a pod or node is mostly unknown; then only a block that holds every address of a family is sure to
    (plugins differ: some never match pods by address, so generated policies do not rely on it).
    """
    known = (party.ip,) if isinstance(party, Address) else party.addresses
    if not known:
        return block.cidr in {"0.0.0.0/0", "::/0"} and not block.excepted
    # 5 ms, and few policies have such a block.
    from ipaddress import ip_address, ip_network  # noqa: PLC0415  # slow to import

    def inside(ip: str, cidr: str) -> bool:
        try:
            return ip_address(ip) in ip_network(cidr, strict=False)
        except ValueError:
            # The API server refuses such a block; it holds nothing.
            return False

    return any(inside(ip, block.cidr) and not any(inside(ip, each) for each in block.excepted) for ip in known)
