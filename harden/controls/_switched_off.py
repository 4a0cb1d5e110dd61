"""Sees to it that no control changes what a control is about that the profile has switched off."""

from __future__ import annotations

from collections.abc import Sequence

from harden.controls._registry import Control
from harden.model.finding import AppendItem, Because, Change, Finding, NoFix, RemoveField
from harden.model.kube import Workload
from harden.model.text import Path, found_at

_ANNOTATIONS = "metadata.annotations["
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def left_alone(finding: Finding, workload: Workload, switched_off: Sequence[Control]) -> Finding:
    """Return the finding, without its fix where that would change a value that one of `switched_off` judges.

    Whoever switches a control off wants what is there to stay. A value that is not there may be written: that is then
    another control's business (the user that run-as-non-root writes).
    """
    for control in switched_off:
        for field in control.fields:
            pattern = _steps(field)
            if any(_alters(change, pattern, workload) for change in finding.changes):
                reason = f"its fix would change {pattern[-1]}, and the profile switches {control.id} off"
                return finding._replace(fix=NoFix(reason, Because.SWITCHED_OFF))
    return finding


def _steps(field: str) -> tuple[str, ...]:
    """Return the steps of a field as controls name it; `*` is any item of a list, at the end of a key any ending."""
    if field.startswith(_ANNOTATIONS):
        return ("metadata", "annotations", field.removeprefix(_ANNOTATIONS).removesuffix("]"))
    return tuple(field.replace("[*]", ".*").split("."))


def _alters(change: Change, pattern: tuple[str, ...], workload: Workload) -> bool:
    """Return whether a change replaces or takes away what stands at, below or above a field."""
    path = change.path[len(workload.template) :]
    if isinstance(change, AppendItem) or not all(map(_fits, path, pattern)):
        return False
    if len(path) < len(pattern) and (not isinstance(change, RemoveField) or _is_container(path)):
        return False
    present = found_at({"spec": workload.spec, "metadata": workload.metadata}, path)
    return present is not None and (isinstance(change, RemoveField) or present != change.value)


def _fits(key: str | int, step: str) -> bool:
    if isinstance(key, int) or step == "*":
        return isinstance(key, int) and step == "*"
    return key.startswith(step[:-1]) if step.endswith("*") else key == step


def _is_container(path: Path) -> bool:
    """Return whether a whole container is meant, or all of a kind: with them goes what was in them."""
    return path[-1] in _CONTAINERS or (len(path) > 1 and path[-2] in _CONTAINERS)
