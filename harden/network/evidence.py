"""Gathers the evidence: every connection that the objects of a bundle show, and where each was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.kube.bundle import Bundle
from harden.model.kube import Resource
from harden.model.record import Record
from harden.model.text import Path
from harden.network.clusters import together
from harden.network.connecting import connecting
from harden.network.connection import Connection, EvidenceKind, GroupKind, PeerGroup, Source
from harden.network.exposure import exposed
from harden.network.groups import is_passive
from harden.network.hosts import Form, Hosts, Mention
from harden.network.neighbours import Neighbours
from harden.network.overlays import Overlays
from harden.network.pods import PROTOCOLS, Pods, pods_of
from harden.network.scraping import scraped
from harden.network.services import Listening, Service, services_of
from harden.network.stated import Stated
from harden.network.texts import Place, Text, Texts


class Evidence(Record):
    """What a bundle shows: its pods, its Services, the connections, and the ports that each of the pods serves."""

    pods: tuple[Pods, ...]
    services: tuple[Service, ...]
    shown: tuple[Connection, ...]
    listening: Mapping[Pods, tuple[Listening, ...]]
    neighbours: Neighbours
    by_target: dict[Pods, tuple[Connection, ...]]
    by_source: dict[Pods, tuple[Connection, ...]]
    #: Pairs of namespaces whose objects an overlay brings together in one of them.
    joined: frozenset[tuple[str, str]] = frozenset()

    def towards(self, *pods: Pods) -> tuple[Connection, ...]:
        """Return the connections to these pods, in order."""
        return tuple(item for each in pods for item in self.by_target.get(each, ()))

    def away(self, *pods: Pods) -> tuple[Connection, ...]:
        """Return the connections of these pods to others, in order."""
        return tuple(item for each in pods for item in self.by_source.get(each, ()))


def gather(bundle: Bundle, fallback: str = "default", stated: Stated | None = None) -> Evidence:
    """Return the evidence in a bundle; `fallback` is the namespace of objects that name none.

    `stated` is what is known beside the manifests. Each connection is said once for each place that shows it.
    """
    pods, services = pods_of(bundle, fallback), services_of(bundle, fallback)
    neighbours = Neighbours(pods, services)
    known = {pod.namespace for pod in pods} | {service.namespace for service in services}
    hosts = Hosts(services, known)
    search = _Search(bundle, neighbours, hosts, fallback)
    found = (
        *search.named(),
        *_peers(neighbours),
        *together(pods),
        *exposed(bundle, neighbours, fallback),
        *scraped(bundle, neighbours, fallback),
        *connecting(bundle, neighbours, hosts),
        *(stated or Stated()).connections(neighbours),
    )
    overlays = Overlays(pods)
    for view in bundle.built:
        seen = gather(view, fallback)
        found = (*found, *overlays.connections(seen))
    shown = tuple(dict.fromkeys(found))
    by_target: dict[Pods, list[Connection]] = {}
    by_source: dict[Pods, list[Connection]] = {}
    for each in shown:
        by_target.setdefault(each.target, []).append(each)
        if isinstance(each.source, Pods):
            by_source.setdefault(each.source, []).append(each)
    return Evidence(
        pods,
        services,
        shown,
        neighbours.listening,
        neighbours,
        {key: tuple(value) for key, value in by_target.items()},
        {key: tuple(value) for key, value in by_source.items()},
        overlays.joined,
    )


class _Search:
    """The search for names of Services through all texts of a bundle."""

    def __init__(self, bundle: Bundle, neighbours: Neighbours, hosts: Hosts, fallback: str) -> None:
        self._bundle = bundle
        self._neighbours = neighbours
        self._hosts = hosts
        self._fallback = fallback
        # A ConfigMap that many workloads mount is searched once.
        self._seen: dict[tuple[Place, str, str, Form, str], tuple[Mention, ...]] = {}

    def named(self) -> Iterator[Connection]:
        texts = Texts(self._bundle, self._fallback)
        for pods in self._neighbours.pods:
            known: set[tuple[Pods, int | None, str, EvidenceKind]] = set()
            for text in texts.of(pods):
                for shown in self._in(text, pods, pods.namespace):
                    # The whole command line repeats what a single argument said better.
                    same = (shown.target, shown.port, shown.protocol, shown.why)
                    if text.form is not Form.SCRIPT or same not in known:
                        yield shown
                    known.add(same)
        for namespace, text in texts.unused():
            yield from self._in(text, PeerGroup(GroupKind.NAMESPACE, namespace), namespace)
        for resource in self._bundle.resources:
            if not is_passive(resource):
                namespace = resource.namespace or self._fallback
                for text in _strings(resource):
                    yield from self._in(text, PeerGroup(GroupKind.NAMESPACE, namespace), namespace)

    def _in(self, text: Text, source: Source, namespace: str) -> Iterator[Connection]:
        for mention in self._mentions(text, namespace):
            said = f"{text.said} {'names' if mention.certain else 'mentions'} {mention.service.said}"
            why = EvidenceKind.NAMED if mention.certain else EvidenceKind.HINTED
            if isinstance(source, PeerGroup) and not mention.certain:
                continue
            for pods, port, protocol in self._meant(mention, namespace):
                if source is pods and not (mention.certain or mention.one_pod):
                    # A workload's own name, in its own variables: that is what it is called.
                    continue
                yield Connection(source, pods, port, protocol, why, said, text.place, mention.service)

    def _mentions(self, text: Text, namespace: str) -> tuple[Mention, ...]:
        key = (text.place, namespace, text.key, text.form, text.value)
        if key not in self._seen:
            self._seen[key] = tuple(self._hosts.mentions(text.value, namespace, text.form, text.key))
        return self._seen[key]

    def _meant(self, mention: Mention, namespace: str) -> Iterator[tuple[Pods, int, str]]:
        service = mention.service
        if service.external_name:
            # An alias leads to what its own name means.
            for other in self._hosts.resolve(service.external_name, namespace):
                if not other.external_name:
                    yield from self._meant(Mention(other, mention.port, mention.certain), namespace)
            return
        ports = service.port(mention.port) or service.ports
        yield from self._neighbours.behind(service, ports)
        if service.headless and mention.port is not None:
            # The name is that of the pods, so the port is theirs.
            yield from ((pods, mention.port, "TCP") for pods in self._neighbours.selected(service))


def _peers(neighbours: Neighbours) -> Iterator[Connection]:
    """Yield that pods find each other through a headless Service, which has the address of each of them.

    Which ports they use among themselves is rarely declared, so all are meant.
    """
    for service in neighbours.services:
        if not service.headless:
            continue
        selected = neighbours.selected(service)
        place = Place(service.resource, (*service.resource.path, "spec", "clusterIP"))
        said = f"they find each other through headless {service.said}"
        for source in selected:
            for target in selected:
                for protocol in PROTOCOLS:
                    yield Connection(source, target, None, protocol, EvidenceKind.PEER, said, place, service)


def _strings(resource: Resource) -> Iterator[Text]:
    """Yield the strings of an object whose fields nobody here knows."""
    todo: list[tuple[Path, object]] = [((*resource.path, "spec"), resource.data.get("spec"))]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            yield Text(value, "", Form.STRICT, f"{resource.kind} {resource.name}", Place(resource, path))
        elif isinstance(value, dict):
            todo.extend(((*path, str(key)), item) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            todo.extend(((*path, at), item) for at, item in reversed(list(enumerate(value))))
