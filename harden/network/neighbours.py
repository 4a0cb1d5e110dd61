"""Owns the pods and Services of a bundle as neighbours that are found by each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harden.network.pods import Pods
from harden.network.services import Service, ServicePort, target_ports


class Neighbours:
    """The pods and Services of a bundle, found by each other."""

    def __init__(self, pods: Iterable[Pods], services: Iterable[Service]) -> None:
        self.pods = tuple(pods)
        self.services = tuple(services)
        self._selected = {service: tuple(filter(service.selects, self.pods)) for service in self.services}
        self._named: dict[tuple[str, str], list[Service]] = {}
        for service in self.services:
            self._named.setdefault((service.namespace, service.name), []).append(service)

    def selected(self, service: Service) -> tuple[Pods, ...]:
        """Return the pods that a Service sends to."""
        return self._selected[service]

    def named(self, namespace: str, name: str) -> list[Service]:
        """Return the Services with this name in this namespace; files may hold one more than once."""
        return self._named.get((namespace, name), [])

    def behind(self, service: Service, ports: Iterable[ServicePort]) -> Iterator[tuple[Pods, int, str]]:
        """Yield (pods, port, protocol) that stand behind these ports of a Service."""
        for pods in self.selected(service):
            for port in ports:
                for number, protocol in target_ports(port, pods):
                    yield pods, number, protocol
