"""Finds the peers that a workload names and that no pods of the bundle are: hosts outside, unseen neighbours, its node.

Their names are never said: they are values of env and files. Only the port and the kind of peer leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from harden.kube.bundle import Bundle
from harden.model.kube import dig
from harden.model.plain import as_list, as_word, is_number
from harden.model.record import Record
from harden.network.evidence import Evidence
from harden.network.host_and_port import HOST, in_text, in_variables
from harden.network.hosts import Form, Hosts
from harden.network.mentions import usual_port
from harden.network.pods import Pods
from harden.network.services import Service
from harden.network.texts import Place, Text, Texts

_URL = re.compile(rf"\b([a-z][a-z0-9+.-]*)://(?:[^/\s@\"']*@)?({HOST})(?::(\d{{1,5}}))?(?![\w$({{])")
_PAIR = re.compile(rf"({HOST}):(\d{{1,5}})")
_HERE = re.compile(r"localhost|127\.[\d.]+|0\.0\.0\.0|kubernetes(\.default.*)?", re.IGNORECASE)


class Where(Enum):
    """Where a peer is that no pods of the bundle are; the values are what people read."""

    NAMESPACE = "a neighbour in its namespace"
    CLUSTER = "a neighbour in the cluster"
    NODE = "its node"
    OUTSIDE = "a host outside"


class ExternalPeer(Record):
    """A peer that no pods of the bundle are; `port` is None where the text names none.

    `namespace` is the one that a full name of a Service has, "" where no text names it. It is the one part of a value
    that a policy cannot do without; where the value is of a Secret it is left out.
    """

    where: Where
    port: int | None
    said: str
    place: Place
    namespace: str = ""


class ExternalPeers:
    """The search for such peers in all texts of a bundle."""

    def __init__(self, bundle: Bundle, evidence: Evidence, fallback: str = "default") -> None:
        """Prepare the search; `fallback` is the namespace of objects that name none."""
        self._texts = Texts(bundle, fallback)
        self._hosts = Hosts(evidence.services, {service.namespace for service in evidence.services})
        self._seen = {service for service in evidence.services if evidence.neighbours.selected(service)}
        self._routed = {
            (each.effective_namespace, each.name)
            for each in bundle.of_kind("Service", "Route")
            if each.api_version.startswith("serving.knative.dev/")
        }

    def of(self, pods: Pods) -> tuple[ExternalPeer, ...]:
        """Return the peers outside the bundle that these pods name, each kind and port once."""
        found: dict[tuple[Where, int | None, str], ExternalPeer] = {}
        texts = [text for text in self._texts.of(pods) if text.form is not Form.STRICT]
        named = ((text, host, port) for text in texts for host, port in (*_named(text), *in_text(text)))
        variables = ((text, host, port) for text, (host, port) in in_variables(texts))
        for text, host, port in (*named, *variables):
            for where, number, home in self._where(host, port, pods.namespace):
                namespace = "" if text.place.resource.kind == "Secret" else home
                key = (where, number, namespace)
                found.setdefault(key, ExternalPeer(where, number, text.said, text.place, namespace))
        for peer in _on_node(pods, texts):
            found.setdefault((peer.where, peer.port, ""), peer)
        return tuple(found.values())

    def _where(self, host: str, port: int | None, namespace: str) -> Iterator[tuple[Where, int | None, str]]:
        services = self._hosts.resolve(host, namespace)
        for service in services:
            yield from ((where, number, service.namespace) for where, number in self._behind(service, port, namespace))
        if services or _HERE.fullmatch(host):
            return
        steps = host.split(".")
        home = steps[1] if steps[1:] else namespace
        if (home, steps[0]) in self._routed and steps[2:3] in ([], ["svc"]):
            # The name of a Service of Knative leads to its gateway, wherever that runs (knative.dev, Serving, Routes).
            yield Where.CLUSTER, port, ""
        elif len(steps) == 1 and not host.isdecimal():
            yield Where.NAMESPACE, port, namespace
        elif "svc" in steps[2:4]:
            yield Where.CLUSTER, port, steps[steps.index("svc", 2) - 1]
        elif len(steps) > 1:
            yield Where.OUTSIDE, port, ""

    def _behind(self, service: Service, port: int | None, namespace: str) -> Iterator[tuple[Where, int | None]]:
        """Yield what a Service without pods in the bundle leads to: an alias, or addresses that somebody keeps."""
        if service in self._seen:
            return
        if service.external_name and service.external_name != service.name:
            alias = self._hosts.resolve(service.external_name, namespace)
            if not alias:
                yield Where.OUTSIDE, port
            return
        targets = [each.target for each in service.port(port) or service.ports]
        inside = Where.NAMESPACE if service.namespace == namespace else Where.CLUSTER
        where = inside if service.selector else Where.OUTSIDE
        yield from ((where, target if isinstance(target, int) else None) for target in targets)


def _named(text: Text) -> Iterator[tuple[str, int | None]]:
    for line in text.value.splitlines():
        if line.lstrip().startswith(("#", "//", ";")):
            continue
        for scheme, host, port in _URL.findall(line):
            yield host.lower(), int(port) if port else usual_port(scheme)
    if text.form is Form.VALUE:
        for element in re.split(r"[,;\s]+", text.value.strip()):
            pair = _PAIR.fullmatch(element)
            if pair is not None:
                yield pair[1].lower(), int(pair[2])


def _on_node(pods: Pods, texts: list[Text]) -> Iterator[ExternalPeer]:
    """Yield the ports of its node that a pod is told of by status.hostIP (core/v1, ObjectFieldSelector)."""
    if pods.member is None:
        return
    for container in pods.member.workload.containers:
        for at, entry in enumerate(as_list(container.data.get("env"))):
            if dig(entry, "valueFrom", "fieldRef", "fieldPath") != "status.hostIP":
                continue
            name = as_word(dig(entry, "name"))
            place = Place(pods.member.resource, (*container.path, "env", at))
            behind = re.compile(rf"\$[({{]?{re.escape(name)}[)}}]?:(\d{{1,5}})")
            ports = [int(port) for text in texts for port in behind.findall(text.value)]
            stem = re.sub(r"(HOST(_?IP)?|_IP|ADDR(ESS)?)$", "", name)
            ports += [int(text.value) for text in texts if text.key == f"{stem}PORT" and is_number(text.value)]
            for port in ports or (None,):
                yield ExternalPeer(Where.NODE, port, f"env {name}", place)
