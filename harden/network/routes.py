"""Reads routes from outside: the Services that an Ingress, a Gateway API route or a controller's own route leads to."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_word, is_number
from harden.model.record import Record
from harden.model.text import Path
from harden.network.pods import is_port


class Backend(Record):
    """A Service that a route leads to; `port` is its number or name, None where the route names none it could have."""

    namespace: str
    service: str
    port: int | str | None
    path: Path


def backends(resource: Resource, namespace: str) -> Iterator[Backend]:
    """Yield where an object leads traffic from outside the cluster; nothing for objects that are no route.

    `namespace` is the one that the object is in.
    """
    group = resource.api_version.partition("/")[0]
    spec = dig(resource.data, "spec")
    path = (*resource.path, "spec")
    match (group, resource.kind):
        case ("networking.k8s.io" | "extensions", "Ingress"):
            yield from _ingress(spec, namespace, path)
        case ("gateway.networking.k8s.io", kind) if kind.endswith("Route"):
            yield from _gateway_route(spec, namespace, path)
        case ("networking.istio.io", "VirtualService"):
            yield from _virtual_service(spec, namespace, path)
        case ("route.openshift.io", "Route"):
            for target in (dig(spec, "to"), *as_list(dig(spec, "alternateBackends"))):
                yield Backend(namespace, as_word(dig(target, "name")), None, (*path, "to"))
        case ("traefik.io" | "traefik.containo.us" | "projectcontour.io", _):
            yield from _services(spec, namespace, path)


def _ingress(spec: object, namespace: str, path: Path) -> Iterator[Backend]:
    """Source: networking.k8s.io/v1 IngressBackend; extensions/v1beta1 has serviceName and servicePort."""

    def read(backend: object, at: Path) -> Iterator[Backend]:
        service = dig(backend, "service")
        name = as_word(dig(service, "name")) or as_word(dig(backend, "serviceName"))
        ports = (dig(service, "port", "number"), dig(service, "port", "name"), dig(backend, "servicePort"))
        if name:
            yield Backend(namespace, name, _port(*ports), at)

    for field in ("defaultBackend", "backend"):
        yield from read(dig(spec, field), (*path, field))
    for i, rule in enumerate(as_list(dig(spec, "rules"))):
        for j, each in enumerate(as_list(dig(rule, "http", "paths"))):
            yield from read(dig(each, "backend"), (*path, "rules", i, "http", "paths", j, "backend"))


def _gateway_route(spec: object, namespace: str, path: Path) -> Iterator[Backend]:
    """Source: gateway.networking.k8s.io API reference; a route whose parents are all Services is one of a mesh."""
    parents = [dig(parent, "kind") for parent in as_list(dig(spec, "parentRefs"))]
    if parents and all(kind == "Service" for kind in parents):
        return
    for i, rule in enumerate(as_list(dig(spec, "rules"))):
        mirrors = [dig(each, "requestMirror", "backendRef") for each in as_list(dig(rule, "filters"))]
        for reference in (*as_list(dig(rule, "backendRefs")), *mirrors):
            if dig(reference, "kind") in (None, "Service") and as_word(dig(reference, "name")):
                where = as_word(dig(reference, "namespace")) or namespace
                name, port = as_word(dig(reference, "name")), _port(dig(reference, "port"))
                yield Backend(where, name, port, (*path, "rules", i, "backendRefs"))


def _virtual_service(spec: object, namespace: str, path: Path) -> Iterator[Backend]:
    """Source: istio.io, VirtualService reference; without gateways it applies to `mesh`, which is no way in."""
    gateways = [each for each in as_list(dig(spec, "gateways")) if each != "mesh"]
    if not gateways:
        return
    for field in ("http", "tls", "tcp"):
        for i, rule in enumerate(as_list(dig(spec, field))):
            for route in as_list(dig(rule, "route")):
                host = as_word(dig(route, "destination", "host")).split(".")
                where = host[1] if len(host) > 1 else namespace
                port = _port(dig(route, "destination", "port", "number"))
                yield Backend(where, host[0], port, (*path, field, i, "route"))


def _services(spec: object, namespace: str, path: Path) -> Iterator[Backend]:
    """Yield `routes[].services[]`, the form that IngressRoute (Traefik) and HTTPProxy (Contour) share."""
    for i, route in enumerate((*as_list(dig(spec, "routes")), dig(spec, "tcpproxy"))):
        for each in as_list(dig(route, "services")):
            where = as_word(dig(each, "namespace")) or namespace
            yield Backend(where, as_word(dig(each, "name")), _port(dig(each, "port")), (*path, "routes", i))


def _port(*candidates: object) -> int | str | None:
    for candidate in candidates:
        if is_port(candidate):
            return candidate
        if isinstance(candidate, str) and candidate:
            return int(candidate) if is_number(candidate) else candidate
    return None
