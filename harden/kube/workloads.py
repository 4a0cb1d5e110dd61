"""Finds the workloads in a document: their pods, their containers, and what is left alone with a reason."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.kinds import BUILT_IN, Kinds, is_misspelt
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.model.kube import Container, Data, Kind, PodTemplate, Skip, SkipKind, Workload, dig
from harden.model.record import Record
from harden.model.text import Path


class Malformed(Record):
    """An object that Kubernetes would not decode: what is wrong at `path`."""

    path: Path
    message: str


Found = Workload | Skip | Malformed


def find(
    document: int, value: object, source: str = "", namespaces: Namespaces = AS_STATED, kinds: Kinds = BUILT_IN
) -> Iterator[Found]:
    """Yield what the document's plain value holds, in order; Lists are entered, whatever their depth.

    `document` is the 0-based index that the results carry, `source` the file's name. Objects of other kinds yield
    nothing, unless they are likely to be meant as one of `kinds`.
    """
    for path, data, api_version, kind in objects(value):
        row = kinds.row(api_version, kind)
        if row is None:
            if kinds.named(kind) or is_misspelt(kind):
                yield from _unknown(document, data, api_version, kind, kinds)
            continue
        for found in _read(document, path, data, api_version, row):
            yield _placed(found, source, data, namespaces) if isinstance(found, Workload) else found


def _placed(found: Workload, source: str, data: Data, namespaces: Namespaces) -> Workload:
    """Return the workload with its file, and the namespace that it ends up in."""
    named = namespaces.named(source, found.api_version, found.kind, data)
    return found._replace(source=source, namespace=named, effective_namespace=named or namespaces.fallback)


def _unknown(document: int, data: Data, api_version: str, kind: str, kinds: Kinds) -> Iterator[Skip]:
    """Yield why a kind is left alone that is called like a workload, or nearly so."""
    meant = kinds.meant(api_version, kind)
    said = "" if meant is None else f"{meant.versions[0]} {meant.name}"
    name = _name(data)
    if not kinds.named(kind):
        if meant is not None and api_version in {*meant.versions, *meant.gone, ""}:
            yield Skip(document, kind, name, SkipKind.MISSPELT, meant=said)
    elif not api_version:
        yield Skip(document, kind, name, SkipKind.NO_API_VERSION, meant=said)
    elif meant is not None:
        yield Skip(document, kind, name, SkipKind.WRONG_API_VERSION, api_version, said)
    else:
        yield Skip(document, kind, name, SkipKind.UNKNOWN_GROUP, api_version)


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


def _read(document: int, path: Path, data: Data, api_version: str, row: Kind) -> Iterator[Found]:
    """Yield the workloads of one object, one for each pod template that it holds."""
    name = _name(data)
    directive = _directive(data)
    if directive is not None:
        yield Skip(document, row.name, name, SkipKind.PATCH_DIRECTIVE, directive)
        return
    elsewhere = next((other for field in row.refers if (other := dig(data, *field)) is not None), None)
    if elsewhere is not None:
        words = (_word(dig(elsewhere, key)) for key in ("kind", "name"))
        yield Skip(document, row.name, name, SkipKind.ELSEWHERE, " ".join(words))
        return
    for place in row.templates:
        for template, parent in _templates(data, path, place.path):
            if isinstance(parent, Malformed):
                yield parent
                continue
            pod = _pod(parent, template, place)
            if isinstance(pod, Malformed):
                yield pod
                continue
            lack = _lack(data, row, api_version, pod)
            if lack is not None:
                yield Skip(document, row.name, name, *lack)
                continue
            yield _workload(document, path, api_version, row, name, template, place, pod)


def _workload(  # noqa: PLR0913, PLR0917 -- the fields of a record
    document: int,
    path: Path,
    api_version: str,
    row: Kind,
    name: str,
    template: Path,
    place: PodTemplate,
    pod: _Pod,
) -> Workload:
    metadata, spec, containers = pod
    return Workload(
        document=document,
        path=path,
        api_version=api_version,
        kind=row.name,
        namespace=None,
        name=name,
        template=template,
        metadata=metadata,
        spec=spec,
        containers=containers,
        served=api_version not in row.gone,
        row=row,
        place=place,
    )


def _name(data: Data) -> str:
    metadata = data.get("metadata")
    return _word(dig(metadata, "name")) or _word(dig(metadata, "generateName"))


def is_whole(workload: Workload, value: object) -> bool:
    """Return whether a workload, whose object's plain value is given, is one that the API server would take.

    A strategic merge patch may hold a container with its image; what it leaves out tells it from a whole object.
    Source: kubernetes v1.36, pkg/apis/apps/validation and pkg/apis/batch/validation.
    """
    if any(not _word(one.data.get("image")) or not one.name for one in workload.containers):
        return False
    if workload.row.needs_selector and workload.served:
        return _has_selector(value, workload.metadata)
    return not workload.row.ends or workload.get("restartPolicy") in {"Never", "OnFailure"}


def _has_selector(value: object, metadata: Data) -> bool:
    labels, selector = metadata.get("labels"), dig(value, "spec", "selector")
    return isinstance(labels, dict) and labels != {} and isinstance(selector, dict) and selector != {}


def _lack(data: Data, row: Kind, api_version: str, pod: _Pod) -> tuple[SkipKind, str] | None:
    """Return what shows that an object is not whole, None where nothing does; older versions made up a selector."""
    metadata, _, containers = pod
    if not containers:
        return SkipKind.NO_CONTAINERS, ""
    if not any("image" in container.data for container in containers):
        return SkipKind.NO_IMAGES, ""
    needs_selector = row.needs_selector and api_version in row.versions
    if needs_selector and "selector" not in _mapping(data, "spec") and metadata.get("labels") is None:
        return SkipKind.NOT_WHOLE, "it has no selector, and its pods no labels"
    return None


#: Keys that only a strategic merge patch has (k8s.io/apimachinery, util/strategicpatch, patch.go).
_DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")


def _directive(data: Data) -> str | None:
    """Return the first key of an object that only a patch has, None where there is none."""
    todo: list[object] = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            for key in value:
                if isinstance(key, str) and key[:1] == "$" and key.startswith(_DIRECTIVES):
                    return key
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return None


_Pod = tuple[Data, Data, tuple[Container, ...]]


def _templates(data: Data, path: Path, keys: tuple[str, ...]) -> Iterator[tuple[Path, Data | Malformed]]:
    """Yield what holds metadata and spec of each pod, with its path; absent and null mappings are empty."""
    if not keys:
        yield path, data
        return
    key, rest = keys[0], keys[1:]
    if key == "*":
        # Only what holds several pods has this step: what is no mapping holds none.
        for step, item in _items(data):
            if isinstance(item, dict | list):
                yield from _templates(item, (*path, step), rest)  # type: ignore[arg-type] # a list only before `*`
        return
    value = data.get(key)
    if rest[:1] == ("*",):
        if isinstance(value, dict | list):
            yield from _templates(value, (*path, key), rest)  # type: ignore[arg-type] # see above
        return
    inner = _mapping(data, key)
    if inner is _WRONG:
        yield path, Malformed((*path, key), f"{key} must be a mapping")
    else:
        yield from _templates(inner, (*path, key), rest)


def _items(data: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(data, dict):
        yield from ((key, value) for key, value in data.items() if isinstance(key, str))
    elif isinstance(data, list):
        yield from enumerate(data)


def _pod(data: Data, path: Path, place: PodTemplate) -> _Pod | Malformed:
    """Return the pod's metadata, spec and containers; absent and null mappings are empty, as for the Go decoder."""
    metadata, spec = _mapping(data, "metadata"), data
    if metadata is _WRONG:
        return Malformed((*path, "metadata"), "metadata must be a mapping")
    for key in place.spec:
        path = (*path, key)
        spec = _mapping(spec, key)
        if spec is _WRONG:
            return Malformed(path, f"{key} must be a mapping")
    containers = _containers(path, spec, place)
    if isinstance(containers, Malformed):
        return containers
    return metadata, spec if place.is_plain else _renamed(spec, place, containers), containers


