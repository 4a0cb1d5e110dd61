"""Compares two sets of policies: who can reach each workload before and after, and what shows that.

The text table, the diagrams and the page are all made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from harden.kube.bundle import Bundle
from harden.network.connection import EvidenceKind, GroupKind, PeerGroup, Source
from harden.network.evidence import Evidence, gather
from harden.network.pods import Address, Party, Pods
from harden.network.policies import Direction, Policy, policies_of
from harden.network.reach import Model
from harden.network.senders import Senders
from harden.network.services import Listening

#: Stand for anybody at all: an address of the documentation range (RFC 5737), and pods that no bundle shows.
_OUTSIDE = Address("203.0.113.7")
_UNSEEN = "an unseen namespace"


class Openness(IntEnum):
    """The widest crowd that reaches a port; ordered."""

    NOBODY = 0
    KNOWN = 1
    NAMESPACE = 2
    CLUSTER = 3
    ANYWHERE = 4

    @property
    def word(self) -> str:
        """Return what people read."""
        return ("nobody", "named clients only", "its namespace", "any namespace", "everybody")[self]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A workload; `ports` are those it is known to serve, `before` and `after` the widest crowd on any of them."""

    pods: Pods
    ports: tuple[Listening, ...]
    before: Openness
    after: Openness


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection that the bundle shows, and whether it is possible before and after; `port` is "any" or `UDP 53`.

    `why` tells what was seen, without values. `is_certain` is False where nothing but hints show it.
    """

    source: Source
    target: Pods
    port: str
    why: tuple[str, ...]
    before: bool
    after: bool
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Outlet:
    """How far a workload connects out before and after, where a policy holds it back on either side."""

    source: Pods
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A port of a workload with the widest crowd that reaches it before and after."""

    target: Pods
    port: str
    before: Openness
    after: Openness


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of policies side by side; the counts are of connections between workloads on known ports.

    `is_spread` says that the workloads are in several namespaces.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    openings: tuple[Opening, ...]
    possible_before: int
    possible_after: int
    outlets: tuple[Outlet, ...]
    is_spread: bool

    @property
    def shown(self) -> int:
        """Return how many of the connections between workloads the bundle shows."""
        return sum(isinstance(edge.source, Pods) for edge in self.edges)

    @property
    def cut(self) -> tuple[Edge, ...]:
        """Return the connections that the bundle shows and that are possible before, not after."""
        return tuple(edge for edge in self.edges if edge.before and not edge.after)


def compare(bundle: Bundle, added: Iterable[Policy], fallback: str = "default") -> Comparison:
    """Return the bundle's own policies beside the same with `added` ones; `fallback` is the unnamed namespace."""
    evidence = gather(bundle, fallback)
    own = policies_of(bundle, fallback)
    before = Model(bundle, own, pods=evidence.pods, fallback=fallback)
    after = Model(bundle, (*own, *added), pods=evidence.pods, fallback=fallback)
    was, now = Senders(before), Senders(after)
    openings = tuple(
        Opening(pods, said_port(*port), _openness(before, was, pods, port), _openness(after, now, pods, port))
        for pods in evidence.pods
        for port in evidence.listening[pods]
    )
    return Comparison(
        nodes=tuple(_nodes(evidence, openings)),
        edges=tuple(_edges(evidence, before, after)),
        openings=openings,
        possible_before=_possible(evidence, was),
        possible_after=_possible(evidence, now),
        outlets=tuple(_outlets(evidence, before, after)),
        is_spread=len({pods.namespace for pods in evidence.pods}) > 1,
    )


def said_port(number: int | None, protocol: str) -> str:
    """Return a port as people write it: `80`, `UDP 53`, or `any`."""
    if number is None:
        return "any"
    return str(number) if protocol == "TCP" else f"{protocol} {number}"


