"""Finds what says that measurements are collected from pods: annotations, ServiceMonitors and PodMonitors."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.bundle import Bundle
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.network.connection import CLUSTER, Connection, EvidenceKind
from harden.network.neighbours import Neighbours
from harden.network.pods import Pods, is_port
from harden.network.scrapers import asked
from harden.network.selectors import labels_of, matches
from harden.network.services import Service
from harden.network.texts import Place

Found = Iterator[Connection]

#: The objects that select what is scraped, with the field that says where. Sources: prometheus-operator.dev, API;
#: learn.microsoft.com, Azure Monitor managed Prometheus (the same kinds under a group of its own);
#: docs.victoriametrics.com/operator, Resources; GoogleCloudPlatform/prometheus-engine, doc/api.md.
_MONITORS = {
    ("monitoring.coreos.com", "ServiceMonitor"): "endpoints",
    ("monitoring.coreos.com", "PodMonitor"): "podMetricsEndpoints",
    ("azmonitoring.coreos.com", "ServiceMonitor"): "endpoints",
    ("azmonitoring.coreos.com", "PodMonitor"): "podMetricsEndpoints",
    ("operator.victoriametrics.com", "VMServiceScrape"): "endpoints",
    ("operator.victoriametrics.com", "VMPodScrape"): "podMetricsEndpoints",
    ("monitoring.googleapis.com", "PodMonitoring"): "endpoints",
    ("monitoring.googleapis.com", "ClusterPodMonitoring"): "endpoints",
}


def scraped(bundle: Bundle, neighbours: Neighbours, fallback: str) -> Found:
    """Yield what the bundle shows of scraping; who scrapes is never in it, so pods of any namespace may."""
    for service in neighbours.services:
        yield from _service(service, neighbours)
    for pods in neighbours.pods:
        yield from _pods(pods)
    for resource in bundle.of_kind(*(kind for _, kind in _MONITORS)):
        field = _MONITORS.get((resource.api_version.rpartition("/")[0], resource.kind))
        if field is not None:
            yield from _monitor(resource, field, resource.namespace or fallback, neighbours)


def _service(service: Service, neighbours: Neighbours) -> Found:
    resource = service.resource
    for each in asked(as_mapping(dig(resource.data, "metadata", "annotations"))):
        place = Place(resource, (*resource.path, "metadata", "annotations", each.annotation))
        said = f"{service.said} is annotated {each.annotation}"
        if isinstance(each.port, int):
            for pods in neighbours.selected(service):
                yield Connection(CLUSTER, pods, each.port, "TCP", EvidenceKind.SCRAPE, said, place, service)
            continue
        ports = service.ports if each.port is None else service.port(each.port)
        for pods, port, protocol in neighbours.behind(service, ports):
            yield Connection(CLUSTER, pods, port, protocol, EvidenceKind.SCRAPE, said, place, service)


def _pods(pods: Pods) -> Found:
    if pods.member is None:
        return
    workload = pods.member.workload
    for each in asked(as_mapping(workload.metadata.get("annotations"))):
        path = (*workload.template, "metadata", "annotations", each.annotation)
        place, said = Place(pods.member.resource, path), f"it is annotated {each.annotation}"
        ports: list[int] = [each.port] if isinstance(each.port, int) else []
        if isinstance(each.port, str):
            ports = list(pods.numbers(each.port, "TCP"))
        elif each.port is None:
            # Without a port, every declared one is tried.
            ports = [port.number for port in pods.ports if port.protocol == "TCP"]
        for port in ports:
            yield Connection(CLUSTER, pods, port, "TCP", EvidenceKind.SCRAPE, said, place)


def _monitor(resource: Resource, field: str, namespace: str, neighbours: Neighbours) -> Found:
    """Yield what ServiceMonitors, PodMonitors and those like them scrape; `field` has what they scrape of each.

    Source: prometheus-operator, API reference: `port` is the name of a Service's or pod's port, `targetPort` a port of
    the pod; namespaceSelector is `any`, `matchNames`, or the monitor's own namespace.
    """
    said = f"{resource.kind} {resource.name} selects it"
    for at, endpoint in enumerate(as_list(dig(resource.data, "spec", field))):
        place = Place(resource, (*resource.path, "spec", field, at))
        if "Service" in resource.kind:
            for service in neighbours.services:
                if _is_meant(resource, namespace, service.namespace, dig(service.resource.data, "metadata", "labels")):
                    for pods, port, protocol in _endpoint(service, endpoint, neighbours):
                        yield Connection(CLUSTER, pods, port, protocol, EvidenceKind.SCRAPE, said, place, service)
            continue
        for pods in neighbours.pods:
            if _is_meant(resource, namespace, pods.namespace, pods.labels):
                for port in _pod_ports(pods, endpoint):
                    yield Connection(CLUSTER, pods, port, "TCP", EvidenceKind.SCRAPE, said, place)


def _is_meant(monitor: Resource, own: str, namespace: str, labels: object) -> bool:
    spec = as_mapping(monitor.data.get("spec"))
    named = [name for name in as_list(dig(spec, "namespaceSelector", "matchNames")) if isinstance(name, str)]
    anywhere = monitor.kind == "ClusterPodMonitoring" or dig(spec, "namespaceSelector", "any") is True
    inside = anywhere or namespace in (named or [own])
    return inside and matches(as_mapping(spec.get("selector")), labels_of(labels))


def _endpoint(service: Service, endpoint: object, neighbours: Neighbours) -> Iterator[tuple[Pods, int, str]]:
    port = as_word(dig(endpoint, "port"))
    if port:
        yield from neighbours.behind(service, service.port(port))
        return
    for pods in neighbours.selected(service):
        yield from ((pods, number, "TCP") for number in _pod_ports(pods, endpoint))


def _pod_ports(pods: Pods, endpoint: object) -> Iterator[int]:
    for field in ("port", "portNumber", "targetPort"):
        value = dig(endpoint, field)
        if is_port(value):
            yield value
        elif isinstance(value, str):
            yield from pods.numbers(value, "TCP")
