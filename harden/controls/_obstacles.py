"""Says which value of the wrong type keeps a change from being made."""

from __future__ import annotations

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.kube import Workload
from harden.model.text import Path


def obstacle(workload: Workload, change: Change) -> Path | None:
    """Return the path of the value of the wrong type that keeps `change` from being made, or None."""
    path = change.path
    start = len(workload.pod)
    is_in_spec = path[:start] == workload.pod
    # A field of containers that is not called as in Kubernetes is not in the spec as it is known here.
    value: object = workload.spec if is_in_spec else {"metadata": workload.metadata}
    for at in range(start if is_in_spec else len(workload.template), len(path)):
        if value is None:
            return None
        key = path[at]
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key]
        else:
            return path[:at]
    return path if value is not None and _misfit(value, change) else None


def _misfit(value: object, change: Change) -> bool:
    match change:
        case RemoveField():
            return False
        case AppendItem():
            return value is not None and not isinstance(value, list)
        case SetField():
            return isinstance(value, dict | list)
