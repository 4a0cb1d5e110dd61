"""Reads which Secrets a pod names: in variables and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.containers import brought
from harden.model.kube import Workload, dig
from harden.model.plain import as_list


def secret_names(workload: Workload) -> frozenset[str]:
    """Return the names of the Secrets that the variables and volumes of a pod take values from."""
    return frozenset(name for name in _named(workload) if isinstance(name, str))


def _named(workload: Workload) -> Iterator[object]:
    for container in workload.containers:
        for variable in as_list(container.get("env")):
            yield dig(variable, "valueFrom", "secretKeyRef", "name")
        for source in as_list(container.get("envFrom")):
            yield dig(source, "secretRef", "name")
    for volume in as_list(workload.get("volumes")):
        yield from (each.name for each in brought(volume) if each.kind == "Secret")
