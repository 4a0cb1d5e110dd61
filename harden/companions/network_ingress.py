"""Owns the ingress rules of a workload: what is shown to connect, and what stays open because nobody is."""

from __future__ import annotations

from collections.abc import Iterable

from harden.companions.network_draft import Peer, Rule
from harden.companions.network_peers import Grant, Peers, united
from harden.companions.network_selectors import Group
from harden.model.kube import dig
from harden.model.record import Record
from harden.network.api_use import Use
from harden.network.evidence import Evidence
from harden.network.mesh import Mesh
from harden.network.pods import Pods
from harden.network.services import Listening, Service, target_ports
from harden.network.shown import Many, Shown, Why

#: The namespace whose Services the whole cluster uses without naming them: DNS, metrics, storage.
SYSTEM = "kube-system"


class Ingress(Record):
    """The rules of a workload; `unclaimed` are the ports that it serves and that no client is shown for."""

    rules: tuple[Rule, ...]
    unclaimed: tuple[Listening, ...]


def ingress(group: Group, evidence: Evidence, peers: Peers, mesh: Mesh, use: Use | None) -> Ingress:
    """Return the rules for the pods of a workload; none where nothing in the bundle could connect to them."""
    shown = [one for one in evidence.towards(*group.variants) if one.why is not Why.PROBE]
    serves = {port for pods in group.variants for port in evidence.listening.get(pods, ())}
    ports = sorted(serves | {(one.port, one.protocol) for one in shown if one.port is not None})
    scraped = {(one.port, one.protocol) for one in shown if one.why is Why.SCRAPE}
    grants: dict[Listening, list[Grant]] = {}
    unclaimed: list[Listening] = []
    for port in ports:
        here = [one for one in shown if (one.port, one.protocol) == port]
        grants[port] = [peers.grant(one) for one in here]
        # Where scraping has a port of its own it is the client; where it shares the only one, others are unseen.
        is_own = port in scraped and bool(serves - scraped)
        if not is_own and not any(_is_sure(one, group) for one in here):
            unclaimed += [] if port in scraped else [port]
            grants[port].append(_unseen(group))
        elif mesh.proxied:
            grants[port].append(Grant((Peer(pods={}),), "waypoints of the mesh connect in the clients' place"))
    rules = _merged(group, evidence, grants, mesh)
    rules += _among_pods(shown, peers)
    if not rules and use is not None and use.starts_pods:
        rules.append(_children(use))
    return Ingress(tuple(rules), tuple(unclaimed))


def _is_sure(one: Shown, group: Group) -> bool:
    """Return whether a connection proves who the clients are; what a workload tells itself or a test does not."""
    if isinstance(one.source, Many):
        return one.why in {Why.PUBLIC, Why.INGRESS, Why.CALLED}
    return one.why is Why.NAMED and one.source not in group.variants and not _is_hook(one.source)


def _is_hook(pods: Pods) -> bool:
    """Return whether Helm runs the workload around a release or to test it (helm.sh, Chart Hooks)."""
    data = None if pods.member is None else pods.member.resource.data
    return dig(data, "metadata", "annotations", "helm.sh/hook") is not None


def _unseen(group: Group) -> Grant:
    if group.first.namespace == SYSTEM:
        return Grant(None, "no client is known for sure, and the whole cluster uses what runs in this namespace")
    said = "no client is known for sure: open to this namespace, so that nothing unseen is cut"
    return Grant((Peer(pods={}),), said)


def _children(use: Use) -> Rule:
    said = f"it may start pods, which then connect to it: {use.said}"
    return Rule((Peer(pods={}, because=(said,)),), None)


def _merged(group: Group, evidence: Evidence, grants: dict[Listening, list[Grant]], mesh: Mesh) -> list[Rule]:
    """Return one rule for all ports that let in the same peers."""
    found: dict[str, tuple[tuple[Peer, ...] | None, tuple[str, ...], list[Listening]]] = {}
    for port, granted in grants.items():
        who, because = united(granted)
        same = repr(None if who is None else [peer.data() for peer in who])
        if same not in found:
            found[same] = (who, because, [])
        else:
            known = found[same]
            found[same] = (_with_reasons(known[0], who), tuple(dict.fromkeys((*known[1], *because))), known[2])
        found[same][2].append(port)
    rules = []
    for who, because, ports in found.values():
        said = [_said(port, group, evidence) for port in ports]
        tunnels = [("TCP", number) for number in mesh.tunnels]
        if tunnels:
            said.append(f"{mesh.name} brings connections in on port {mesh.tunnels[0]}")
        numbers = [(protocol, number) for number, protocol in ports]
        if who == (Peer(namespaces={}),) and mesh.metrics:
            numbers += [("TCP", number) for number in mesh.metrics]
        rules.append(Rule(who, tuple(dict.fromkeys((*numbers, *tunnels))), (*said, *because)))
    return rules


def _with_reasons(one: tuple[Peer, ...] | None, other: tuple[Peer, ...] | None) -> tuple[Peer, ...] | None:
    """Return equal peers with the reasons of both."""
    if one is None or other is None:
        return None
    return tuple(
        Peer(a.pods, a.namespaces, a.cidr, tuple(dict.fromkeys((*a.because, *b.because))))
        for a, b in zip(one, other, strict=True)
    )


def _said(port: Listening, group: Group, evidence: Evidence) -> str:
    """Return what a port is, for the comment above its rule."""
    number, protocol = port
    declared = [one for pods in group.variants for one in pods.ports if (one.number, one.protocol) == port]
    name = f" ({declared[0].name})" if declared and declared[0].name else ""
    called = f"port {number}{name}" if protocol == "TCP" else f"{protocol} port {number}{name}"
    services = list(dict.fromkeys(one.name for one in services_to(port, group, evidence)))
    if not services:
        return f"{called}, behind no Service"
    return f"{called}, through Service{'s' if len(services) > 1 else ''} {', '.join(services)}"


def services_to(port: Listening, group: Group, evidence: Evidence) -> list[Service]:
    """Return the Services that lead to a port of a workload."""
    return [
        service
        for pods in group.variants
        for service in evidence.neighbours.selecting(pods)
        if any(port in target_ports(one, pods) for one in service.ports)
    ]


def _among_pods(shown: Iterable[Shown], peers: Peers) -> list[Rule]:
    """Return the rule for pods that find each other: on every port, since what they use is rarely declared."""
    grants = [peers.grant(one) for one in shown if one.port is None]
    if not grants:
        return []
    who, because = united(grants)
    return [Rule(who, None, ("any port: what they use among themselves is rarely declared", *because))]
