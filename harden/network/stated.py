"""Turns connections that somebody states, or that a log observed, into evidence as certain as a name in a variable.

Stated are `network-policy.connects` of a profile (`web: [store:5432]`) and the annotation of a workload's pods
(`kube-harden.io/connects: store:5432, other.far:80`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from harden.model.plain import as_mapping, as_word, is_number
from harden.model.record import Record
from harden.network.connection import ANYWHERE, Connection, EvidenceKind, GroupKind, PeerGroup, Source
from harden.network.exposure import probed
from harden.network.flows.model import Endpoint, Flow, Flows, Verdict
from harden.network.neighbours import Neighbours
from harden.network.pods import Pods
from harden.network.services import Listening
from harden.network.texts import Place

ANNOTATION = "kube-harden.io/connects"
#: What a controller adds to the name of a workload in that of its pods: a hash, a random word, an ordinal.
_ADDED = re.compile(r"(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}|-\d+|-[a-z0-9]{6,10}")


class Stated(Record):
    """What is known beside the manifests: `connects` by client, and the `flows` of a log, None where there is none."""

    connects: Mapping[str, tuple[str, ...]] = {}
    flows: Flows | None = None

    def connections(self, neighbours: Neighbours) -> Iterator[Connection]:
        """Yield the connections that are stated or were observed and let through."""
        workloads = _Workloads(neighbours)
        for client, targets in self.connects.items():
            for pods in workloads.called(*_split(client)):
                for target in targets:
                    yield from workloads.towards(pods, target, "network-policy.connects", EvidenceKind.STATED)
        for pods in neighbours.pods:
            annotations = {} if pods.member is None else as_mapping(pods.member.workload.metadata.get("annotations"))
            for target in filter(None, re.split(r"[,\s]+", as_word(annotations.get(ANNOTATION)))):
                yield from workloads.towards(pods, target, f"annotation {ANNOTATION}", EvidenceKind.STATED)
        if self.flows is not None:
            yield from workloads.observed(self.flows)

    def unknown(self, neighbours: Neighbours) -> Iterator[str]:
        """Yield the clients and targets of `connects` that are no workload and no Service of the bundle."""
        workloads = _Workloads(neighbours)
        for client, targets in self.connects.items():
            if not workloads.called(*_split(client)):
                yield client
            for pods in workloads.called(*_split(client)):
                yield from (
                    target for target in targets if not any(workloads.towards(pods, target, "", EvidenceKind.STATED))
                )

    def denied(self, neighbours: Neighbours) -> frozenset[tuple[Pods, Pods]]:
        """Return the pairs whose connections a log shows denied, and never let through."""
        if self.flows is None:
            return frozenset()
        workloads = _Workloads(neighbours)
        pairs: dict[Verdict, set[tuple[Pods, Pods]]] = {Verdict.DENIED: set(), Verdict.ALLOWED: set()}
        for flow in self.flows.flows:
            sources, targets = workloads.of(flow.source), [target for target, _ in workloads.targets(flow)]
            pairs[flow.verdict].update((source, target) for source in sources for target in targets)
        return frozenset(pairs[Verdict.DENIED] - pairs[Verdict.ALLOWED])


class _Workloads:
    """The workloads of a bundle by what logs and people call them."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._named: dict[tuple[str, str], list[Pods]] = {}
        for pods in neighbours.pods:
            self._named.setdefault((pods.namespace, pods.name), []).append(pods)
            self._named.setdefault(("", pods.name), []).append(pods)

    def called(self, namespace: str, name: str) -> list[Pods]:
        return self._named.get((namespace, name), [])

    def of(self, end: Endpoint) -> list[Pods]:
        """Return the workloads that an end of a connection is: by its name, or by that of one of its pods."""
        if not end.namespace or not end.name:
            return []
        found = self.called(end.namespace, end.name)
        name = end.name
        while not found and "-" in name:
            name = name.rpartition("-")[0]
            if _ADDED.fullmatch(end.name[len(name) :]):
                found = self.called(end.namespace, name)
        return found

    def towards(self, source: Pods, target: str, said: str, why: EvidenceKind) -> Iterator[Connection]:
        """Yield the connection of a client to `NAME`, `NAME:PORT`, `NAMESPACE/NAME:PORT` of a Service or workload."""
        if source.member is None:
            return
        host, _, port = target.partition(":")
        namespace, name = _split(host)
        namespace = namespace or source.namespace
        place = Place(source.member.resource, source.member.workload.path)
        number = int(port) if is_number(port) else port or None
        for service in self._neighbours.named(namespace, name):
            for pods, target_port, protocol in self._neighbours.behind(service, service.port(number)):
                yield Connection(
                    source, pods, target_port, protocol, why, f"{said} names {service.said}", place, service
                )
        if not self._neighbours.named(namespace, name):
            for pods in self.called(namespace, name):
                ports = [(number, "TCP")] if isinstance(number, int) else self._neighbours.listening[pods]
                for target_port, protocol in ports:
                    yield Connection(source, pods, target_port, protocol, why, f"{said} names {pods.said}", place)

    def observed(self, flows: Flows) -> Iterator[Connection]:
        window = f", {flows.window}" if flows.window else ""
        said = f"observed in {flows.name}{window}"
        for flow in flows.flows:
            if flow.verdict is Verdict.DENIED:
                continue
            for target, (port, protocol) in self.targets(flow):
                if target.member is not None:
                    place = Place(target.member.resource, target.member.workload.path)
                    # The kubelet's probes come from the node, and no policy stops them.
                    if not flow.source.namespace and (port, protocol) in self._probed(target):
                        continue
                    for source in self._sources(flow.source):
                        yield Connection(source, target, port, protocol, EvidenceKind.OBSERVED, said, place)

    def targets(self, flow: Flow) -> Iterator[tuple[Pods, Listening]]:
        """Yield the workloads that a connection went to, with the port of their pods."""
        if flow.service:
            for service in self._neighbours.named(flow.destination.namespace, flow.service):
                for pods, port, protocol in self._neighbours.behind(service, service.port(flow.port)):
                    yield pods, (port, protocol)
            return
        for pods in self.of(flow.destination):
            yield pods, (flow.port, flow.protocol)

    def _probed(self, pods: Pods) -> frozenset[Listening]:
        return frozenset((shown.port, shown.protocol) for shown in probed(pods) if shown.port is not None)

    def _sources(self, end: Endpoint) -> Iterable[Source]:
        """Return who connected: workloads of the bundle, others of a namespace, or somebody outside."""
        if not end.namespace:
            return (ANYWHERE,)
        return self.of(end) or (PeerGroup(GroupKind.NAMESPACE, end.namespace),)


def _split(word: str) -> tuple[str, str]:
    """Return the namespace ("" for none) and name of `name`, `namespace/name` and `name.namespace`."""
    namespace, slash, name = word.rpartition("/")
    if slash:
        return namespace, name
    name, _, namespace = word.partition(".")
    return namespace.partition(".")[0], name
