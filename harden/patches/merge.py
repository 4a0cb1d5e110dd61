"""Makes strategic merge patches: what an object has more, with lists merged by the keys of their items.

Sources: kubernetes/api, patchMergeKey of the pod's fields; sigs.k8s.io/kustomize, kyaml/yaml/walk (items of a patch
come first and in its order, items of one key become one) and merge2 (a list without a merge key is replaced).
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.text import Plain

#: The merge keys of lists in a pod, by the name of the field. `ports` has two, which kustomize merges by neither.
_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "env": "name",
}
#: Lists of a pod that have no merge key, and are replaced as a whole.
_ATOMIC = frozenset({"add", "drop", "args", "command", "sysctls"})
#: Kinds whose schema kustomize knows; of others it replaces every list.
_KNOWN = frozenset({"v1", "apps/v1", "batch/v1"})


class UnmergeableError(Exception):
    """What changes cannot be said by a strategic merge patch so that nothing else changes."""


def merge_patch(api_version: str, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    """Return what turns one object into the other; raises UnmergeableError where something goes or has no merge key."""
    # kustomize drops fields that are null from an object that such a patch is for.
    if api_version not in _KNOWN or _holds_null(before):
        raise UnmergeableError
    return _of_mapping(before, after)


def _of_mapping(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    if before.keys() - after.keys():
        raise UnmergeableError
    found: dict[str, Plain] = {}
    for key, new in after.items():
        if key not in before:
            _demand_no_null(new)
            found[key] = new
        elif before[key] != new or type(before[key]) is not type(new):
            found[key] = _of_value(key, before[key], new)
    return found


def _of_value(key: str, old: Plain, new: Plain) -> Plain:
    if isinstance(old, dict) and isinstance(new, dict):
        return _of_mapping(old, new)
    if isinstance(old, list) and isinstance(new, list):
        if key in _ATOMIC:
            return new
        if key not in _KEYS:
            raise UnmergeableError
        return _of_list(_KEYS[key], old, new)
    if isinstance(old, dict | list | None) or isinstance(new, dict | list | None):
        raise UnmergeableError
    return new


def _of_list(merge_key: str, old: list[Plain], new: list[Plain]) -> Plain:
    """Return the items up to the last that changes, each with its key: those behind keep their place."""
    earlier, later = _by_key(merge_key, old), _by_key(merge_key, new)
    if [key for key in later if key in earlier] != list(earlier):
        raise UnmergeableError
    items: list[Plain] = []
    last = 0
    for at, (key, item) in enumerate(later.items(), start=1):
        if key not in earlier:
            _demand_no_null(item)
            items.append(item)
            last = at
            continue
        changed = _of_mapping(earlier[key], item)
        items.append({merge_key: key, **changed})
        last = at if changed else last
    return items[:last]


def _by_key(merge_key: str, items: list[Plain]) -> dict[str, dict[str, Plain]]:
    found: dict[str, dict[str, Plain]] = {}
    for item in items:
        key = item.get(merge_key) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(key, str) or key in found:
            raise UnmergeableError
        found[key] = item
    return found


def _demand_no_null(value: Plain) -> None:
    """Raise UnmergeableError where a new value holds null, which deletes in such a patch."""
    if _holds_null(value):
        raise UnmergeableError


def _holds_null(value: object) -> bool:
    todo = [value]
    while todo:
        each = todo.pop()
        if each is None:
            return True
        todo.extend(each.values() if isinstance(each, Mapping) else each if isinstance(each, list) else ())
    return False
