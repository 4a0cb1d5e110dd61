"""Finds who may connect to a workload without being shown to: doubt for which a policy admits, and never closes.

Certain evidence is in `harden.network.evidence`; here is what makes it incomplete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from harden.kube.accounts import IsApiClient, Use, is_unknown
from harden.kube.bundle import Bundle
from harden.model.record import Record
from harden.network.cluster_services import serves_cluster
from harden.network.configuration import Configuration
from harden.network.connection import Connection, EvidenceKind
from harden.network.evidence import Evidence
from harden.network.pods import Pods
from harden.network.texts import Place


class HintKind(Enum):
    """Why pods may connect to peers that no file names; the values are what people read."""

    CONFIGURATION = "takes configuration that no file shows"
    DISCOVERY = "may look up peers in the API"
    PUBLISHED = "is published and names no peer"
    MENTION = "has a text with the name in it"


class Known(Record):
    """What is known of images, by their references: whether one calls the API server, and whether one only waits.

    Databases, caches and queues wait for others, and connect to no workload that nothing names.
    """

    is_api_client: IsApiClient = is_unknown
    waits: Callable[[str], bool] = is_unknown


class Hint(Record):
    """That the pods of `source` may connect to others; `target` is None for all in its namespace.

    `place` is what raises the hint, `said` tells it for people, without content.
    """

    kind: HintKind
    source: Pods
    target: Pods | None
    said: str
    place: Place

    @property
    def any_port(self) -> bool:
        """Return whether ports that no file declares are meant too: who asks the API gets addresses of pods."""
        return self.kind is HintKind.DISCOVERY


class Hints:
    """The hints of a bundle."""

    def __init__(
        self,
        bundle: Bundle,
        evidence: Evidence,
        use_of: Callable[[Pods], Use | None],
        fallback: str,
        waits: Callable[[str], bool] = is_unknown,
    ) -> None:
        """Find them; `use_of` tells what pods do with the API, `fallback` is the unnamed namespace.

        `waits` says of an image that its program connects to nobody by itself.
        """
        self._evidence = evidence
        self._use_of = use_of
        self._waits = waits
        self._configuration = Configuration(bundle, fallback)
        self._by_source = {pods: tuple(self._of(pods)) for pods in evidence.pods}
        self._mentions: dict[Pods, list[Hint]] = {}
        inside: dict[str, list[Hint]] = {}
        for pods, raised in self._by_source.items():
            inside.setdefault(pods.namespace, []).extend(raised)
        beside = {
            here: [hint for far, near in evidence.joined if near == here for hint in inside.get(far, ())]
            for _, here in evidence.joined
        }
        every = dict.fromkeys((*inside, *beside))
        self._by_namespace = {each: (*inside.get(each, ()), *beside.get(each, ())) for each in every}
        for shown in evidence.shown:
            if shown.why is EvidenceKind.HINTED and isinstance(shown.source, Pods):
                self._mentions.setdefault(shown.target, []).append(_mention(shown, shown.source))

    def __iter__(self) -> Iterator[Hint]:
        """Yield every hint."""
        for hints in self._by_source.values():
            yield from hints
        yield from self.mentions(self._mentions)

    def mentions(self, targets: Iterable[Pods]) -> Iterator[Hint]:
        """Yield the mentions of these pods that stand beside no certain evidence of the same pair, one a pair."""
        for target in targets:
            certain = {toward.source for toward in self._evidence.towards(target) if toward.why is EvidenceKind.NAMED}
            yield from {
                hint.source: hint for hint in self._mentions.get(target, ()) if hint.source not in certain
            }.values()

    def inside(self, namespace: str) -> tuple[Hint, ...]:
        """Return the hints of a namespace's workloads; mentions are connections of the evidence already."""
        return self._by_namespace.get(namespace, ())

    def is_silent(self, pods: Pods) -> bool:
        """Return whether nothing is shown to connect to pods and they to nobody, though their program is no store.

        Who neither serves nor asks does nothing: such a program is likely to know its peers by itself.
        """
        alone = not (self._by_source.get(pods) or self._names_peers(pods) or self._has_clients(pods))
        return alone and not self.only_waits(pods)

    def of(self, *sources: Pods) -> tuple[Hint, ...]:
        """Return the hints that these pods raise for their namespace."""
        return tuple(hint for pods in sources for hint in self._by_source.get(pods, ()))

    def _of(self, pods: Pods) -> Iterator[Hint]:
        if pods.member is None:
            return
        own = Place(pods.member.resource, pods.member.workload.path)
        missing = next(self._configuration.missing(pods), None)
        if missing is not None:
            yield Hint(HintKind.CONFIGURATION, pods, None, missing.said, missing.place)
        use = self._use_of(pods)
        if use is not None and use.finds_peers:
            yield Hint(HintKind.DISCOVERY, pods, None, use.said, own)
        if self._names_peers(pods):
            return
        published = self._published(pods)
        if published:
            yield Hint(HintKind.PUBLISHED, pods, None, published, own)

    def _names_peers(self, pods: Pods) -> bool:
        """Return whether pods are shown to connect to others than themselves and those whom everybody reports to."""
        away = (each for each in self._evidence.away(pods) if each.why is not EvidenceKind.PEER)
        return any(each.target is not pods and not serves_cluster(each.target) for each in away)

    def _published(self, pods: Pods) -> str:
        """Return what publishes these pods; "" where nothing does."""
        if pods.host_network and pods.ports:
            return "its ports are those of its node"
        inwards = self._evidence.towards(pods)
        ways_in = {EvidenceKind.PUBLIC, EvidenceKind.INGRESS}
        return next((inward.said for inward in inwards if inward.why in ways_in), "")

    def _has_clients(self, pods: Pods) -> bool:
        """Return whether others are shown to connect to pods: who probes and scrapes asks nothing of them."""
        return any(
            inward.source is not pods and inward.why not in {EvidenceKind.PROBE, EvidenceKind.SCRAPE}
            for inward in self._evidence.towards(pods)
        )

    def only_waits(self, pods: Pods) -> bool:
        """Return whether the image of pods is known to wait for others."""
        images = [] if pods.member is None else [each.data.get("image") for each in pods.member.workload.containers]
        return any(isinstance(image, str) and self._waits(image) for image in images)


def _mention(shown: Connection, source: Pods) -> Hint:
    return Hint(HintKind.MENTION, source, shown.target, shown.said, shown.place)
