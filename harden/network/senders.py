"""Answers for each port which pods can open a connection to it, for hundreds of pods and policies at once.

It says what `Model.allows` says of each pair. A set of pods is a number here, with a bit for each pod in their order:
so what a rule opens is found once, and not asked again for each pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.model.kube import Data
from harden.network.pods import Pods
from harden.network.policies import Direction, Peer, Policy, PortRange, Rule
from harden.network.reach import Asked, Model
from harden.network.services import Listening

#: The ports of a rule.
_Ports = tuple[PortRange, ...] | None


class Senders:
    """The senders of every port of a model's pods."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._pods = model.pods
        self._everybody = (1 << len(self._pods)) - 1
        self._inside: dict[str, int] = {}
        for at, pods in enumerate(self._pods):
            self._inside[pods.namespace] = self._inside.get(pods.namespace, 0) | 1 << at
        self._labelled = _Labelled(pods.labels for pods in self._pods)
        self._names = tuple(self._inside)
        self._namespaces = _Labelled(model.labels(name) for name in self._names)
        self._at = {pods: at for at, pods in enumerate(self._pods)}
        self._selected: dict[str, int] = {}
        self._peers: dict[tuple[str, str], int] = {}
        self._found: dict[tuple[Pods, Listening], int] = {}
        #: Who sends anywhere; who sends to all pods on some ports; and the same for each pod.
        self._free = 0
        self._to_all: dict[_Ports, int] = {}
        self._to: list[list[tuple[_Ports, int]]] = [[] for _ in self._pods]
        self._read_egress()

    def count(self, pods: Pods, port: Listening) -> int:
        """Return how many of the model's pods reach a port of these; two replicas count as the pods themselves."""
        return self._of(pods, port).bit_count()

    def _of(self, pods: Pods, port: Listening) -> int:
        key = (pods, port)
        if key not in self._found:
            asked = Asked(pods, *port)
            self._found[key] = self._let_in(pods, asked) & self._let_out(pods, asked)
        return self._found[key]

    def _let_in(self, pods: Pods, asked: Asked) -> int:
        isolating = self._model.isolated(pods, Direction.INGRESS)
        if not isolating:
            return self._everybody
        found = 0
        for policy in isolating:
            for rule in policy.rules[Direction.INGRESS]:
                if self._model.is_about(rule.ports, asked):
                    found |= self._of_peers(rule, policy.namespace)
        return found

    def _let_out(self, pods: Pods, asked: Asked) -> int:
        found = self._free
        for ports, senders in (*self._to_all.items(), *self._to[self._at[pods]]):
            if self._model.is_about(ports, asked):
                found |= senders
        return found

    def _read_egress(self) -> None:
        senders: dict[Policy, int] = {}
        for at, pods in enumerate(self._pods):
            isolating = self._model.isolated(pods, Direction.EGRESS)
            self._free |= 0 if isolating else 1 << at
            for policy in isolating:
                senders[policy] = senders.get(policy, 0) | 1 << at
        # Many policies may say the same.
        alike: dict[tuple[int, _Ports], int] = {}
        for policy, sending in senders.items():
            for rule in policy.rules[Direction.EGRESS]:
                key = (self._of_peers(rule, policy.namespace), rule.ports)
                alike[key] = alike.get(key, 0) | sending
        for (receivers, ports), sending in alike.items():
            if receivers == self._everybody:
                self._to_all[ports] = sending
                continue
            for at in _bits(receivers):
                self._to[at].append((ports, sending))

    def _of_peers(self, rule: Rule, namespace: str) -> int:
        if rule.peers is None:
            return self._everybody
        found = 0
        for peer in rule.peers:
            found |= self._of_peer(peer, namespace)
        return found

    def _of_peer(self, peer: Peer, namespace: str) -> int:
        """Return the pods that a peer of a policy in this namespace is about."""
        key = (namespace if peer.block is None and peer.namespaces is None else "", repr(peer))
        if key not in self._peers:
            near = self._near(peer, namespace)
            self._peers[key] = sum(
                1 << at for at in _bits(near) if self._model.is_peer(peer, namespace, self._pods[at])
            )
        return self._peers[key]

    def _near(self, peer: Peer, namespace: str) -> int:
        """Return pods among which all are that a peer is about; the model looks at each."""
        if peer.block is not None:
            return self._everybody
        inside = self._inside.get(namespace, 0) if peer.namespaces is None else self._within(peer.namespaces)
        return inside if peer.pods is None else inside & self._labelled.near(peer.pods)

    def _within(self, selector: Data) -> int:
        key = repr(selector)
        if key not in self._selected:
            found = 0
            for at in _bits(self._namespaces.near(selector)):
                found |= self._inside[self._names[at]]
            self._selected[key] = found
        return self._selected[key]


class _Labelled:
    """Sets of labels, by their pairs."""

    def __init__(self, labels: Iterable[Mapping[str, str]]) -> None:
        self._by_pair: dict[tuple[str, str], int] = {}
        self._every = 0
        for at, own in enumerate(labels):
            self._every |= 1 << at
            for pair in own.items():
                self._by_pair[pair] = self._by_pair.get(pair, 0) | 1 << at

    def near(self, selector: Data) -> int:
        """Return the sets, as a number with a bit for each, among which all are that a LabelSelector matches."""
        wanted = selector.get("matchLabels")
        found = self._every
        for key, value in wanted.items() if isinstance(wanted, Mapping) else ():
            if isinstance(value, str):
                found &= self._by_pair.get((key, value), 0)
        return found


def _bits(number: int) -> Iterator[int]:
    """Yield which bits of a number are set, the lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
