"""Follows ports that move: through the container, its pod, and what in the bundle names them by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.controls._neighbours import beside, everywhere
from harden.controls._registry import Context
from harden.model.finding import AppendItem, Change, Remote, SetField
from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import is_number
from harden.model.record import Record
from harden.model.text import Path, Plain

# From the network layer, whose sentence on selectors must not be told twice.
from harden.network.selectors import has_all, labels_of, matches

Moves = Mapping[int, int]
_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
_PROMETHEUS = "prometheus.io/port"


class Followed(Record):
    """What follows a move in the pod and elsewhere; `obstacle` says why it cannot be followed, None where it can."""

    changes: tuple[Change, ...] = ()
    others: tuple[Remote, ...] = ()
    obstacle: str | None = None


def follow(workload: Workload, container: Container, moves: Moves, context: Context) -> Followed:
    """Return what has to follow when a container's ports move; names of ports follow by themselves."""
    taken = {port for each in workload.containers for _, port in _ports(each)} & set(moves.values())
    if taken:
        return Followed(obstacle=f"port {min(taken)} is taken by a container of the pod")
    changes = (*_in_container(container, moves), *_annotated(workload, moves))
    others: list[Remote] = []
    for service in beside(context.bundle, workload, "Service"):
        if not _selects(service, workload):
            continue
        obstacle = _obstacle(service, workload, moves, context)
        if obstacle is not None:
            return Followed(obstacle=obstacle)
        others += _in_service(service, moves)
    for policy in everywhere(context.bundle, "NetworkPolicy"):
        others += _in_policy(policy, workload, moves)
    return Followed(changes, tuple(others))


def _in_container(container: Container, moves: Moves) -> Iterator[Change]:
    for index, port in _ports(container):
        if port in moves:
            yield SetField((*container.path, "ports", index, "containerPort"), moves[port])
    for handler in _HANDLERS:
        for action in ("httpGet", "tcpSocket", "grpc"):
            keys = (*handler, action, "port")
            number = _number(container.get(*keys))
            if number is not None and number in moves:
                yield SetField((*container.path, *keys), moves[number])


def _annotated(workload: Workload, moves: Moves) -> Iterator[Change]:
    value = dig(workload.metadata, "annotations", _PROMETHEUS)
    if isinstance(value, str) and is_number(value) and int(value) in moves:
        path = (*workload.template, "metadata", "annotations", _PROMETHEUS)
        yield SetField(path, f"{moves[int(value)]}")


def _obstacle(service: Resource, workload: Workload, moves: Moves, context: Context) -> str | None:
    named = [port for _, port in _service_ports(service) if _target(port) in moves]
    if not named:
        return None
    if dig(service.data, "spec", "clusterIP") == "None":
        return f"Service {service.name} is headless: its clients call the container's own port"
    for member in context.bundle.members:
        other = member.workload
        if _place(other) != _place(workload) and _selects(service, other):
            return f"Service {service.name} selects {other.kind} {other.name} too, which keeps the port"
    return None


def _in_service(service: Resource, moves: Moves) -> Iterator[Remote]:
    for index, port in _service_ports(service):
        target = _target(port)
        if target is not None and target in moves:
            path: Path = (*service.path, "spec", "ports", index, "targetPort")
            yield Remote(service.source, service.document, SetField(path, moves[target]))


def _in_policy(policy: Resource, workload: Workload, moves: Moves) -> Iterator[Remote]:
    """Yield what lets through the new ports beside the old ones, which other pods may still need."""
    spec = dig(policy.data, "spec")
    labels = labels_of(workload.metadata.get("labels"))
    same = policy.effective_namespace == workload.effective_namespace
    if same and matches(_mapping(dig(spec, "podSelector")), labels):
        yield from _in_rules(policy, "ingress", moves)
    egress = dig(spec, "egress")
    for index, rule in enumerate(egress if isinstance(egress, list) else ()):
        peers = dig(rule, "to")
        if isinstance(peers, list) and any(_reaches(peer, labels, same=same) for peer in peers):
            yield from _in_rule(policy, ("egress", index), rule, moves)


def _in_rules(policy: Resource, direction: str, moves: Moves) -> Iterator[Remote]:
    rules = dig(policy.data, "spec", direction)
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        yield from _in_rule(policy, (direction, index), rule, moves)


def _in_rule(policy: Resource, place: Path, rule: object, moves: Moves) -> Iterator[Remote]:
    ports = dig(rule, "ports")
    items = [port for port in ports if isinstance(port, dict)] if isinstance(ports, list) else []
    present = {_number(port.get("port")) for port in items}
    for port in items:
        old = _number(port.get("port"))
        if old is None or old not in moves or moves[old] in present or port.get("endPort") is not None:
            continue
        added: dict[str, Plain] = {**port, "port": moves[old]}
        path = (*policy.path, "spec", *place, "ports")
        yield Remote(policy.source, policy.document, AppendItem(path, added))


def _reaches(peer: object, labels: Mapping[str, str], *, same: bool) -> bool:
    """Return whether an egress peer may mean the pods; one that names other namespaces may, as their labels vary."""
    pods, namespaces = dig(peer, "podSelector"), dig(peer, "namespaceSelector")
    if namespaces is None and not (same and pods is not None):
        return False
    return pods is None or matches(_mapping(pods), labels)


def _selects(service: Resource, workload: Workload) -> bool:
    selector = _mapping(dig(service.data, "spec", "selector"))
    same = service.effective_namespace == workload.effective_namespace
    return same and bool(selector) and has_all(selector, labels_of(workload.metadata.get("labels")))


def _target(port: Mapping[str, object]) -> int | None:
    """Return the number that a Service's port leads to: without `targetPort` its own."""
    target = port.get("targetPort")
    return _number(port.get("port")) if target is None else _number(target)


def _service_ports(service: Resource) -> list[tuple[int, Mapping[str, object]]]:
    found = dig(service.data, "spec", "ports")
    items = found if isinstance(found, list) else []
    return [(index, port) for index, port in enumerate(items) if isinstance(port, dict)]


def _ports(container: Container) -> list[tuple[int, int]]:
    found = container.get("ports")
    items = found if isinstance(found, list) else []
    named = ((index, _number(dig(port, "containerPort"))) for index, port in enumerate(items))
    return [(index, port) for index, port in named if port is not None]


def _place(workload: Workload) -> tuple[str, int, Path]:
    return workload.source, workload.document, workload.path


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