def _openness(model: Model, senders: Senders, pods: Pods, port: Listening) -> Openness:
    crowds: tuple[tuple[Openness, Party], ...] = (
        (Openness.ANYWHERE, _OUTSIDE),
        (Openness.CLUSTER, Pods("Pod", "unseen", _UNSEEN, {})),
        (Openness.NAMESPACE, Pods("Pod", "unseen", pods.namespace, {})),
    )
    known = Openness.KNOWN if senders.count(pods, port) else Openness.NOBODY
    return next((found for found, who in crowds if model.allows(who, pods, *port)), known)


def _possible(evidence: Evidence, senders: Senders) -> int:
    """Return how many connections between the pods are possible on ports that one is known to serve."""
    return sum(senders.count(pods, port) for pods in evidence.pods for port in evidence.listening[pods])


def _outlets(evidence: Evidence, before: Model, after: Model) -> Iterator[Outlet]:
    for pods in evidence.pods:
        if before.isolated(pods, Direction.EGRESS) or after.isolated(pods, Direction.EGRESS):
            yield Outlet(pods, _outside(before, pods), _outside(after, pods))


def _outside(model: Model, pods: Pods) -> str:
    """Return how a workload reaches addresses outside of the cluster, for people."""
    policies = model.isolated(pods, Direction.EGRESS)
    if not policies:
        return "everywhere"
    ranges = [each for policy in policies for rule in policy.rules[Direction.EGRESS] for each in rule.ports or (None,)]
    tried = sorted({(each.first, each.protocol) for each in ranges if each is not None and each.first is not None})
    if model.allows(pods, _OUTSIDE, 65535):
        return "everywhere"
    ports = [
        said_port(number, protocol) for number, protocol in tried if model.allows(pods, _OUTSIDE, number, protocol)
    ]
    return f"outside on {', '.join(ports)}" if ports else "nowhere outside"


def _nodes(evidence: Evidence, openings: tuple[Opening, ...]) -> Iterator[Node]:
    by_target: dict[Pods, list[Opening]] = {}
    for opening in openings:
        by_target.setdefault(opening.target, []).append(opening)
    for pods in evidence.pods:
        own = by_target.get(pods, [])
        widest = (max((getattr(each, when) for each in own), default=Openness.NOBODY) for when in ("before", "after"))
        yield Node(pods, evidence.listening[pods], *widest)


def _edges(evidence: Evidence, before: Model, after: Model) -> Iterator[Edge]:
    """Yield each connection once, whatever shows it, in the order of targets and ports."""
    found: dict[tuple[object, ...], tuple[Source, Pods, Listening | None, list[str]]] = {}
    certain: set[tuple[object, ...]] = set()
    for each in evidence.shown:
        if each.why is EvidenceKind.PROBE:
            continue
        port = None if each.port is None else (each.port, each.protocol)
        key = (each.target.key, each.source.key if isinstance(each.source, Pods) else each.source, port)
        found.setdefault(key, (each.source, each.target, port, []))[3].append(each.said)
        if each.why is not EvidenceKind.HINTED:
            certain.add(key)
    order = {pods.key: at for at, pods in enumerate(evidence.pods)}
    by_order = sorted(found.items(), key=lambda item: _order(item[1][0], item[1][1], item[1][2], order))
    for same, (source, target, port, why) in by_order:
        # Every port is asked about as one that nothing else opens.
        number, protocol = port or (65535, "TCP")
        who = _stand_in(source)
        yield Edge(
            source,
            target,
            said_port(*port) if port else "any",
            tuple(dict.fromkeys(why)),
            before.allows(who, target, number, protocol),
            after.allows(who, target, number, protocol),
            same in certain,
        )


def _order(
    source: Source, target: Pods, port: Listening | None, order: Mapping[tuple[str, str, str], int]
) -> tuple[object, ...]:
    own = isinstance(source, Pods)
    return (order[target.key], port or (65536, ""), own, order[source.key] if isinstance(source, Pods) else source.said)


def _stand_in(source: Source) -> Party:
    match source:
        case Pods():
            return source
        case PeerGroup(GroupKind.NAMESPACE, namespace):
            return Pods("Pod", "unseen", namespace, {})
        case PeerGroup(GroupKind.CLUSTER):
            return Pods("Pod", "unseen", _UNSEEN, {})
        case _:
            return _OUTSIDE
