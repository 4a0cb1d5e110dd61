"""Owns what Kubernetes sees in a document: workloads, their pods and containers, and what is not a workload."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.record import Record
from harden.model.text import Path

#: A Kubernetes version as (major, minor); `LATEST` stands for the newest one known.
Version = tuple[int, int]

#: A mapping of plain data as read; controls check types where they look.
Data = Mapping[str, object]


class Resource(Record):
    """A whole object: `source` names the file, `path` is its place in the document, `data` its plain value.

    `namespace` is the one that the files give it, None where they give none; `effective_namespace` is the one that it
    ends up in, "" for what is in none (harden.kube.namespaces).
    """

    source: str
    document: int
    path: Path
    api_version: str
    kind: str
    namespace: str | None
    name: str
    data: Data
    effective_namespace: str = "default"


class Container(Record):
    """A container of a pod; `field` is containers, initContainers or ephemeralContainers."""

    path: Path
    field: str
    name: str
    data: Data

    def get(self, *keys: str) -> object:
        """Return the value at `keys` below the container, or None where it is absent or null."""
        # `dig` written out, as in Workload.get: some fifty calls for each workload, most of them for what is absent.
        data: object = self.data
        for key in keys:
            if data is None or not isinstance(data, dict):
                return None
            data = data.get(key)
        return data


class Workload(Record):
    """A resource that runs pods.

    `path` is the resource in its document (`()`, or `("items", 0)` in a List); `template` is the path of what holds
    the pod's metadata and spec. `containers` are in the order init, regular, ephemeral. `served` is False for an API
    version that Kubernetes no longer serves. `source` names the file, "" where it does not matter. `namespace` and
    `effective_namespace` are those of its resource.
    """

    document: int
    path: Path
    api_version: str
    kind: str
    namespace: str | None
    name: str
    template: Path
    metadata: Data
    spec: Data
    containers: tuple[Container, ...]
    served: bool = True
    source: str = ""
    effective_namespace: str = "default"

    @property
    def pod(self) -> Path:
        """Return the path of the pod's spec."""
        return (*self.template, "spec")

    def get(self, *keys: str) -> object:
        """Return the value at `keys` below the pod's spec, or None where it is absent or null."""
        data: object = self.spec
        for key in keys:
            if data is None or not isinstance(data, dict):
                return None
            data = data.get(key)
        return data


class Skip(Record):
    """A document that names a workload kind and is left alone; `reason` says why."""

    document: int
    kind: str
    name: str
    reason: str


def dig(data: object, *keys: str) -> object:
    """Return the value at `keys` below `data`, or None where a step is absent, null or no mapping."""
    for key in keys:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data
