"""Says how far what nobody read can reach: the namespaces whose objects it can touch, and what of them it can change.

The namespaces of a patch are those of what it selects; what it changes is told by the fields that it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from harden.model.record import Record


class Effect(Enum):
    """What a change can do to the pods of a namespace."""

    CONNECTIONS = "who connects to whom, and as which account"
    AMOUNTS = "how many pods there are, and what they ask for"
    ADMISSION = "what Pod Security says of them"


ALL = frozenset(Effect)
NOTHING: frozenset[Effect] = frozenset()

#: Fields of workloads whose change does less than everything (Kubernetes API reference, apps/v1 and core/v1).
_FIELDS: Mapping[str, frozenset[Effect]] = {
    "affinity": NOTHING,
    "image": NOTHING,
    "imagePullPolicy": NOTHING,
    "minReadySeconds": NOTHING,
    "nodeSelector": NOTHING,
    "priorityClassName": NOTHING,
    "progressDeadlineSeconds": NOTHING,
    "revisionHistoryLimit": NOTHING,
    "terminationGracePeriodSeconds": NOTHING,
    "tolerations": NOTHING,
    "topologySpreadConstraints": NOTHING,
    "maxReplicas": frozenset({Effect.AMOUNTS}),
    "minReplicas": frozenset({Effect.AMOUNTS}),
    "parallelism": frozenset({Effect.AMOUNTS}),
    "replicas": frozenset({Effect.AMOUNTS}),
    "resources": frozenset({Effect.AMOUNTS}),
    "strategy": frozenset({Effect.AMOUNTS}),
    "updateStrategy": frozenset({Effect.AMOUNTS}),
    "securityContext": frozenset({Effect.ADMISSION}),
}
#: Fields whose keys are free: a label may be called replicas, and a ConfigMap may have an entry image.
_FREE = frozenset({"annotations", "binaryData", "data", "labels", "matchLabels", "stringData"})
#: Kinds that have nothing to do with pods and their peers, whatever is changed in them.
_APART = frozenset({"APIService", "CustomResourceDefinition", "PodDisruptionBudget", "PriorityClass", "StorageClass"})
_LISTS_OF_CONTAINERS = ("containers", "initContainers")
_REPLACING = frozenset({"add", "remove", "replace", "test"})


class Unread(Record):
    """Something that nobody read: `said` for people, `namespaces` that it can touch (None: any), and its `effects`."""

    said: str
    namespaces: frozenset[str] | None = None
    effects: frozenset[Effect] = ALL


class Blind(Record):
    """All that is unread in a run."""

    parts: tuple[Unread, ...] = ()

    def everywhere(self, effect: Effect) -> str:
        """Return what may touch every namespace in this way, for people; "" for nothing."""
        return _first([part.said for part in self.parts if effect in part.effects and part.namespaces is None])

    def inside(self, namespace: str, effect: Effect) -> str:
        """Return what may touch a namespace in this way, for people; "" for nothing."""
        found = (part for part in self.parts if effect in part.effects)
        return _first([each.said for each in found if each.namespaces is None or namespace in each.namespaces])


def _first(said: list[str]) -> str:
    unique = list(dict.fromkeys(said))
    more = f" (and {len(unique) - 1} more)" if unique[1:] else ""
    return f"{unique[0]}{more}" if unique else ""


def effects_of(patch: object, kind: str) -> frozenset[Effect]:
    """Return what a patch can do to objects of a kind: a strategic merge patch, or a list of JSON Patch operations.

    Sources: RFC 6902; Kubernetes documentation, Update API Objects in Place Using kubectl patch.
    """
    if kind in _APART:
        return NOTHING
    if isinstance(patch, list):
        return frozenset(effect for each in patch for effect in _of_operation(each))
    if isinstance(patch, Mapping):
        return frozenset(effect for path in _paths(patch, ()) for effect in _of_path(path))
    return ALL


def containers_of(patch: object) -> Iterator[str]:
    """Yield the names of containers that a strategic merge patch changes, or adds where there is none of that name."""
    todo = [patch]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            for key, below in value.items():
                if key in _LISTS_OF_CONTAINERS and isinstance(below, list):
                    yield from (each["name"] for each in below if isinstance(each, Mapping) and _is_named(each))
                todo.append(below)


def _is_named(mapping: Mapping[str, object]) -> bool:
    return isinstance(mapping.get("name"), str)


def _of_operation(each: object) -> frozenset[Effect]:
    if not isinstance(each, Mapping) or each.get("op") not in _REPLACING or not isinstance(each.get("path"), str):
        return ALL
    if each["op"] == "test":
        return NOTHING
    steps = tuple(str(each["path"]).strip("/").split("/"))
    # A whole item of a list of containers: anything may be in it.
    return ALL if steps[-1].isdecimal() or steps[-1] == "-" else _of_path(steps)


def _of_path(path: Iterable[str]) -> frozenset[Effect]:
    found = next((step for step in path if step in _FIELDS or step in _FREE), "")
    return _FIELDS.get(found, ALL)


def _paths(value: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the path of each field that a patch sets, without what only tells the object or the item."""
    for key, below in value.items():
        path = (*above, str(key))
        if path in _TELLING or (above and key == "name"):
            continue
        if isinstance(below, Mapping) and below:
            yield from _paths(below, path)
        elif isinstance(below, list) and any(isinstance(each, Mapping) for each in below):
            for each in below:
                yield from _paths(each, path) if isinstance(each, Mapping) else (path,)
        else:
            yield path


_TELLING = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})
