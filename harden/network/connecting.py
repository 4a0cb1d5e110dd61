"""Reads which objects show a connection to a Service though they make no pods: their controller opens it.

Each row has its source: the manual of the controller's objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.kube.bundle import Bundle
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_mapping, as_word, is_number
from harden.model.record import Record
from harden.model.text import Path
from harden.network.connection import ANYWHERE, API_SERVER, CLUSTER, Connection, EvidenceKind, GroupKind, PeerGroup
from harden.network.hosts import Form, Hosts
from harden.network.neighbours import Neighbours
from harden.network.pods import is_port
from harden.network.routes import backends
from harden.network.selectors import has_all, labels_of
from harden.network.services import Service
from harden.network.texts import Place

#: API groups whose controllers pass on what comes from outside, as (group, source).
_ROUTING: Mapping[str, str] = {
    "apisix.apache.org": "apisix.apache.org, Ingress Controller, ApisixRoute and ApisixUpstream",
    "configuration.konghq.com": "docs.konghq.com, Kubernetes Ingress Controller, custom resources",
    "gateway.envoyproxy.io": "gateway.envoyproxy.io, API: Backend, SecurityPolicy extAuth, EnvoyExtensionPolicy",
    "gateway.solo.io": "docs.solo.io, Gloo Edge API: VirtualService, RouteTable",
    "getambassador.io": "getambassador.io, Mapping, AuthService",
    "gloo.solo.io": "docs.solo.io, Gloo Edge API: Upstream",
    "k8s.nginx.org": "docs.nginx.com, NGINX Ingress Controller: VirtualServer, TransportServer",
    "projectcontour.io": "projectcontour.io, HTTPProxy and ExtensionService",
    "traefik.containo.us": "doc.traefik.io, Kubernetes CRD: TraefikService, Middleware forwardAuth",
    "traefik.io": "doc.traefik.io, Kubernetes CRD: TraefikService, Middleware forwardAuth",
}
#: API groups whose controllers connect from a namespace of their own.
_CONTROLLED: Mapping[str, str] = {
    "cert-manager.io": "cert-manager.io, Issuer: vault.server, acme.server, webhook solvers",
    "external-secrets.io": "external-secrets.io, SecretStore: vault.server, webhook.url, kubernetes.server",
    "generators.external-secrets.io": "external-secrets.io, generators",
    "keda.sh": "keda.sh, Scalers: serverAddress, host of a trigger",
    "kyverno.io": "kyverno.io, External data sources: apiCall.service.url",
    "monitoring.coreos.com": "prometheus-operator.dev, API: ScrapeConfig, Probe, AlertmanagerConfig",
    "networking.istio.io": "istio.io, VirtualService in the mesh, EnvoyFilter",
    "operator.victoriametrics.com": "docs.victoriametrics.com: VMStaticScrape, VMProbe, VMScrapeConfig, VMUser",
    "secrets.hashicorp.com": "developer.hashicorp.com, Vault Secrets Operator: VaultConnection",
    "security.istio.io": "istio.io, RequestAuthentication: jwksUri",
    "telemetry.istio.io": "istio.io, Telemetry",
    "extensions.istio.io": "istio.io, WasmPlugin: url",
}
#: Kinds of these groups that say how connections are treated, and open none.
_CONFIGURING = frozenset(
    {
        "AuthorizationPolicy", "DestinationRule", "PeerAuthentication", "PodMonitor", "PrometheusRule", "ServiceEntry",
        "ServiceMonitor", "Sidecar", "VMNodeScrape", "VMPodScrape", "VMRule", "VMServiceScrape", "WorkloadEntry",
        "WorkloadGroup",
    }
)  # fmt: skip
#: Objects that make a Service of their own name known to other clusters (multicluster.sigs.k8s.io, KEP-1645).
_EXPORTS = frozenset({"multicluster.x-k8s.io", "net.gke.io"})
#: Annotations of an Ingress whose URL its controller asks (kubernetes.github.io/ingress-nginx, Annotations).
_ASKED = ("auth-url", "auth-proxy-url", "mirror-target", "auth-tls-error-page", "satisfy-url")
#: What an object shows by the peers that its controller connects for; others are the controllers themselves.
_KINDS = {GroupKind.ANYWHERE: EvidenceKind.INGRESS, GroupKind.API_SERVER: EvidenceKind.CALLED}
#: Keys of a mapping that name a Service, beside a port.
_SERVICE_KEYS = ("service", "serviceName", "backendService", "name", "host", "address", "upstream")
_PORT_KEYS = ("port", "servicePort", "port_value", "number", "backendServicePort", "portNumber")


class Named(Record):
    """A Service that an object names; `port` is None where it names none."""

    service: Service
    port: int | str | None
    path: Path


def connecting(bundle: Bundle, neighbours: Neighbours, hosts: Hosts) -> Iterator[Connection]:
    """Yield the connections that objects show on behalf of their controllers."""
    for resource in bundle.resources:
        group = resource.api_version.rpartition("/")[0]
        source: PeerGroup | None = None
        if group in _ROUTING:
            source = ANYWHERE
        elif group in _CONTROLLED and resource.kind not in _CONFIGURING:
            source = CLUSTER
        # Routes that are read field by field need no search.
        if source is not None and not any(True for _ in backends(resource, resource.effective_namespace)):
            for named in _named(resource, hosts):
                yield from _towards(named, source, resource, neighbours)
        yield from _by_kind(resource, group, neighbours, hosts)


def _by_kind(resource: Resource, group: str, neighbours: Neighbours, hosts: Hosts) -> Iterator[Connection]:
    match (group, resource.kind):
        case ("networking.istio.io", "Gateway"):
            yield from _gateway(resource, neighbours)
        case (_, "ServiceExport") if group in _EXPORTS:
            for service in neighbours.named(resource.effective_namespace, resource.name):
                yield from _towards(Named(service, None, resource.path), ANYWHERE, resource, neighbours)
        case ("networking.k8s.io" | "extensions", "Ingress"):
            yield from _asked(resource, neighbours, hosts)
        case ("", "ConfigMap") if resource.name in {"tcp-services", "udp-services"} or "ingress" in resource.name:
            yield from _port_map(resource, neighbours)
        case (_, "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"):
            yield from _called(resource, neighbours, hosts)


def _asked(resource: Resource, neighbours: Neighbours, hosts: Hosts) -> Iterator[Connection]:
    for key, value in as_mapping(dig(resource.data, "metadata", "annotations")).items():
        if str(key).rpartition("/")[2] in _ASKED and isinstance(value, str):
            path = (*resource.path, "metadata", "annotations", str(key))
            for named in _in_text(value, resource, hosts, path):
                yield from _towards(named, ANYWHERE, resource, neighbours)


def _called(resource: Resource, neighbours: Neighbours, hosts: Hosts) -> Iterator[Connection]:
    """Yield the Services in the URLs of webhooks (admissionregistration.k8s.io/v1, WebhookClientConfig)."""
    for at, webhook in enumerate(as_list(resource.data.get("webhooks"))):
        url, path = dig(webhook, "clientConfig", "url"), (*resource.path, "webhooks", at, "clientConfig", "url")
        for named in _in_text(url, resource, hosts, path) if isinstance(url, str) else ():
            yield from _towards(named, API_SERVER, resource, neighbours)


def _gateway(resource: Resource, neighbours: Neighbours) -> Iterator[Connection]:
    """Yield that the pods which an Istio Gateway selects, in any namespace, are a way in (istio.io, Gateway)."""
    selector = labels_of(dig(resource.data, "spec", "selector"))
    said, place = f"Gateway {resource.name} selects it", Place(resource, (*resource.path, "spec", "selector"))
    for pods in neighbours.pods if selector else ():
        if has_all(selector, pods.labels):
            for port, protocol in neighbours.listening[pods]:
                yield Connection(ANYWHERE, pods, port, protocol, EvidenceKind.INGRESS, said, place)


def _port_map(resource: Resource, neighbours: Neighbours) -> Iterator[Connection]:
    """Yield `"5432": lab/store:5432` (kubernetes.github.io/ingress-nginx, Exposing TCP and UDP services)."""
    for key, value in as_mapping(resource.data.get("data")).items():
        namespace, slash, rest = str(value).partition("/")
        name, _, port = rest.partition(":")
        if is_number(str(key)) and slash:
            for service in neighbours.named(namespace, name):
                number = port.partition(":")[0]
                wanted = int(number) if is_number(number) else number or None
                path = (*resource.path, "data", str(key))
                yield from _towards(Named(service, wanted, path), ANYWHERE, resource, neighbours)


def _towards(named: Named, source: PeerGroup, resource: Resource, neighbours: Neighbours) -> Iterator[Connection]:
    why = _KINDS.get(source.kind, EvidenceKind.CONTROLLED)
    said = f"{resource.kind} {resource.name} names {named.service.said}"
    ports = named.service.port(named.port) or named.service.ports
    for pods, port, protocol in neighbours.behind(named.service, ports):
        yield Connection(source, pods, port, protocol, why, said, Place(resource, named.path), named.service)


def _named(resource: Resource, hosts: Hosts) -> Iterator[Named]:
    """Yield the Services that an object names, by text or by a mapping with a name and a port."""
    todo: list[tuple[Path, object]] = [((*resource.path, "spec"), resource.data.get("spec"))]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            yield from _in_text(value, resource, hosts, path)
        elif isinstance(value, Mapping):
            yield from _in_mapping(value, resource, hosts, path)
            todo.extend(((*path, str(key)), item) for key, item in reversed(list(value.items())))
        elif isinstance(value, list):
            todo.extend(((*path, at), item) for at, item in reversed(list(enumerate(value))))


def _in_text(text: str, resource: Resource, hosts: Hosts, path: Path) -> Iterator[Named]:
    for mention in hosts.mentions(text, resource.effective_namespace, Form.STRICT):
        yield Named(mention.service, mention.port, path)


def _in_mapping(value: Mapping[str, object], resource: Resource, hosts: Hosts, path: Path) -> Iterator[Named]:
    port = next((value[key] for key in _PORT_KEYS if key in value), None)
    number = port.get("number", port.get("name")) if isinstance(port, Mapping) else port
    for key in _SERVICE_KEYS:
        name = as_word(value.get(key))
        if name == "" or (port is None and key in {"name", "address"}):
            continue
        stated = as_word(value.get("namespace"))
        host = f"{name}.{stated}" if stated and "." not in name else name
        for service in hosts.resolve(host, resource.effective_namespace):
            wanted = number if is_port(number) or isinstance(number, str) else None
            yield Named(service, int(wanted) if isinstance(wanted, str) and is_number(wanted) else wanted, path)
