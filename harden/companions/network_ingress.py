"""Makes the ingress rules of a workload: what is shown to connect, and what stays open because nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.companions.network_draft import Peer, Rule
from harden.companions.network_mesh import mesh_rules
from harden.companions.network_peers import Grant, Peers, united
from harden.companions.network_selectors import Group
from harden.kube.accounts import Use
from harden.model.kube import dig
from harden.model.record import Record
from harden.network.cluster_services import serves_cluster
from harden.network.connection import Connection, EvidenceKind, PeerGroup
from harden.network.evidence import Evidence
from harden.network.hints import Hint, HintKind
from harden.network.mesh import Mesh
from harden.network.pods import Pods
from harden.network.services import Listening, Service, targets_of

#: The namespace whose Services the whole cluster uses without naming them: DNS, metrics, storage.
SYSTEM = "kube-system"


#: More hints in a namespace are let in with all of it: a policy with hundreds of peers is read by nobody.
_MANY = 30
_IN_DOUBT = "Not shown to connect, admitted in doubt; precision: strict shuts them out."


class Doubt(Record):
    """What is not known of the clients of a workload.

    `use` is what it does with the API, `hints` are of those that may connect without being shown to. `is_owned` says
    whether the bundle decides for the whole namespace, `is_strict` whether certain evidence alone admits, `is_observed`
    whether a log shows who connects.
    """

    use: Use | None = None
    hints: tuple[Hint, ...] = ()
    is_owned: bool = True
    is_strict: bool = False
    is_observed: bool = False


class Ingress(Record):
    """The rules of a workload; `unclaimed` are the ports that it serves and that no client is shown for.

    `doubtful` are the rules for those that may connect without being shown to. `closed` are the ports that not all of
    the namespace may connect to, `hints` those that this concerns: admitted, or shut out where only evidence admits.
    `added` are the rules for containers that no file shows, because a mesh adds them.
    """

    rules: tuple[Rule, ...]
    unclaimed: tuple[Listening, ...]
    closed: tuple[Listening, ...]
    doubtful: tuple[Rule, ...] = ()
    hints: tuple[Hint, ...] = ()
    added: tuple[Rule, ...] = ()


class Opened(Record):
    """The ports that every pod of a namespace may connect to: of its pods, and of those on their node's network."""

    pods: frozenset[Listening]
    nodes: frozenset[Listening]


def ingress(group: Group, evidence: Evidence, peers: Peers, mesh: Mesh, doubt: Doubt) -> Ingress:
    """Return the rules for the pods of a workload; none where nothing in the bundle could connect to them."""
    shown = [toward for toward in evidence.towards(*group.variants) if toward.why is not EvidenceKind.PROBE]
    if doubt.is_strict:
        shown = [each for each in shown if each.why is not EvidenceKind.HINTED]
    serves = {port for pods in group.variants for port in evidence.listening.get(pods, ())}
    ports = sorted(serves | {(each.port, each.protocol) for each in shown if each.port is not None})
    scraped = {(each.port, each.protocol) for each in shown if each.why is EvidenceKind.SCRAPE}
    grants: dict[Listening, list[Grant]] = {}
    everywhere = list(_whole_cluster(group))
    unclaimed: list[Listening] = []
    for port in ports:
        here = [each for each in shown if (each.port, each.protocol) == port]
        grants[port] = [peers.grant(each) for each in here]
        # Where scraping has a port of its own it is the client; where it shares the only one, others are unseen.
        is_own = port in scraped and bool(serves - scraped)
        if not is_own and not any(_is_sure(each, group) for each in here):
            unclaimed += [] if port in scraped or everywhere else [port]
            grants[port] += [] if doubt.is_observed else [_unseen(group)]
        else:
            grants[port] += _admitted(mesh, doubt)
        grants[port] += everywhere
    rules = _merged(group, evidence, grants, mesh)
    rules += _among_pods(shown, peers)
    closed = tuple(port for port in ports if not _is_open(grants[port]))
    hinted = _hinted(group, grants, peers, mesh, doubt)
    if not rules and doubt.use is not None and doubt.use.starts_pods:
        rules.append(_children(doubt.use))
    doubtful = () if doubt.is_strict else tuple(hinted.rules)
    added = tuple(mesh_rules(group, peers, mesh))
    return Ingress(tuple(rules), tuple(unclaimed), closed, doubtful, hinted.hints, added)


def _admitted(mesh: Mesh, doubt: Doubt) -> Iterator[Grant]:
    """Yield who is let in to a port beside the clients that it is closed for."""
    if mesh.proxied:
        yield Grant((Peer(pods={}),), "waypoints of the mesh connect in the clients' place")
    if not doubt.is_owned and not doubt.is_strict:
        said = "other pods may live in this namespace: open to it, so that nothing unseen is cut"
        yield Grant((Peer(pods={}),), said)


def _whole_cluster(group: Group) -> Iterator[Grant]:
    what = serves_cluster(group.first)
    if what is not None:
        yield Grant((Peer(namespaces={}),), f"its image is {what}: open to every namespace")


def _is_open(grants: Iterable[Grant], *, to_all: bool = False) -> bool:
    """Return whether every pod of the namespace is let in already, or everybody."""
    return any(
        grant.peers is None or (not to_all and any(_is_namespace(peer) for peer in grant.peers)) for grant in grants
    )


