"""Makes the egress rules of a workload, on request only: DNS, the peers that it names, the API server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.companions.model import Note
from harden.companions.network_dns import dns_rules
from harden.companions.network_draft import Peer, Rule, in_namespace
from harden.companions.network_ingress import Opened
from harden.companions.network_peers import Grant, Peers, united
from harden.companions.network_remarks import of_group
from harden.companions.network_selectors import Group
from harden.companions.network_settings import PREFIX, Egress, NetworkSettings
from harden.kube.accounts import Use
from harden.kube.bundle import Bundle
from harden.model.finding import Finding, NoFix, Severity
from harden.network.connection import EvidenceKind
from harden.network.evidence import Evidence
from harden.network.external_peers import ExternalPeer, ExternalPeers, Where
from harden.network.hints import Hint, HintKind
from harden.network.identities import LINK_LOCAL, METADATA_PORTS, Identities
from harden.network.mesh import Meshes
from harden.network.pods import Pods

#: Policies see the API server's own port, not the Service's: 443 and 6443 are usual, 8443 is minikube's.
_API_PORTS = (443, 6443, 8443)
#: Below it, the port of a Service is seldom that of its pods, which are not root and cannot listen there.
_FIRST_FREE_PORT = 1024


class EgressRules:
    """The egress rules of each workload of a bundle."""

    def __init__(
        self, bundle: Bundle, evidence: Evidence, peers: Peers, settings: NetworkSettings, fallback: str
    ) -> None:
        """Prepare them; `fallback` is the namespace of objects that name none."""
        self._external = ExternalPeers(bundle, evidence, fallback)
        self._identities = Identities(bundle, fallback)
        self._evidence = evidence
        self._peers = peers
        self._meshes = Meshes(bundle)
        self._settings = settings

    def rules(
        self, group: Group, use: Use | None, hints: Iterable[Hint], opened: Opened, *, waits: bool = False
    ) -> tuple[tuple[Rule, ...] | None, list[Note]]:
        """Return the rules and what is to be said of them; None for the rules leaves the way out open.

        `hints` are those of this workload, `opened` the ports of its namespace that every pod of it may connect to,
        `waits` says that its image is known to connect to nobody by itself.
        """
        doubts = () if self._settings.is_strict else tuple(hints)
        reason = self._reason_to_leave_open(group, doubts)
        if reason:
            return None, [of_group(group, f"egress is left open: {reason}", "its peers are not known")]
        near = list(self._in_namespace(doubts, opened))
        shown = [*self._named(group), *near]
        remarks = []
        for pods in group.variants:
            for peer in self._external.of(pods):
                rule = self._outside(peer)
                shown += [rule] if rule is not None else []
                remarks.append(_told(peer, pods, rule))
            shown += self._identity(pods)
        if use is not None:
            shown.append(self._api(use))
        if len(shown) == len(near):
            what = (
                "its namespace" if any(rule.ports is None for rule in near) else "ports that are open to its namespace"
            )
            remarks.append(
                of_group(
                    group,
                    f"egress: only DNS is left{f', and {what}' if near else ''}",
                    "nothing in these manifests shows where it connects; what its image or code names is cut",
                    Severity.NOTE if waits else Severity.WARNING,
                )
            )
        return tuple(_once([*dns_rules(group.variants), *shown])), remarks

    def _reason_to_leave_open(self, group: Group, hints: Iterable[Hint]) -> str:
        """Return why a workload's peers cannot be told, "" where they can."""
        for hint in hints:
            if hint.kind is HintKind.DISCOVERY:
                return f"{hint.said}, and with that it can find peers that no file names"
            if hint.kind is HintKind.CONFIGURATION:
                return f"it {hint.kind.value}: {hint.said}"
        mesh = self._meshes.of(group.first)
        if mesh.name:
            return f"{mesh.name} routes it"
        injector = self._meshes.injector(group.first)
        return f"{injector} lets a webhook add a container to it, whose peers no file shows" if injector else ""

    def _in_namespace(self, hints: Iterable[Hint], opened: Opened) -> Iterator[Rule]:
        """Yield what the ingress policies of the namespace let in from every pod of it."""
        published = next((hint for hint in hints if hint.kind is HintKind.PUBLISHED), None)
        ports, on_nodes = (
            tuple(sorted((protocol, number) for number, protocol in some)) for some in (opened.pods, opened.nodes)
        )
        if published is not None:
            said = f"it {published.kind.value} ({published.said}): its namespace is open to it"
            yield Rule((Peer(pods={}),), None, (said,))
        elif ports:
            yield Rule((Peer(pods={}),), ports, ("ports that are open to the whole namespace",))
        if on_nodes:
            nodes = tuple(Peer(cidr=node) for node in self._settings.nodes) or None
            said = "ports of its namespace's pods on their node's network, which no selector matches"
            yield Rule(nodes, on_nodes, (said,))

    def _named(self, group: Group) -> Iterator[Rule]:
        """Yield a rule for each workload that this one is shown to connect to."""
        targets: dict[tuple[str, str, str], list[Pods]] = {}
        ports: dict[tuple[str, str, str], dict[tuple[str, int] | None, list[str]]] = {}
        for each in self._evidence.away(*group.variants):
            if self._settings.is_strict and each.why is EvidenceKind.HINTED:
                continue
            targets.setdefault(each.target.key, []).append(each.target)
            port = None if each.port is None else (each.protocol, each.port)
            ports.setdefault(each.target.key, {}).setdefault(port, []).append(each.said)
        for key in sorted(targets):
            target = targets[key][0]
            reasons = [said for all_said in ports[key].values() for said in all_said]
            who, because = united(
                Grant(self._peers.pods(target, group.first), f"{target.said}: {said}") for said in reasons
            )
            numbers = None if None in ports[key] else tuple(sorted(port for port in ports[key] if port is not None))
            yield Rule(who, numbers, because)

    def _api(self, use: Use) -> Rule:
        peers = tuple(Peer(cidr=each) for each in self._settings.api_server) or None
        reasons = [f"the API server: {use.said}"]
        if peers is None:
            reasons.append(f"its address is not known; {PREFIX}.api-server narrows this")
        return Rule(peers, tuple(("TCP", port) for port in _API_PORTS), tuple(reasons))

    def _identity(self, pods: Pods) -> Iterator[Rule]:
        """Yield where pods log in to their cloud: on their node, and at a host outside where those are open."""
        shown = self._identities.of(pods)
        if shown is None:
            return
        local = (Peer(cidr=LINK_LOCAL),)
        yield Rule(local, tuple(("TCP", port) for port in METADATA_PORTS), (f"the cloud's metadata server: {shown}",))
        if self._settings.egress is not Egress.INSIDE:
            yield Rule(None, (("TCP", 443),), (f"the cloud's token service: {shown}",))

    def _outside(self, peer: ExternalPeer) -> Rule | None:
        ports = None if peer.port is None else (("TCP", peer.port),)
        said = f"{peer.said} names {peer.where.value}"
        match peer.where:
            case Where.NAMESPACE:
                return Rule((Peer(pods={}),), None, (said,))
            case Where.CLUSTER:
                home = Peer(namespaces=in_namespace(peer.namespace) if peer.namespace else {})
                if peer.port is not None and peer.port < _FIRST_FREE_PORT:
                    return Rule((home,), None, (said, f"its pods may serve port {peer.port} on another one"))
                return Rule((home,), ports, (said,))
            case Where.NODE:
                return Rule(tuple(Peer(cidr=node) for node in self._settings.nodes) or None, ports, (said,))
            case Where.OUTSIDE:
                if self._settings.egress is Egress.INSIDE:
                    return None
                return Rule(None, ports, (f"{said}: any address, since policies know no names",))


