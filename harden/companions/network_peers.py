"""Turns those who are shown to connect into the peers of a rule, each with the reason it is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from harden.companions.network_draft import Peer, in_namespace
from harden.companions.network_selectors import Choice
from harden.companions.network_settings import NetworkSettings
from harden.model.record import Record
from harden.network.connection import Connection, EvidenceKind, GroupKind, Source
from harden.network.pods import Pods

#: As many reasons as a reader takes in; the rest is counted.
_REASONS = 2

Key = tuple[str, str, str]


class Grant(Record):
    """Who is let in, None for everybody, and why."""

    peers: tuple[Peer, ...] | None
    because: str


class Peers:
    """The selectors of all workloads of a bundle, as seen from each other."""

    def __init__(
        self,
        choices: Mapping[Key, Choice],
        settings: NetworkSettings,
        joined: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        """Prepare them; `joined` are pairs of namespaces whose objects are together once an overlay is built."""
        self._joined = joined
        self._choices = choices
        self._settings = settings

    def grant(self, shown: Connection) -> Grant:
        """Return what lets in the sender of a connection."""
        who = self._source(shown.source, shown.target)
        if shown.why is EvidenceKind.INGRESS and self._settings.ingress_from:
            who = _namespaces(self._settings.ingress_from)
        elif shown.why is EvidenceKind.SCRAPE and self._settings.scrape_from:
            who = _namespaces(self._settings.scrape_from)
        said = f"{shown.source.said}: {shown.said}" if isinstance(shown.source, Pods) else shown.said
        if who is None and isinstance(shown.source, Pods):
            said += "; it is on its node's network, and no selector matches that"
        return Grant(who, said)

    def _source(self, source: Source, target: Pods) -> tuple[Peer, ...] | None:
        if isinstance(source, Pods):
            return self.pods(source, target)
        match source.kind:
            case GroupKind.CLUSTER:
                return (Peer(namespaces={}),)
            case GroupKind.NAMESPACE:
                own = source.namespace == target.namespace
                return (Peer(pods={}) if own else Peer(namespaces=in_namespace(source.namespace)),)
            case _:
                return None

    def pods(self, other: Pods, seen_from: Pods) -> tuple[Peer, ...] | None:
        """Return the peers that stand for the pods of a workload in a policy of another; None where only all would."""
        if other.host_network:
            return tuple(Peer(cidr=node) for node in self._settings.nodes) or None
        # Without labels of their own, pods can only be let in with all of their namespace.
        selector = self._choices[other.key].selector
        if (other.namespace, seen_from.namespace) in self._joined:
            return (Peer(pods=selector),)
        if other.stated != seen_from.stated:
            # One of the two goes to a namespace that no file names.
            return (Peer(pods=selector, namespaces=in_namespace(other.namespace) if other.stated else {}),)
        if other.namespace != seen_from.namespace:
            return (Peer(pods=selector, namespaces=in_namespace(other.namespace)),)
        return (Peer(pods=selector),)


def _namespaces(names: Iterable[str]) -> tuple[Peer, ...]:
    return tuple(Peer(namespaces=in_namespace(name)) for name in names)


def united(grants: Iterable[Grant]) -> tuple[tuple[Peer, ...] | None, tuple[str, ...]]:
    """Return the peers of all grants and the reasons that stand above the rule.

    Peers that a wider one holds are named in its reasons. None for the peers means that everybody is let in.
    """
    listed = tuple(grants)
    open_to_all = [each.because for each in listed if each.peers is None]
    if open_to_all:
        rest = [each.because for each in listed if each.peers is not None]
        lines = [f"open to everybody: {each}" for each in _few(open_to_all)]
        return None, (*lines, *(f"its known clients need no rule: {each}" for each in _few(rest)))
    found: dict[str, tuple[Peer, list[str]]] = {}
    for grant in listed:
        for peer in grant.peers or ():
            found.setdefault(_order(peer), (peer, []))[1].append(grant.because)
    peers = [peer._replace(because=_few(because)) for _, (peer, because) in sorted(found.items())]
    return tuple(_absorbed(peers)), ()


def _order(peer: Peer) -> str:
    """Return a text that is the same for equal peers, and sorts wide ones first."""
    wide = "0" if {} in (peer.pods, peer.namespaces) and not (peer.pods and peer.namespaces == {}) else "1"
    return wide + json.dumps(peer.data(), sort_keys=True)


def _absorbed(peers: list[Peer]) -> list[Peer]:
    """Return the peers without those that a wider one holds already."""
    kept: list[Peer] = []
    for peer in peers:
        wider = next((at for at, each in enumerate(kept) if _holds(each, peer)), None)
        if wider is None:
            kept.append(peer)
        else:
            kept[wider] = kept[wider]._replace(because=(*kept[wider].because, *peer.because))
    return kept


def _holds(wide: Peer, peer: Peer) -> bool:
    if peer.cidr or wide.cidr:
        return False
    if wide.namespaces == {} and wide.pods in (None, {}):
        return True
    return wide.pods == {} and wide.namespaces is None and peer.namespaces is None


def _few(reasons: Iterable[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(reasons))
    more = len(unique) - _REASONS
    return tuple(unique) if more < 1 else (*unique[:_REASONS], f"and {more} more")
