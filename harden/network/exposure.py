"""Finds what says that somebody outside the workloads connects: routes, published Services, webhooks, probes."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.bundle import Bundle
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.model.text import Path
from harden.network.connection import ANYWHERE, API_SERVER, KUBELET, Connection, EvidenceKind
from harden.network.neighbours import Neighbours
from harden.network.pods import Pods, is_port
from harden.network.routes import backends
from harden.network.services import Service
from harden.network.texts import Place

Found = Iterator[Connection]


def exposed(bundle: Bundle, neighbours: Neighbours, fallback: str) -> Found:
    """Yield what the bundle shows of senders that are no workload of it."""
    for service in neighbours.services:
        yield from _published(service, neighbours)
        yield from _name_server(service, neighbours)
    for resource in bundle.resources:
        namespace = resource.namespace or fallback
        yield from _routed(resource, namespace, neighbours)
        yield from _called(resource, neighbours)
    for pods in neighbours.pods:
        yield from _host_ports(pods)
        yield from probed(pods)


def _published(service: Service, neighbours: Neighbours) -> Found:
    spec = as_mapping(service.resource.data.get("spec"))
    said = f"{service.said} has type {service.type}"
    if service.type not in {"LoadBalancer", "NodePort"}:
        if not as_list(spec.get("externalIPs")):
            return
        said = f"{service.said} has externalIPs"
    place = Place(service.resource, (*service.resource.path, "spec", "type"))
    for pods, port, protocol in neighbours.behind(service, service.ports):
        yield Connection(ANYWHERE, pods, port, protocol, EvidenceKind.PUBLIC, said, place, service)


def _name_server(service: Service, neighbours: Neighbours) -> Found:
    """Yield that everybody asks a DNS server: pods have its address from the kubelet and never name it."""
    ports = [each for each in service.ports if each.number == 53]
    if not any(each.protocol == "UDP" for each in ports):
        return
    place, said = Place(service.resource, (*service.resource.path, "spec", "ports")), f"{service.said} serves DNS"
    for pods, port, protocol in neighbours.behind(service, ports):
        yield Connection(ANYWHERE, pods, port, protocol, EvidenceKind.PUBLIC, said, place, service)


def _host_ports(pods: Pods) -> Found:
    if pods.member is None or pods.host_network:
        return
    place = Place(pods.member.resource, pods.member.workload.pod)
    for port in pods.ports:
        if port.on_host:
            yield Connection(
                ANYWHERE, pods, port.number, port.protocol, EvidenceKind.PUBLIC, "it has a hostPort", place
            )


def _routed(resource: Resource, namespace: str, neighbours: Neighbours) -> Found:
    for backend in backends(resource, namespace):
        for service in neighbours.named(backend.namespace, backend.service):
            ports = service.port(backend.port) or service.ports
            for pods, port, protocol in neighbours.behind(service, ports):
                said = f"{resource.kind} {resource.name} leads to {service.said}"
                yield Connection(
                    ANYWHERE, pods, port, protocol, EvidenceKind.INGRESS, said, Place(resource, backend.path), service
                )


def _called(resource: Resource, neighbours: Neighbours) -> Found:
    """Yield what the API server calls: admission and conversion webhooks, aggregated APIs.

    Source: admissionregistration.k8s.io/v1 ServiceReference and apiregistration.k8s.io/v1 (port 443 when absent).
    """
    for path, reference in _references(resource):
        number = dig(reference, "port")
        wanted = number if is_port(number) else 443
        for service in neighbours.named(as_word(dig(reference, "namespace")), as_word(dig(reference, "name"))):
            for pods, port, protocol in neighbours.behind(service, service.port(wanted) or service.ports):
                said = f"{resource.kind} {resource.name} names {service.said}"
                place = Place(resource, (*resource.path, *path))
                yield Connection(API_SERVER, pods, port, protocol, EvidenceKind.CALLED, said, place, service)


def _references(resource: Resource) -> Iterator[tuple[Path, object]]:
    match resource.kind:
        case "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration":
            for at, webhook in enumerate(as_list(resource.data.get("webhooks"))):
                yield ("webhooks", at, "clientConfig", "service"), dig(webhook, "clientConfig", "service")
        case "CustomResourceDefinition":
            path = ("spec", "conversion", "webhook", "clientConfig", "service")
            yield path, dig(resource.data, *path)
        case "APIService":
            yield ("spec", "service"), dig(resource.data, "spec", "service")


def probed(pods: Pods) -> Found:
    """Yield the ports that the kubelet probes."""
    if pods.member is None:
        return
    for container in pods.member.workload.containers:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            for action in ("httpGet", "tcpSocket", "grpc"):
                port = container.get(probe, action, "port")
                numbers = (port,) if is_port(port) else pods.numbers(as_word(port), "TCP")
                place = Place(pods.member.resource, (*container.path, probe))
                for number in numbers:
                    yield Connection(
                        KUBELET, pods, number, "TCP", EvidenceKind.PROBE, f"{probe} of {container.name}", place
                    )