def _renamed(spec: Data, place: PodTemplate, containers: tuple[Container, ...]) -> Data:
    """Return a pod's spec with its containers where Kubernetes has them."""
    other = {field for fields in place.containers.values() for field in fields}
    renamed = {key: value for key, value in spec.items() if key not in other}
    for container in containers:
        renamed.setdefault(container.field, [])
        renamed[container.field] = [*renamed[container.field], container.data]  # type: ignore[misc] # a list, see above
    return renamed


_ABSENT: Data = {}
_WRONG: Data = {}  # told apart by identity


def _mapping(data: Data, key: str) -> Data:
    value = data.get(key)
    if value is None:
        return _ABSENT
    return value if isinstance(value, dict) else _WRONG


def _containers(pod: Path, spec: Data, place: PodTemplate) -> tuple[Container, ...] | Malformed:
    found = []
    for role, fields in place.containers.items():
        for field in fields:
            items = spec.get(field)
            if items is None:
                continue
            if isinstance(items, dict) and not place.is_plain:
                # One container that is no item of a list.
                found.append(Container((*pod, field), role, _word(items.get("name")), items))
                continue
            if not isinstance(items, list):
                return Malformed((*pod, field), f"{field} must be a list")
            for i, item in enumerate(items):
                if not isinstance(item, dict):
                    return Malformed((*pod, field, i), "a container must be a mapping")
                found.append(Container((*pod, field, i), role, _word(item.get("name")), item))
    return tuple(found)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