def _once(rules: list[Rule]) -> Iterator[Rule]:
    """Yield the rules without those that say the same as an earlier one."""
    seen: set[str] = set()
    for rule in rules:
        same = repr(rule.data("to"))
        if same not in seen:
            seen.add(same)
            yield rule


def _told(peer: ExternalPeer, pods: Pods, rule: Rule | None) -> Note:
    port = "" if peer.port is None else f", port {peer.port}"
    what = f"{peer.said} of {pods.said} names {peer.where.value}{port}"
    severity = Severity.NOTE
    if rule is None:
        said = f"{what}: it is cut"
        reason = f"allow its addresses in a policy of your own, or set {PREFIX}.egress: {Egress.KNOWN.value}"
        severity = Severity.WARNING
    elif peer.where in {Where.OUTSIDE, Where.NODE}:
        which = "every port is" if peer.port is None else "that port is"
        said, reason = f"{what}: {which} open to every address", "policies cannot name hosts"
        if rule.peers is not None:
            said, reason = f"{what}: {which} open to the nodes", f"{PREFIX}.nodes says where they are"
    else:
        where = "pods of that namespace" if peer.where is Where.CLUSTER and peer.namespace else "pods there"
        ports = "that port" if rule.ports is not None else "every port"
        said, reason = f"{what}, which the bundle does not show", f"{where} are open to it on {ports}"
    return Note(peer.place.resource, Finding(peer.place.path, said, NoFix(reason)), severity)
