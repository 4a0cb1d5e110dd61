"""Owns the egress rules of a workload, on request only: DNS, the peers that it names, the API server, the rest said."""

from __future__ import annotations

from collections.abc import Iterator

from harden.companions.model import Remark, Severity
from harden.companions.network_draft import Peer, Rule, in_namespace
from harden.companions.network_peers import Grant, Peers, united
from harden.companions.network_selectors import Group
from harden.companions.network_settings import PREFIX, Egress, NetworkSettings
from harden.model.finding import Finding, NoFix
from harden.network.api_use import Use
from harden.network.evidence import Evidence
from harden.network.mesh import Meshes
from harden.network.pods import Pods
from harden.network.strangers import Stranger, Strangers, Where

#: Of NodeLocal DNSCache (kubernetes.io, Using NodeLocal DNSCache in Kubernetes Clusters).
_NODE_LOCAL_DNS = "169.254.20.10/32"
#: Policies see the API server's own port, not the Service's: 443 and 6443 are usual, 8443 is minikube's.
_API_PORTS = (443, 6443, 8443)


class Exits:
    """The way out of each workload of a bundle."""

    def __init__(
        self, strangers: Strangers, evidence: Evidence, peers: Peers, meshes: Meshes, settings: NetworkSettings
    ) -> None:
        self._strangers = strangers
        self._evidence = evidence
        self._peers = peers
        self._meshes = meshes
        self._settings = settings

    def rules(self, group: Group, use: Use | None) -> tuple[tuple[Rule, ...] | None, list[Remark]]:
        """Return the rules and what is to be said of them; None for the rules leaves the way out open."""
        mesh = self._meshes.of(group.first)
        if use is not None and use.finds_peers:
            said = f"{use.said}, and with that it can find peers that no file names"
            return None, [_remark(group, f"egress is left open: {said}", "its peers are not known")]
        if mesh.name:
            return None, [_remark(group, f"egress is left open: {mesh.name} routes it", "its proxies are not known")]
        rules = [_dns(), *self._named(group)]
        if use is not None:
            rules.append(self._api(use))
        remarks = []
        for pods in group.variants:
            for stranger in self._strangers.of(pods):
                rule = self._stranger(stranger)
                rules += [rule] if rule is not None else []
                remarks.append(_told(stranger, pods, rule))
        return tuple(_once(rules)), remarks

    def _named(self, group: Group) -> Iterator[Rule]:
        """Yield a rule for each workload that this one is shown to connect to."""
        targets: dict[tuple[str, str, str], list[Pods]] = {}
        ports: dict[tuple[str, str, str], dict[tuple[str, int] | None, list[str]]] = {}
        for one in self._evidence.away(*group.variants):
            targets.setdefault(one.target.key, []).append(one.target)
            port = None if one.port is None else (one.protocol, one.port)
            ports.setdefault(one.target.key, {}).setdefault(port, []).append(one.said)
        for key in sorted(targets):
            target = targets[key][0]
            reasons = [said for all_said in ports[key].values() for said in all_said]
            who, because = united(
                Grant(self._peers.pods(target, group.first), f"{target.said}: {said}") for said in reasons
            )
            numbers = None if None in ports[key] else tuple(sorted(port for port in ports[key] if port is not None))
            yield Rule(who, numbers, because)

    def _api(self, use: Use) -> Rule:
        peers = tuple(Peer(cidr=one) for one in self._settings.api_server) or None
        reasons = [f"the API server: {use.said}"]
        if peers is None:
            reasons.append(f"its address is not known; {PREFIX}.api-server narrows this")
        return Rule(peers, tuple(("TCP", port) for port in _API_PORTS), tuple(reasons))

    def _stranger(self, stranger: Stranger) -> Rule | None:
        match stranger.where:
            case Where.NAMESPACE:
                return Rule((Peer(pods={}),), None, (f"{stranger.said} names {stranger.where.value}",))
            case Where.CLUSTER:
                return Rule((Peer(namespaces={}),), None, (f"{stranger.said} names {stranger.where.value}",))
            case Where.OUTSIDE:
                if self._settings.egress is Egress.INSIDE or stranger.port is None:
                    return None
                said = f"{stranger.said} names {stranger.where.value}: any address, since policies know no names"
                return Rule(None, (("TCP", stranger.port),), (said,))


def _dns() -> Rule:
    dns = Peer(
        pods={"matchLabels": {"k8s-app": "kube-dns"}}, namespaces=in_namespace("kube-system"), because=("cluster DNS",)
    )
    local = Peer(cidr=_NODE_LOCAL_DNS, because=("NodeLocal DNSCache",))
    return Rule((dns, local), (("UDP", 53), ("TCP", 53)), ("every name is looked up first",))


def _once(rules: list[Rule]) -> Iterator[Rule]:
    """Yield the rules without those that say the same as an earlier one."""
    seen: set[str] = set()
    for rule in rules:
        same = repr(rule.data("to"))
        if same not in seen:
            seen.add(same)
            yield rule


def _told(stranger: Stranger, pods: Pods, rule: Rule | None) -> Remark:
    port = "" if stranger.port is None else f", port {stranger.port}"
    what = f"{stranger.said} of {pods.said} names {stranger.where.value}{port}"
    if rule is None:
        said = f"{what}: it is cut"
        reason = f"allow its addresses in a policy of your own, or set {PREFIX}.egress: {Egress.KNOWN.value}"
        severity = Severity.WARNING
    elif stranger.where is Where.OUTSIDE:
        said, reason = f"{what}: that port is open to every address", "policies cannot name hosts"
        severity = Severity.NOTE
    else:
        said, reason = f"{what}, which the bundle does not show", "pods there are open to it on every port"
        severity = Severity.NOTE
    return Remark(stranger.place.resource, Finding(stranger.place.path, said, NoFix(reason)), severity)


def _remark(group: Group, message: str, reason: str) -> Remark:
    resource = group.resource
    return Remark(resource, Finding(resource.path, message, NoFix(reason)), Severity.NOTE)
