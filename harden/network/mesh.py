"""Tells what a service mesh changes for policies: traffic between its pods arrives on a tunnel's port.

Sources: istio.io, "Ambient and Kubernetes NetworkPolicy" (15008, 169.254.7.127), Application Requirements (15020);
linkerd.io, Proxy Configuration (4143); docs.dapr.io, Arguments and annotations (`dapr.io/internal-grpc-port`, 50002);
developer.hashicorp.com, Consul on Kubernetes, transparent proxy (the proxy's listener, 20000).
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.kube.bundle import Bundle
from harden.model.kube import dig
from harden.model.plain import is_number
from harden.model.record import Record
from harden.network.pods import Pods
from harden.network.selectors import labels_of

_DAPR, _CONSUL = 50002, 20000
_OFF = frozenset({"", "disabled", "false", "none"})


class Mesh(Record):
    """What a mesh adds for the pods of one workload.

    `tunnels` are TCP ports on which every connection may arrive, `metrics` the port that scraping is moved to.
    `proxied` says that others (waypoints) may connect in the clients' place. `probes` is the range that the kubelet's
    probes come from, "" where it is the node itself. `sidecars` are ports that the sidecars of clients connect to:
    they name an application and no Service.
    """

    name: str = ""
    tunnels: tuple[int, ...] = ()
    metrics: tuple[int, ...] = ()
    proxied: bool = False
    sidecars: tuple[int, ...] = ()
    probes: str = ""


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
        marks = self._marks(pods)

        def is_on(*keys: str) -> bool:
            return any(marks.get(key, "").lower() not in _OFF for key in keys)

        if is_on("linkerd.io/inject"):
            return Mesh("Linkerd", tunnels=(4143,))
        if marks.get("istio.io/dataplane-mode") == "ambient":
            return Mesh("Istio ambient", (15008,), proxied=is_on("istio.io/use-waypoint"), probes="169.254.7.127/32")
        if is_on("istio-injection", "sidecar.istio.io/inject", "istio.io/rev"):
            return Mesh("Istio", metrics=(15020,))
        if is_on("dapr.io/enabled"):
            port = marks.get("dapr.io/internal-grpc-port", "")
            return Mesh("Dapr", sidecars=(int(port) if is_number(port) else _DAPR,))
        if is_on("consul.hashicorp.com/connect-inject"):
            return Mesh("Consul", sidecars=(_CONSUL,))
        return Mesh()

    def _marks(self, pods: Pods) -> Mapping[str, str]:
        """Return labels and annotations that apply to the pods; their own win over those of the namespace."""
        found = dict(self._spaces.get(pods.namespace, {}))
        if pods.member is not None:
            found |= labels_of(pods.member.workload.metadata.get("annotations"))
        return {**found, **pods.labels}
