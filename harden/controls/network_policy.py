"""Each workload has a NetworkPolicy that lets in who the manifests show to connect to it.

## Why
Without a policy every pod of a cluster can connect to every other one, so that one taken over reaches them all.

## Allowed values
Any policy that selects the pods: a workload that one isolates already gets no second one. Pods on their node's network
are beyond any policy.

## What a fix may change
It creates a policy for the workload's pods. A port closes to others where it is certain who connects to it; where no
client is known it stays open to its namespace: safe, or review where nothing shows what another workload of the
namespace connects to. A policy for pods that nothing is shown to connect to lets nobody in, so a client that finds its
pods by address would be cut: review. With `egress`, what pods may connect to is limited too: review; a host that only
an image or its code names (a built-in default, say) is cut then, since no file shows it.
Nothing is created where a part of the input could not be read.

## Sources
- kubernetes.io, Concepts, Network Policies (isolation, rules that add up, hostNetwork, probes from the node)
- k8s.io/api/networking/v1, NetworkPolicySpec
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Network policies
- CIS Kubernetes Benchmark 1.12: 5.3.2
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harden.controls import Option, Scope, Table, bundle_control
from harden.model.finding import ObjectFinding
from harden.model.text import Plain

if TYPE_CHECKING:
    from harden.companions.context import BundleContext


def _complain(connects: Mapping[str, Plain]) -> tuple[tuple[str, ...], str] | None:
    for client, servers in connects.items():
        if not isinstance(servers, list) or not all(isinstance(server, str) for server in servers):
            return (client,), "must be a list of texts, for example [store:5432]"
    return None


@bundle_control(
    scope=Scope.OBJECT,
    fields=("NetworkPolicy.spec",),
    options=(
        Option(
            "egress",
            "open",
            "How far pods may connect out: anywhere, to what the files show (and DNS), or to nothing outside them.",
            choices=("open", "dns+known", "none"),
        ),
        Option("ingress-from", [], "Namespaces of the ingress controllers; empty: ports behind them stay open."),
        Option("scrape-from", [], "Namespaces of Prometheus; empty: scraped ports are open to any namespace."),
        Option("nodes", [], "Address ranges (CIDR) of the nodes."),
        Option("api-server", [], "Address ranges (CIDR) of the API server."),
        Option(
            "isolates-silent",
            default=True,
            doc="Whether workloads that nothing connects to get a policy that lets nobody in.",
        ),
        Option(
            "connects",
            {},
            "Connections that no file shows, by client: {web: [store:5432, NAMESPACE/api:80]}.",
            table=Table(
                {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}, _complain
            ),
        ),
        Option(
            "precision",
            "doubt",
            "Whom a closed port admits: whoever may be a client too, or those that certain evidence shows alone.",
            choices=("doubt", "strict"),
        ),
    ),
    creates=("NetworkPolicy",),
    needs_all=True,
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each workload without a policy, and what is to be said of present ones."""
    # 20 ms to load, and most runs have no companions.
    from harden.companions.surveys import network_policies  # noqa: PLC0415 - see above

    return network_policies(context)
