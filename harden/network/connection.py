"""Says what a piece of evidence is: that somebody is shown to connect to the pods of a workload, and where."""

from __future__ import annotations

from enum import Enum

from harden.model.record import Record
from harden.model.text import dotted
from harden.network.pods import Pods
from harden.network.services import Service
from harden.network.texts import Place


class GroupKind(Enum):
    """Senders that are no single workload; the values are what people read."""

    NAMESPACE = "pods of the namespace"
    CLUSTER = "pods of any namespace"
    ANYWHERE = "anywhere"
    API_SERVER = "the API server"
    KUBELET = "the kubelet"


class PeerGroup(Record):
    """Senders of a kind; `namespace` is the one that NAMESPACE means, and "" for the others."""

    kind: GroupKind
    namespace: str = ""

    @property
    def said(self) -> str:
        """Return the group as people say it."""
        return f"pods of namespace {self.namespace}" if self.namespace else self.kind.value


Source = Pods | PeerGroup

ANYWHERE = PeerGroup(GroupKind.ANYWHERE)
API_SERVER = PeerGroup(GroupKind.API_SERVER)
CLUSTER = PeerGroup(GroupKind.CLUSTER)
KUBELET = PeerGroup(GroupKind.KUBELET)


class EvidenceKind(Enum):
    """What shows a connection; the values are what people read."""

    NAMED = "named"  # an address that can mean nothing else
    STATED = "stated"  # by a setting or an annotation
    OBSERVED = "observed"  # by a log of connections
    HINTED = "perhaps named"  # a bare word that may mean something else
    PEER = "replicas"  # pods of one workload that find each other
    INGRESS = "ingress"  # Ingress, Gateway API and other routes
    PUBLIC = "published"  # LoadBalancer, NodePort, external IPs, hostPort
    SCRAPE = "scraped"  # annotations, ServiceMonitor, PodMonitor
    CALLED = "called back"  # webhooks and aggregated APIs
    CONTROLLED = "connected by a controller"  # what custom resources have their controllers do
    PROBE = "probed"  # the kubelet; no policy stops it


class Connection(Record):
    """A connection that the bundle shows: from `source` to `port` of the pods of `target`; None means every port.

    `port` is the pod's own port. `service` is the Service that leads there, None where there is none. `said` tells
    what was seen, for people, without values of env or Secrets.
    """

    source: Source
    target: Pods
    port: int | None
    protocol: str
    why: EvidenceKind
    said: str
    place: Place
    service: Service | None = None

    @property
    def seen_at(self) -> str:
        """Return where it was seen: `file: Kind name, field`."""
        resource = self.place.resource
        field = dotted(self.place.path[len(resource.path) :])
        return f"{resource.source}: {resource.kind} {resource.name}" + (f", {field}" if field else "")
