"""Reads Services: which pods they select, and which port of a pod stands behind a port of a Service.

Source: kubernetes.io, Concepts, Service; core/v1 API reference ServicePort (`targetPort` is the port when absent).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from harden.kube.bundle import Bundle
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_mapping, as_word, is_number
from harden.model.record import Record
from harden.network.pods import Pods, as_protocol, is_port
from harden.network.selectors import has_all, labels_of

#: The StatefulSet controller gives every pod its own value of these (kubernetes.io, Well-Known Labels).
OWN_LABELS = ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index")

#: The protocol of a port with its number.
Listening = tuple[int, str]


class ServicePort(Record):
    """A port of a Service; `target` is a number or the name of a container's port."""

    number: int
    protocol: str
    name: str
    target: int | str


class Service:
    """A Service of the bundle; `selector` is empty where it selects no pods. Compared by identity."""

    __slots__ = (
        "addresses",
        "external_name",
        "headless",
        "name",
        "namespace",
        "ports",
        "resource",
        "selector",
        "stated",
        "type",
    )

    def __init__(self, resource: Resource, fallback: str) -> None:
        """Read a Service; `fallback` is the namespace of one that names none."""
        spec = as_mapping(resource.data.get("spec"))
        external = spec.get("type") == "ExternalName"
        self.resource: Final = resource
        self.namespace: Final = resource.namespace or fallback
        self.name: Final = resource.name
        self.stated: Final = resource.namespace is not None
        self.type: Final = as_word(spec.get("type")) or "ClusterIP"
        self.headless: Final = spec.get("clusterIP") == "None" or as_list(spec.get("clusterIPs")) == ["None"]
        fixed = [spec.get("clusterIP"), *as_list(spec.get("clusterIPs"))]
        self.addresses: Final = tuple(
            address for address in fixed if isinstance(address, str) and address not in {"", "None"}
        )
        self.selector: Final[Mapping[str, str]] = {} if external else labels_of(spec.get("selector"))
        found = (_port(each) for each in as_list(spec.get("ports")))
        self.ports: Final = tuple(port for port in found if port is not None)
        self.external_name: Final = as_word(spec.get("externalName")) if external else ""

    @property
    def said(self) -> str:
        """Return the Service as people say it: `Service cart`."""
        return f"Service {self.name}"

    def selects(self, pods: Pods) -> bool:
        """Return whether the Service sends to these pods (to one of them at least, for a StatefulSet)."""
        if not self.selector or pods.namespace != self.namespace:
            return False
        wanted = self.selector
        if pods.kind == "StatefulSet":
            each = wanted.get(OWN_LABELS[0], f"{pods.name}-")
            if not each.startswith(f"{pods.name}-"):
                return False
            wanted = {key: value for key, value in wanted.items() if key not in OWN_LABELS}
        return has_all(wanted, pods.labels)

    def port(self, wanted: int | str | None) -> tuple[ServicePort, ...]:
        """Return the ports that a number or name of this Service means; all of them for None."""
        if wanted is None:
            return self.ports
        return tuple(port for port in self.ports if wanted in (port.number, port.name))


def services_of(bundle: Bundle, fallback: str = "default") -> tuple[Service, ...]:
    """Return the Services of the bundle in its order; `fallback` is the namespace of those that name none.

    One that says the same as an earlier one of its name is left out.
    """
    found: dict[tuple[str, str], list[Service]] = {}
    for resource in bundle.of_kind("Service"):
        if resource.api_version == "v1":
            service = Service(resource, fallback)
            same = found.setdefault((service.namespace, service.name), [])
            if not any(other.resource.data == resource.data for other in same):
                same.append(service)
    return tuple(service for same in found.values() for service in same)


def _port(data: object) -> ServicePort | None:
    number, target = dig(data, "port"), dig(data, "targetPort")
    protocol = as_protocol(dig(data, "protocol"))
    if not is_port(number) or protocol is None:
        return None
    if isinstance(target, str) and is_number(target):
        target = int(target)
    return ServicePort(
        number=number,
        protocol=protocol,
        name=as_word(dig(data, "name")),
        target=target if (isinstance(target, str) and target != "") or is_port(target) else number,
    )


@lru_cache(maxsize=64)
def targets_of(service: Service, pods: Pods) -> frozenset[Listening]:
    """Return where all ports of a Service lead on these pods; kept, because each port of the pods is looked for."""
    return frozenset(target for port in service.ports for target in target_ports(port, pods))


def target_ports(port: ServicePort, pods: Pods) -> tuple[Listening, ...]:
    """Return where a Service's port leads on these pods; nothing where none of their containers declares the name."""
    if isinstance(port.target, int):
        return ((port.target, port.protocol),)
    return tuple((number, port.protocol) for number in pods.numbers(port.target, port.protocol))
