"""Tells which fields of a pod are never written into a custom kind: its schema lacks them, or its row says why not."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.kube import Workload
from harden.model.text import Path, dotted


def unwritten(workload: Workload, path: Path, value: object = None) -> str | None:
    """Return why nothing is written at a document's `path`, or inside of the `value` for it; None where it may be."""
    row = workload.row
    if not (row.forbids or row.keeps) or path[: len(workload.pod)] != workload.pod:
        return None
    for below in _paths(value, path[len(workload.pod) :]):
        reason = next((reason for keep, reason in row.keeps if _matches(keep, below)), None)
        if reason is not None:
            return reason
        if any(_matches(forbid, below) for forbid in row.forbids):
            return f"a {workload.kind} of {row.owner} has no field {dotted(below[-1:])} there"
    return None


def needed_release(workload: Workload, path: Path) -> str | None:
    """Return the first release whose schema has the field at a document's `path`, None where every one has it."""
    below = path[len(workload.pod) :] if path[: len(workload.pod)] == workload.pod else ()
    return next((release for field, release in workload.row.since if below and _matches(field, below)), None)


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
