"""Owns the peers that a workload names and that no pods of the bundle stand behind: hosts outside, unseen neighbours.

Their names are never said: they are values of env and files. Only the port and the kind of peer leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from harden.kube.bundle import Bundle
from harden.model.record import Record
from harden.network.evidence import Evidence
from harden.network.hosts import Form, Hosts
from harden.network.pods import Pods
from harden.network.services import Service
from harden.network.standing import usual_port
from harden.network.texts import Place, Text, Texts

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_URL = re.compile(rf"\b([a-z][a-z0-9+.-]*)://(?:[^/\s@\"']*@)?({_HOST})(?::(\d{{1,5}}))?(?![\w$({{])")
_PAIR = re.compile(rf"({_HOST}):(\d{{1,5}})")
_HERE = re.compile(r"localhost|127\.[\d.]+|0\.0\.0\.0|kubernetes(\.default.*)?", re.IGNORECASE)


class Where(Enum):
    """Where an unseen peer is; the values are what people read."""

    NAMESPACE = "a neighbour in its namespace"
    CLUSTER = "a neighbour in the cluster"
    OUTSIDE = "a host outside"


class Stranger(Record):
    """A peer that no pods of the bundle are; `port` is None where the text names none."""

    where: Where
    port: int | None
    said: str
    place: Place


class Strangers:
    """The search for such peers in all texts of a bundle."""

    def __init__(self, bundle: Bundle, evidence: Evidence, fallback: str = "default") -> None:
        self._texts = Texts(bundle, fallback)
        self._hosts = Hosts(evidence.services, {one.namespace for one in evidence.services})
        self._seen = {service for service in evidence.services if evidence.neighbours.selected(service)}

    def of(self, pods: Pods) -> tuple[Stranger, ...]:
        """Return the strangers that these pods name, each kind and port once."""
        found: dict[tuple[Where, int | None], Stranger] = {}
        for text in self._texts.of(pods):
            if text.form is Form.STRICT:
                continue
            for host, port in _named(text):
                for where, number in self._where(host, port, pods.namespace):
                    found.setdefault((where, number), Stranger(where, number, text.said, text.place))
        return tuple(found.values())

    def _where(self, host: str, port: int | None, namespace: str) -> Iterator[tuple[Where, int | None]]:
        services = self._hosts.resolve(host, namespace)
        for service in services:
            yield from self._behind(service, port, namespace)
        if services or _HERE.fullmatch(host):
            return
        steps = host.split(".")
        if len(steps) == 1:
            yield Where.NAMESPACE, port
        elif "svc" in steps[2:4]:
            yield Where.CLUSTER, port
        else:
            yield Where.OUTSIDE, port

    def _behind(self, service: Service, port: int | None, namespace: str) -> Iterator[tuple[Where, int | None]]:
        """Yield what a Service without pods in the bundle leads to: an alias, or addresses that somebody keeps."""
        if service in self._seen:
            return
        if service.external_name and service.external_name != service.name:
            alias = self._hosts.resolve(service.external_name, namespace)
            if not alias:
                yield Where.OUTSIDE, port
            return
        targets = [one.target for one in service.port(port) or service.ports]
        where = Where.NAMESPACE if service.selector else Where.OUTSIDE
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
