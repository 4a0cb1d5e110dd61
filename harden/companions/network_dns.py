"""Makes the rules that let pods look up names, whatever serves DNS in their cluster.

Sources: kubernetes.io, DNS for Services and Pods (dnsPolicy, dnsConfig) and Using NodeLocal DNSCache (169.254.20.10);
docs.openshift.com, DNS Operator (pods of namespace openshift-dns listen on 5353); learn.microsoft.com, AKS, LocalDNS,
and cloud.google.com, Cloud DNS for GKE (169.254.169.254): both answer on link-local addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.companions.network_draft import Peer, Rule, in_namespace
from harden.model.kube import dig
from harden.model.plain import as_list
from harden.network.identities import LINK_LOCAL
from harden.network.pods import Pods

_DNS = (("UDP", 53), ("TCP", 53))
_OPENSHIFT_PORTS = (("UDP", 5353), ("TCP", 5353))


def dns_rules(variants: Iterable[Pods]) -> Iterator[Rule]:
    """Yield the rules for the pods of a workload: of the cluster's DNS, and of name servers that they choose."""
    variants = tuple(variants)
    named = [address for pods in variants for address in _name_servers(pods)]
    if any(_asks_the_cluster(pods) for pods in variants):
        home = in_namespace("kube-system")
        cluster = Peer(pods={"matchLabels": {"k8s-app": "kube-dns"}}, namespaces=home, because=("cluster DNS",))
        local = Peer(cidr=LINK_LOCAL, because=("DNS on the node: NodeLocal DNSCache, AKS LocalDNS, Cloud DNS for GKE",))
        yield Rule((cluster, local), _DNS, ("every name is looked up first",))
        openshift = Peer(namespaces=in_namespace("openshift-dns"))
        yield Rule((openshift,), _OPENSHIFT_PORTS, ("DNS of OpenShift",))
    if named:
        peers = tuple(Peer(cidr=f"{each}/{128 if ':' in each else 32}") for each in dict.fromkeys(named))
        yield Rule(peers, _DNS, ("name servers of its dnsConfig",))
    if any(_policy(pods) == "Default" for pods in variants):
        yield Rule(None, _DNS, ("dnsPolicy Default: the name servers of its node",))


def _policy(pods: Pods) -> object:
    return None if pods.member is None else pods.member.workload.get("dnsPolicy")


def _asks_the_cluster(pods: Pods) -> bool:
    return _policy(pods) not in {"None", "Default"}


def _name_servers(pods: Pods) -> Iterator[str]:
    """Yield the addresses of dnsConfig.nameservers; what is no address is left out."""
    from ipaddress import ip_address  # noqa: PLC0415 - slow to import, and egress is asked for

    config = None if pods.member is None else pods.member.workload.get("dnsConfig")
    for given in as_list(dig(config, "nameservers")):
        try:
            address = ip_address(given) if isinstance(given, str) else None
        except ValueError:
            # The API server refuses it.
            continue
        if address is not None:
            yield str(address)
