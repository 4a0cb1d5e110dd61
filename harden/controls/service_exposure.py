"""Services open to the outside of a cluster only where somebody said who may come in.

## Why
A NodePort opens a port on every node, whatever the firewall in front thought of. A load balancer without source ranges
lets in whoever finds its address. `externalIPs` takes over the traffic of any address inside the cluster, without
owning it (CVE-2020-8554).

## Allowed values
`type` is `ClusterIP` or `ExternalName`, or a `LoadBalancer` that is internal to a network by an annotation of its
cloud, or that names `loadBalancerSourceRanges` (or the annotation of that name) other than all addresses.
`externalIPs` is empty.

## What a fix may change
Nothing: who may come in is a decision. An Ingress or a Gateway in front, which ends TLS and knows hosts, needs one
address for many Services.

## Sources
- Kubernetes documentation, Service, "type: NodePort", "type: LoadBalancer", "Internal load balancer", "External IPs"
- Kubernetes API reference, v1.36, ServiceSpec, `loadBalancerSourceRanges`; Well-Known Labels, Annotations and Taints,
  service.beta.kubernetes.io/load-balancer-source-ranges
- kubernetes/kubernetes issue 97076 (CVE-2020-8554)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Network separation and hardening
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.model.finding import Finding, NoFix, ObjectFinding, Severity
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_texts, as_word

if TYPE_CHECKING:
    from harden.companions.context import BundleContext

_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})
#: Annotations that make a load balancer internal, with what they say then (Kubernetes documentation, Service,
#: "Internal load balancer").
_INTERNAL = {
    "cloud.google.com/load-balancer-type": ("internal",),
    "networking.gke.io/load-balancer-type": ("internal",),
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/cce-load-balancer-internal-vpc": ("true",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": None,
}


@bundle_control(
    scope=Scope.OBJECT,
    fields=("Service.spec.type", "Service.spec.loadBalancerSourceRanges", "Service.spec.externalIPs"),
    profiles=("hardened",),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each Service that opens to the outside."""
    for service in context.bundle.of_kind("Service"):
        # A Service of Knative is no Service of Kubernetes.
        if service.api_version == "v1":
            yield from _of(service)


def _of(service: Resource) -> Iterator[ObjectFinding]:
    spec = service.data.get("spec")
    if as_list(dig(spec, "externalIPs")):
        said, advice = "takes over traffic for addresses of others by externalIPs", "use a type of LoadBalancer"
        yield _finding(service, "externalIPs", said, advice, Severity.ERROR)
    kind = dig(spec, "type")
    if kind == "NodePort":
        said, advice = "opens a port on every node", "use ClusterIP behind an Ingress or a Gateway"
        yield _finding(service, "type", said, advice, Severity.WARNING)
    elif kind == "LoadBalancer" and not _is_narrow(service):
        said = "opens to every address that reaches its load balancer"
        advice = "write loadBalancerSourceRanges, or make it internal by the annotation of the cloud"
        yield _finding(service, "type", said, advice, Severity.WARNING)


def _is_narrow(service: Resource) -> bool:
    annotations = dig(service.data, "metadata", "annotations")
    told = annotations if isinstance(annotations, dict) else {}
    ranges = as_texts(dig(service.data, "spec", "loadBalancerSourceRanges"))
    ranges += tuple(part.strip() for part in as_word(told.get(_RANGES)).split(",") if part.strip())
    if ranges and _EVERYBODY.isdisjoint(ranges):
        return True
    return any(_says(told[key], words) for key, words in _INTERNAL.items() if key in told)


def _says(value: object, words: tuple[str, ...] | None) -> bool:
    return isinstance(value, str) and value != "" and (words is None or value.lower() in words)


def _finding(service: Resource, key: str, said: str, advice: str, severity: Severity) -> ObjectFinding:
    message = f"Service {service.name} {said}"
    path = (*service.path, "spec", key)
    return ObjectFinding(service, Finding(path, message, NoFix(advice), severity=severity))
