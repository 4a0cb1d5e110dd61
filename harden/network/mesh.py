"""Tells what a service mesh, or Knative, changes for policies: a container that it adds listens on ports of its own.

Sources: istio.io, "Ambient and Kubernetes NetworkPolicy" (15008, 169.254.7.127), Application Requirements (15020) and
Prometheus, metrics merging (on unless `prometheus.io/scrape` is false); linkerd.io, Proxy Configuration (4143 and the
annotations), Exporting Metrics (4191); docs.dapr.io, Arguments and annotations (`dapr.io/internal-grpc-port`, 50002;
`dapr.io/metrics-port`, 9090); developer.hashicorp.com, Consul on Kubernetes, transparent proxy (the proxy's listener,
20000); knative/serving, pkg/networking/constants.go (requests at 8012, 8013 and 8112, measurements at 9090 and 9091).
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.kube.bundle import Bundle
from harden.kube.unseen import injectors
from harden.model.kube import dig
from harden.model.plain import is_number
from harden.model.record import Record
from harden.network.pods import Pods
from harden.network.selectors import labels_of

_DAPR, _CONSUL = 50002, 20000
_LINKERD = (("inbound-port", 4143), ("admin-port", 4191))
_OFF = frozenset({"", "disabled", "false", "none"})
_BY_APPLICATION = "of any namespace: they name an application and no Service"

#: Labels and annotations that apply to pods.
Marks = Mapping[str, str]


class Mesh(Record):
    """What a mesh adds for the pods of one workload.

    `tunnels` are TCP ports on which every connection may arrive, `metrics` those where its own container is scraped.
    `proxied` says that others (waypoints) may connect in the clients' place. `probes` is the range that the kubelet's
    probes come from, "" where it is the node itself. `sidecars` are ports that others of its programs connect to, in
    any namespace; `why` says who, and for what.
    """

    name: str = ""
    tunnels: tuple[int, ...] = ()
    metrics: tuple[int, ...] = ()
    proxied: bool = False
    sidecars: tuple[int, ...] = ()
    why: str = ""
    probes: str = ""

    @property
    def whose(self) -> str:
        """Return whose programs connect to what it adds: Knative is no mesh, and routes nothing on the way out."""
        return self.name or "Knative"


class Meshes:
    """The meshes that the pods of a bundle are in."""

    def __init__(self, bundle: Bundle) -> None:
        self._spaces: dict[str, dict[str, str]] = {}
        for resource in bundle.resources:
            if resource.is_namespace:
                marks = self._spaces.setdefault(resource.name, {})
                marks |= labels_of(dig(resource.data, "metadata", "annotations"))
                marks |= labels_of(dig(resource.data, "metadata", "labels"))

    def of(self, pods: Pods) -> Mesh:
        """Return the mesh that labels and annotations of the pods, or of their namespace, put them into."""
        if pods.member is not None and pods.member.workload.row.owner == "Knative":
            return _KNATIVE
        marks = self._marks(pods)
        return next((made for make in (_linkerd, _istio, _dapr, _consul) if (made := make(marks)) is not None), Mesh())

    def injector(self, pods: Pods) -> str:
        """Return what makes a webhook add containers to the pods, "" where nothing does."""
        return next(injectors(self._marks(pods)), "")

    def _marks(self, pods: Pods) -> Marks:
        """Return labels and annotations that apply to the pods; their own win over those of the namespace."""
        found = dict(self._spaces.get(pods.namespace, {}))
        if pods.member is not None:
            found |= labels_of(pods.member.workload.metadata.get("annotations"))
        return {**found, **pods.labels}


_KNATIVE = Mesh(
    metrics=(9090, 9091),
    sidecars=(8012, 8013, 8112),
    why="Knative's gateways and activator, of any namespace: they bring all requests in",
)


def _linkerd(marks: Marks) -> Mesh | None:
    if not _is_on(marks, "linkerd.io/inject"):
        return None
    inbound, admin = (_port(marks, f"config.linkerd.io/{key}", port) for key, port in _LINKERD)
    return Mesh("Linkerd", tunnels=(inbound,), metrics=(admin,))


def _istio(marks: Marks) -> Mesh | None:
    if marks.get("istio.io/dataplane-mode") == "ambient":
        is_proxied = _is_on(marks, "istio.io/use-waypoint")
        return Mesh("Istio ambient", (15008,), proxied=is_proxied, probes="169.254.7.127/32")
    if not _is_on(marks, "istio-injection", "sidecar.istio.io/inject", "istio.io/rev"):
        return None
    return Mesh("Istio", metrics=() if marks.get("prometheus.io/scrape") == "false" else (15020,))


def _dapr(marks: Marks) -> Mesh | None:
    if not _is_on(marks, "dapr.io/enabled"):
        return None
    called = _port(marks, "dapr.io/internal-grpc-port", _DAPR)
    measured = (_port(marks, "dapr.io/metrics-port", 9090),) if marks.get("dapr.io/enable-metrics") != "false" else ()
    return Mesh("Dapr", metrics=measured, sidecars=(called,), why=f"sidecars of Dapr, {_BY_APPLICATION}")


def _consul(marks: Marks) -> Mesh | None:
    if not _is_on(marks, "consul.hashicorp.com/connect-inject"):
        return None
    return Mesh("Consul", sidecars=(_CONSUL,), why=f"sidecars of Consul, {_BY_APPLICATION}")


def _is_on(marks: Marks, *keys: str) -> bool:
    return any(marks.get(key, "").lower() not in _OFF for key in keys)


def _port(marks: Marks, key: str, default: int) -> int:
    stated = marks.get(key, "")
    return int(stated) if is_number(stated) else default
