"""Turns what overlays show into connections of the objects as they stand: base and overlay are one once built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.model.text import Path
from harden.network.connection import Connection, GroupKind, PeerGroup, Source
from harden.network.pods import Pods

if TYPE_CHECKING:
    from harden.network.evidence import Evidence


class Overlays:
    """The pods of a bundle as it stands, by the place of their manifest."""

    def __init__(self, pods: tuple[Pods, ...]) -> None:
        self._pods = {_place(pod): pod for pod in pods}
        self._joined: set[tuple[str, str]] = set()

    @property
    def joined(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of namespaces, as they stand, whose pods an overlay puts into one."""
        return frozenset(self._joined)

    def connections(self, seen: Evidence) -> Iterator[Connection]:
        """Yield the connections that an overlay shows, between the pods as they stand."""
        inside: dict[str, set[str]] = {}
        for pod in seen.pods:
            own = self._pods.get(_place(pod))
            if own is not None:
                inside.setdefault(pod.namespace, set()).add(own.namespace)
        for homes in inside.values():
            self._joined.update((a, b) for a in homes for b in homes if a != b)
        for shown in seen.shown:
            target = self._pods.get(_place(shown.target))
            source = None if target is None else self._source(shown, target)
            if target is not None and source is not None:
                yield shown._replace(source=source, target=target)

    def _source(self, shown: Connection, target: Pods) -> Source | None:
        source = shown.source
        if isinstance(source, Pods):
            return self._pods.get(_place(source))
        if source.kind is GroupKind.NAMESPACE and source.namespace == shown.target.namespace:
            return PeerGroup(GroupKind.NAMESPACE, target.namespace)
        return source


def _place(pods: Pods) -> tuple[str, int, Path] | None:
    if pods.member is None:
        return None
    return pods.member.workload.source, pods.member.workload.document, pods.member.workload.template
