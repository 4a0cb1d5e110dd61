"""Indexes the pods and Services of a bundle, so that they find each other without asking each about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from harden.network.pods import Pods
from harden.network.services import OWN_LABELS, Listening, Service, ServicePort, target_ports, targets_of


class Index:
    """Pods by namespace and label."""

    def __init__(self, pods: Iterable[Pods]) -> None:
        self._inside: dict[str, list[Pods]] = {}
        self._labelled: dict[tuple[str, str, str], list[Pods]] = {}
        for pod in pods:
            self._inside.setdefault(pod.namespace, []).append(pod)
            for key, value in pod.labels.items():
                self._labelled.setdefault((pod.namespace, key, value), []).append(pod)

    def near(self, namespace: str, labels: Mapping[str, object]) -> list[Pods]:
        """Return pods of the namespace, all that carry these labels among them; the caller looks at each."""
        lists = [
            self._labelled.get((namespace, key, value), [])
            for key, value in labels.items()
            if isinstance(value, str) and key not in OWN_LABELS
        ]
        return min(lists, key=len, default=self._inside.get(namespace, []))


class Neighbours:
    """The pods and Services of a bundle, and which of them belong together."""

    def __init__(self, pods: Iterable[Pods], services: Iterable[Service]) -> None:
        self.pods = tuple(pods)
        self.services = tuple(services)
        self.index = Index(self.pods)
        self._selected: dict[Service, tuple[Pods, ...]] = {}
        self._selecting: dict[Pods, list[Service]] = {}
        self._named: dict[tuple[str, str], list[Service]] = {}
        for service in self.services:
            near = self.index.near(service.namespace, service.selector)
            self._selected[service] = tuple(filter(service.selects, near))
            for each in self._selected[service]:
                self._selecting.setdefault(each, []).append(service)
            self._named.setdefault((service.namespace, service.name), []).append(service)

    def selected(self, service: Service) -> tuple[Pods, ...]:
        """Return the pods that a Service sends to."""
        return self._selected[service]

    def selecting(self, pods: Pods) -> tuple[Service, ...]:
        """Return the Services that send to these pods."""
        return tuple(self._selecting.get(pods, ()))

    def named(self, namespace: str, name: str) -> list[Service]:
        """Return the Services with this name in this namespace; files may hold one more than once."""
        return self._named.get((namespace, name), [])

    def behind(self, service: Service, ports: Iterable[ServicePort]) -> Iterator[tuple[Pods, int, str]]:
        """Yield (pods, port, protocol) that stand behind these ports of a Service."""
        for pods in self.selected(service):
            for port in ports:
                for number, protocol in target_ports(port, pods):
                    yield pods, number, protocol

    @cached_property
    def listening(self) -> Mapping[Pods, tuple[Listening, ...]]:
        """The ports that each of the pods is known to serve, sorted: declared, or named by a Service."""
        found: dict[Pods, tuple[Listening, ...]] = {}
        for pods in self.pods:
            known = {(port.number, port.protocol) for port in pods.ports}
            for service in self.selecting(pods):
                known |= targets_of(service, pods)
            found[pods] = tuple(sorted(known))
        return found