def _is_namespace(peer: Peer) -> bool:
    """Return whether a peer is every pod of the namespace at least."""
    return not peer.cidr and peer.pods in (None, {}) and peer.namespaces in (None, {})


class _Hinted(Record):
    rules: list[Rule]
    hints: tuple[Hint, ...]


def _hinted(group: Group, grants: dict[Listening, list[Grant]], peers: Peers, mesh: Mesh, doubt: Doubt) -> _Hinted:
    """Return the rules for those that may connect, on the closed ports or on every port, and their hints."""
    if len(doubt.hints) > _MANY:
        return _crowded(group, grants, peers, mesh, doubt)
    rules: list[Rule] = []
    found: list[Hint] = []
    may = [hint for hint in doubt.hints if _may(hint, group)]
    tunnels = [("TCP", number) for number in mesh.tunnels]
    # No selector matches pods on their node's network, so a port that is open to the namespace is closed to them.
    for on_host, any_port in ((False, False), (True, False), (False, True), (True, True)):
        hints = [hint for hint in may if (hint.source.host_network, hint.any_port) == (on_host, any_port)]
        closed = [port for port, granted in grants.items() if not _is_open(granted, to_all=on_host)]
        if not hints or not (closed or any_port):
            continue
        numbers = [*((protocol, number) for number, protocol in closed), *tunnels]
        said = (f"{hint.source.said}: {hint.kind.value}: {hint.said}" for hint in hints)
        who, because = united(
            Grant(peers.pods(hint.source, group.first), each) for hint, each in zip(hints, said, strict=True)
        )
        rules.append(Rule(who, None if any_port else tuple(dict.fromkeys(numbers)), (_IN_DOUBT, *because)))
        found += hints
    return _Hinted(rules, tuple(found))


def _crowded(group: Group, grants: dict[Listening, list[Grant]], peers: Peers, mesh: Mesh, doubt: Doubt) -> _Hinted:
    """Return the rules where so many may connect that each is not worth a peer: their namespace is let in."""
    closed = [port for port, granted in grants.items() if not _is_open(granted)]
    any_port = any(hint.any_port for hint in doubt.hints)
    if not closed and not any_port:
        return _Hinted([], ())
    numbers = [*((protocol, number) for number, protocol in closed), *(("TCP", number) for number in mesh.tunnels)]
    said = f"{len(doubt.hints)} workloads of the namespace may be clients: each has a remark in the report"
    granted = [Grant((Peer(pods={}),), said)]
    granted += [
        Grant(peers.pods(each.source, group.first), each.said) for each in doubt.hints if each.source.host_network
    ]
    who, because = united(granted)
    return _Hinted([Rule(who, None if any_port else tuple(dict.fromkeys(numbers)), (_IN_DOUBT, *because))], doubt.hints)


def _may(hint: Hint, group: Group) -> bool:
    """Return whether a hint is of somebody who could mean these pods; what is published means others, not itself."""
    return hint.kind is not HintKind.PUBLISHED or hint.source not in group.variants


def _is_sure(connection: Connection, group: Group) -> bool:
    """Return whether a connection proves who the clients are; what a workload tells itself or a test does not."""
    if isinstance(connection.source, PeerGroup):
        return connection.why in {EvidenceKind.PUBLIC, EvidenceKind.INGRESS, EvidenceKind.CALLED, EvidenceKind.OBSERVED}
    return (
        connection.why in {EvidenceKind.NAMED, EvidenceKind.STATED, EvidenceKind.OBSERVED}
        and connection.source not in group.variants
        and not _is_hook(connection.source)
    )


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
        if not granted:
            # An empty list of peers would let everybody in.
            continue
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
        rules.append(Rule(who, tuple(dict.fromkeys((*numbers, *tunnels))), (*said, *because)))
    return rules


def _with_reasons(each: tuple[Peer, ...] | None, other: tuple[Peer, ...] | None) -> tuple[Peer, ...] | None:
    """Return equal peers with the reasons of both."""
    if each is None or other is None:
        return None
    return tuple(
        Peer(a.pods, a.namespaces, a.cidr, tuple(dict.fromkeys((*a.because, *b.because))))
        for a, b in zip(each, other, strict=True)
    )


def _said(port: Listening, group: Group, evidence: Evidence) -> str:
    """Return what a port is, for the comment above its rule."""
    number, protocol = port
    declared = [each for pods in group.variants for each in pods.ports if (each.number, each.protocol) == port]
    name = f" ({declared[0].name})" if declared and declared[0].name else ""
    called = f"port {number}{name}" if protocol == "TCP" else f"{protocol} port {number}{name}"
    services = list(dict.fromkeys(each.name for each in services_to(port, group, evidence)))
    if not services:
        return f"{called}, behind no Service"
    return f"{called}, through Service{'s' if len(services) > 1 else ''} {', '.join(services)}"


def services_to(port: Listening, group: Group, evidence: Evidence) -> list[Service]:
    """Return the Services that lead to a port of a workload."""
    return [
        service
        for pods in group.variants
        for service in evidence.neighbours.selecting(pods)
        if port in targets_of(service, pods)
    ]


def _among_pods(shown: Iterable[Connection], peers: Peers) -> list[Rule]:
    """Return the rule for pods that find each other: on every port, since what they use is rarely declared."""
    grants = [peers.grant(each) for each in shown if each.port is None]
    if not grants:
        return []
    who, because = united(grants)
    return [Rule(who, None, ("any port: what they use among themselves is rarely declared", *because))]
