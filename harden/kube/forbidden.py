"""Tells which fields of a pod the schema of a custom kind does not allow: they are never written."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.kube import Workload
from harden.model.text import Path


def forbidden(workload: Workload, path: Path, value: object = None) -> Path | None:
    """Return the field, at a document's `path` or inside of the `value` to be written there, that the kind has not."""
    if not workload.row.forbids:
        return None
    inside = path[len(workload.pod) :]
    if path[: len(workload.pod)] != workload.pod:
        return None
    for below in _paths(value, inside):
        if any(_matches(forbid, below) for forbid in workload.row.forbids):
            return (*workload.pod, *below)
    return None


def forbidden_in(workload: Workload) -> tuple[Path, ...]:
    """Return the paths below the pod's spec, as far as it has them, that the kind does not allow."""
    if not workload.row.forbids:
        return ()
    return tuple(
        path
        for path in _paths(workload.spec, ())
        if any(len(forbid) == len(path) and _matches(forbid, path) for forbid in workload.row.forbids)
    )


def _paths(value: object, path: Path) -> Iterator[Path]:
    """Yield a path and all paths inside of the value that stands there."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _paths(item, (*path, at))


def _matches(pattern: tuple[str, ...], path: Path) -> bool:
    """Return whether a path is at or below a pattern."""
    if len(path) < len(pattern):
        return False
    return all(want in ("*", step) for want, step in zip(pattern, path, strict=False))
