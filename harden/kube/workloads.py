"""Owns finding the workloads in a document: their pods, their containers, and what is left alone with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.kinds import SERVED, TEMPLATES, gone_since
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.model.kube import Container, Data, Skip, Workload, dig
from harden.model.record import Record
from harden.model.text import Path

#: In the order in which the official checks visit them (k8s.io/pod-security-admission, policy/visitor.go).
CONTAINER_FIELDS = ("initContainers", "containers", "ephemeralContainers")


class Malformed(Record):
    """An object that Kubernetes would not decode: what is wrong at `path`."""

    path: Path
    message: str


Found = Workload | Skip | Malformed


def find(document: int, value: object, source: str = "", namespaces: Namespaces = AS_STATED) -> Iterator[Found]:
    """Yield what the document's plain value holds, in order; Lists are entered, whatever their depth.

    `document` is the 0-based index that the results carry, `source` the file's name. Objects of other kinds yield
    nothing.
    """
    for path, data, api_version, kind in objects(value):
        if kind in TEMPLATES:
            found = _read(document, path, data, api_version, kind)
            yield _placed(found, source, data, namespaces) if isinstance(found, Workload) else found


def _placed(found: Workload, source: str, data: Data, namespaces: Namespaces) -> Workload:
    """Return the workload with its file, and the namespace that it ends up in."""
    named = namespaces.named(source, found.api_version, found.kind, data)
    return found._replace(source=source, namespace=named, effective_namespace=named or namespaces.fallback)


def objects(value: object) -> Iterator[tuple[Path, Data, str, str]]:
    """Yield the objects of a document's plain value with path, API version and kind, in order; Lists are entered.

    Whatever has a list of `items` is a List to kubectl, under any kind (k8s.io/apimachinery,
    unstructured/helpers.go, `unstructuredJSONScheme.decode`).
    """
    todo: list[tuple[Path, object, str, str]] = [((), value, "", "")]
    while todo:
        path, data, api_version, kind = todo.pop()
        if not isinstance(data, dict):
            continue
        api_version = _word(data.get("apiVersion")) or api_version
        kind = _word(data.get("kind")) or kind
        items = data.get("items")
        if isinstance(items, list):
            # The items of a typed list (PodList) may leave out their own type.
            is_typed = kind.endswith("List") and kind != "List"
            inherited = (api_version, kind.removesuffix("List")) if is_typed else ("", "")
            todo.extend(((*path, "items", i), item, *inherited) for i, item in reversed(list(enumerate(items))))
        if kind and not (kind.endswith("List") and isinstance(items, list)):
            yield path, data, api_version, kind


def _read(document: int, path: Path, data: Data, api_version: str, kind: str) -> Found:
    metadata = data.get("metadata")
    name = _word(dig(metadata, "name")) or _word(dig(metadata, "generateName"))
    served = api_version == SERVED[kind]
    if not served and gone_since(api_version, kind) is None:
        said = f"apiVersion {api_version} has no such kind" if api_version else "it has no apiVersion"
        return Skip(document, kind, name, said)
    template = (*path, *TEMPLATES[kind])
    pod = _pod(data, path, TEMPLATES[kind])
    if isinstance(pod, Malformed):
        return pod
    pod_metadata, spec, containers = pod
    if not any("image" in container.data for container in containers):
        lack = "its containers have no image" if containers else "its pod has no containers"
        return Skip(document, kind, name, f"not a whole object (a patch?): {lack}")
    return Workload(
        document=document,
        path=path,
        api_version=api_version,
        kind=kind,
        namespace=None,
        name=name,
        template=template,
        metadata=pod_metadata,
        spec=spec,
        containers=containers,
        served=served,
    )


def _pod(data: Data, path: Path, keys: Path) -> tuple[Data, Data, tuple[Container, ...]] | Malformed:
    """Return the pod's metadata, spec and containers; absent and null mappings are empty, as for the Go decoder."""
    for key in keys:
        path = (*path, key)
        data = _mapping(data, str(key))
        if data is _WRONG:
            return Malformed(path, f"{key} must be a mapping")
    metadata, spec = _mapping(data, "metadata"), _mapping(data, "spec")
    for key, part in (("metadata", metadata), ("spec", spec)):
        if part is _WRONG:
            return Malformed((*path, key), f"{key} must be a mapping")
    containers = _containers((*path, "spec"), spec)
    return containers if isinstance(containers, Malformed) else (metadata, spec, containers)


_ABSENT: Data = {}
_WRONG: Data = {}  # told apart by identity


def _mapping(data: Data, key: str) -> Data:
    value = data.get(key)
    if value is None:
        return _ABSENT
    return value if isinstance(value, dict) else _WRONG


def _containers(pod: Path, spec: Data) -> tuple[Container, ...] | Malformed:
    found = []
    for field in CONTAINER_FIELDS:
        items = spec.get(field)
        if items is None:
            continue
        if not isinstance(items, list):
            return Malformed((*pod, field), f"{field} must be a list")
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                return Malformed((*pod, field, i), "a container must be a mapping")
            found.append(Container((*pod, field, i), field, _word(item.get("name")), item))
    return tuple(found)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
