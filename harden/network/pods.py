"""Reads the parties of a connection: the pods of a workload, and addresses outside the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from harden.kube.bundle import Bundle, Member
from harden.kube.containers import stays
from harden.model.kube import Container, Data, dig
from harden.model.record import Record
from harden.network.selectors import labels_of

#: The label that every namespace carries (kubernetes.io, Well-Known Labels; set by the API server since 1.21).
NAMESPACE_NAME = "kubernetes.io/metadata.name"

PROTOCOLS = ("TCP", "UDP", "SCTP")


class Port(Record):
    """A port that a container declares; `name` is "" where it has none, `on_host` says that it has a hostPort."""

    number: int
    protocol: str = "TCP"
    name: str = ""
    on_host: bool = False


class Pods:
    """All pods of a workload; they are alike, so one stands for all. Compared by identity.

    `stated` says whether the manifest names the namespace. `member` is None for pods that no bundle shows. `addresses`
    are known IP addresses (of the nodes, with hostNetwork); a bundle knows none.
    """

    __slots__ = ("addresses", "host_network", "kind", "labels", "member", "name", "namespace", "ports", "stated")

    def __init__(  # noqa: PLR0913 -- the fields of a record
        self,
        kind: str,
        name: str,
        namespace: str,
        labels: Mapping[str, str],
        ports: tuple[Port, ...] = (),
        *,
        host_network: bool = False,
        stated: bool = True,
        member: Member | None = None,
        addresses: tuple[str, ...] = (),
    ) -> None:
        self.kind: Final = kind
        self.name: Final = name
        self.namespace: Final = namespace
        self.labels: Final = labels
        self.ports: Final = ports
        self.host_network: Final = host_network
        self.stated: Final = stated
        self.member: Final = member
        self.addresses: Final = addresses

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what names the workload in a cluster: namespace, kind, name; files may hold it more than once."""
        return (self.namespace, self.kind, self.name)

    @property
    def said(self) -> str:
        """Return the workload as people say it: `Deployment cart`."""
        return f"{self.kind} {self.name}"

    def numbers(self, name: str, protocol: str) -> tuple[int, ...]:
        """Return the numbers of the declared ports with this name and protocol; none for the name ""."""
        if not name:
            return ()
        return tuple(port.number for port in self.ports if (port.name, port.protocol) == (name, protocol))


class Address(Record):
    """One IP address outside the cluster's pods: a node, or somebody on the internet."""

    ip: str


Party = Pods | Address


def pods_of(bundle: Bundle, fallback: str = "default") -> tuple[Pods, ...]:
    """Return the pods of each workload of the bundle in its order; `fallback` is the namespace of those that name none.

    A PodTemplate runs nothing and is left out, and so is a workload that equals an earlier one of the same name.
    """
    found: dict[tuple[str, str, str], list[Pods]] = {}
    for member in bundle.members:
        if member.resource.kind != "PodTemplate":
            pods = _pods(member, fallback)
            same = found.setdefault(pods.key, [])
            if not any(_template(pods) == _template(other) for other in same):
                same.append(pods)
    return tuple(each for same in found.values() for each in same)


def _template(pods: Pods) -> tuple[Data, Data] | None:
    return None if pods.member is None else (pods.member.workload.metadata, pods.member.workload.spec)


#: The label that the pods of a kind carry beside those of their template (kubernetes.io, Well-Known Labels; bare pods,
#: ReplicaSets and ReplicationControllers have none).
AUTOMATIC = {
    "Deployment": "pod-template-hash",
    "StatefulSet": "statefulset.kubernetes.io/pod-name",
    "DaemonSet": "controller-revision-hash",
    "Job": "job-name",
    "CronJob": "job-name",
}
#: Stands for a value that a controller chooses; no label can have it.
CHOSEN = "(chosen by the controller)"


def _pods(member: Member, fallback: str) -> Pods:
    workload, resource = member.workload, member.resource
    labels = labels_of(workload.metadata.get("labels"))
    if workload.kind in AUTOMATIC:
        labels = {**labels, AUTOMATIC[workload.kind]: workload.name if workload.kind == "Job" else CHOSEN}
    return Pods(
        kind=workload.kind,
        name=workload.name.rstrip("-"),
        namespace=resource.namespace or fallback,
        labels=labels,
        # A Service can name the ports of these only (kubernetes, pkg/api/v1/pod `FindPort`; sidecars since 1.29).
        ports=tuple(port for container in workload.containers if stays(container) for port in _ports(container)),
        host_network=workload.spec.get("hostNetwork") is True,
        stated=resource.namespace is not None,
        member=member,
    )


def _ports(container: Container) -> Iterator[Port]:
    declared = container.data.get("ports")
    for each in declared if isinstance(declared, list) else ():
        number = dig(each, "containerPort")
        name, protocol = dig(each, "name"), as_protocol(dig(each, "protocol"))
        if is_port(number) and protocol is not None:
            yield Port(
                number,
                protocol,
                name if isinstance(name, str) else "",
                on_host=is_port(dig(each, "hostPort")),
            )


def as_protocol(value: object) -> str | None:
    """Return a protocol as the API server reads it, TCP where it is absent; None for what it refuses."""
    if value in (None, ""):
        return "TCP"
    return value if isinstance(value, str) and value in PROTOCOLS else None


def is_port(value: object) -> TypeGuard[int]:
    """Return whether a plain value is a port number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def namespace_labels(bundle: Bundle) -> dict[str, Mapping[str, str]]:
    """Return the labels of each namespace that the bundle shows, the automatic one included."""
    found: dict[str, Mapping[str, str]] = {}
    for resource in bundle.resources:
        if resource.is_namespace:
            found[resource.name] = {
                **labels_of(dig(resource.data, "metadata", "labels")),
                NAMESPACE_NAME: resource.name,
            }
    return found
