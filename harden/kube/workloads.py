"""Finds the workloads in a document: their pods, their containers, and what is left alone with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from harden.kube.kinds import BUILT_IN, Kinds, is_misspelt
from harden.kube.namespaces import AS_STATED, Namespaces
from harden.kube.pods import Malformed, Pod, mapping, pod_of, templates
from harden.kube.shapes import named_elsewhere, pod_shape
from harden.model.kinds import Kind, PodTemplate
from harden.model.kube import Data, Skip, SkipKind, Workload, dig
from harden.model.plain import as_word
from harden.model.text import Path, dotted

Found = Workload | Skip | Malformed


def find(  # noqa: PLR0913 - what each names is independent of the others
    document: int,
    value: object,
    source: str = "",
    namespaces: Namespaces = AS_STATED,
    kinds: Kinds = BUILT_IN,
    *,
    may_direct: bool = True,
) -> Iterator[Found]:
    """Yield what the document's plain value holds, in order; Lists are entered, whatever their depth.

    `document` is the 0-based index that the results carry, `source` the file's name. Objects of other kinds yield
    nothing, unless they are likely to be meant as one of `kinds`. Without `may_direct`, no key is that of a patch.
    """
    for path, data, api_version, kind in objects(value):
        row = kinds.row(api_version, kind)
        if row is None:
            yield from _unknown(document, data, api_version, kind, kinds)
            continue
        directive = _directive(data) if may_direct else None
        if directive is not None:
            yield Skip(document, row.name, _name(data), SkipKind.PATCH_DIRECTIVE, directive)
            continue
        for found in _read(document, path, data, api_version, row):
            yield _placed(found, source, data, namespaces) if isinstance(found, Workload) else found


def _placed(found: Workload, source: str, data: Data, namespaces: Namespaces) -> Workload:
    """Return the workload with its file, and the namespace that it ends up in."""
    named = namespaces.named(source, found.api_version, found.kind, data)
    return found._replace(source=source, namespace=named, effective_namespace=named or namespaces.fallback)


def _unknown(document: int, data: Data, api_version: str, kind: str, kinds: Kinds) -> Iterator[Skip]:
    """Yield why a kind is left alone that is called like a workload, or nearly so."""
    if all(row.is_custom for row in kinds.named(kind)) and not is_misspelt(kind):
        elsewhere = named_elsewhere(api_version, kind)
        if elsewhere is not None:
            yield Skip(document, kind, _name(data), SkipKind.MADE_ELSEWHERE, elsewhere.what, hint=elsewhere.hint)
        elif api_version and (shape := pod_shape(data)) is not None:
            yield Skip(document, kind, _name(data), SkipKind.NOT_LOOKED_AT, ".".join(map(str, shape)))
        return
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


#: The kinds that hold whole objects, so that few are looked up.
_EMBEDDING = frozenset(row.name for row in BUILT_IN if row.embeds)


def _embedded(path: Path, data: Data, api_version: str, kind: str) -> Iterator[tuple[Path, object]]:
    """Yield the whole objects that an object holds, the last one first."""
    row = BUILT_IN.row(api_version, kind)
    for keys in () if row is None else row.embeds:
        for where, value in reversed(list(_reached(path, data, keys))):
            if isinstance(value, list):
                yield from (((*where, at), value[at]) for at in reversed(range(len(value))))
            else:
                yield where, value


def _reached(path: Path, value: object, keys: tuple[str, ...]) -> Iterator[tuple[Path, object]]:
    """Yield what some keys lead to; `*` stands for every item of a list."""
    if not keys:
        yield path, value
    elif keys[0] != "*":
        yield from _reached((*path, keys[0]), dig(value, keys[0]), keys[1:])
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _reached((*path, at), item, keys[1:])


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
        api_version = as_word(data.get("apiVersion")) or api_version
        kind = as_word(data.get("kind")) or kind
        items = data.get("items")
        if isinstance(items, list):
            # Items may leave out their own type: in a PodList, and under kind Pod as well, they are pods.
            inherited = ("", "") if kind == "List" else (api_version, kind.removesuffix("List"))
            todo.extend(((*path, "items", i), items[i], *inherited) for i in reversed(range(len(items))))
        if kind in _EMBEDDING:
            todo.extend((*each, "", "") for each in _embedded(path, data, api_version, kind))
        if kind and not (kind.endswith("List") and isinstance(items, list)):
            yield path, data, api_version, kind


def _read(document: int, path: Path, data: Data, api_version: str, row: Kind) -> Iterator[Found]:
    """Yield the workloads of one object, one for each pod template that it holds."""
    name = _name(data)
    elsewhere = next((other for field in row.refers if (other := dig(data, *field)) is not None), None)
    if elsewhere is not None:
        yield Skip(document, row.name, name, SkipKind.ELSEWHERE, _referred(elsewhere))
        return
    yield from _bare(document, data, row, name)
    for place in row.templates:
        for template, parent in templates(data, path, place.path):
            pod = parent if isinstance(parent, Malformed) else pod_of(parent, template, place, data, path)
            if isinstance(pod, Malformed):
                yield pod
                continue
            under = next((field for field in place.under if parent.get(field) is not None), None)  # type: ignore[union-attr] # told apart above
            if under is not None:
                yield Skip(document, row.name, name, SkipKind.NOT_LOOKED_AT, dotted((*template, under)))
                continue
            if (not pod.containers and _may_be_absent(row)) or (place.adds and not parent and len(place.path) > 1):
                continue
            lack = _lack(data, row, api_version, pod)
            if lack is not None:
                yield Skip(document, row.name, name, *lack)
                continue
            yield _workload(document, path, api_version, row, name, template, place, pod)


def _bare(document: int, data: Data, row: Kind, name: str) -> Iterator[Skip]:
    """Yield one reason for those parts of an object that run pods and say nothing of them."""
    if row.bare:
        above = [place.path[:-1] for place in row.templates if not dig(data, *place.path)]
        parts = ", ".join(dotted(part) for part in above if dig(data, *part) is not None)
        if parts:
            what = f"no template in {parts}, so its operator makes them"
            yield Skip(document, row.name, name, SkipKind.MADE_ELSEWHERE, what, hint=row.bare)


def _may_be_absent(row: Kind) -> bool:
    """Return whether a template without containers is no sign of a patch: the kind has several, or other steps."""
    return row.is_custom and (len(row.templates) > 1 or "*" in row.templates[0].path)


def _workload(  # noqa: PLR0913, PLR0917 -- the fields of a record
    document: int,
    path: Path,
    api_version: str,
    row: Kind,
    name: str,
    template: Path,
    place: PodTemplate,
    pod: Pod,
) -> Workload:
    return Workload(
        document=document,
        path=path,
        api_version=api_version,
        kind=row.name,
        namespace=None,
        name=name,
        template=template,
        metadata=pod.metadata,
        spec=pod.spec,
        containers=pod.containers,
        served=api_version not in row.gone,
        row=row,
        place=place,
        inherited=pod.inherited,
        fixed=pod.fixed,
        filled=pod.filled,
    )


def _referred(reference: object) -> str:
    """Return what a reference to another object names; Tekton's may name who finds it (`ResolverRef.resolver`)."""
    said = " ".join(filter(None, (as_word(dig(reference, key)) for key in ("kind", "name"))))
    resolver = as_word(dig(reference, "resolver"))
    return said or (f"an object that the resolver {resolver} finds" if resolver else "another object")


def _name(data: Data) -> str:
    metadata = data.get("metadata")
    return as_word(dig(metadata, "name")) or as_word(dig(metadata, "generateName"))


def is_whole(workload: Workload, value: object) -> bool:
    """Return whether a workload, whose object's plain value is given, is one that the API server would take.

    A strategic merge patch may hold a container with its image; what it leaves out tells it from a whole object.
    Source: kubernetes v1.36, pkg/apis/apps/validation and pkg/apis/batch/validation.
    """
    if any(not as_word(container.data.get("image")) or not container.name for container in workload.containers):
        return False
    if workload.place.adds:
        # What its operator makes is there in a part of an object, too.
        return False
    if workload.row.needs_selector and workload.served:
        return _has_selector(value, workload.metadata)
    return not workload.row.ends or workload.get("restartPolicy") in ("Never", "OnFailure")


def _has_selector(value: object, metadata: Data) -> bool:
    labels, selector = metadata.get("labels"), dig(value, "spec", "selector")
    return isinstance(labels, dict) and labels != {} and isinstance(selector, dict) and selector != {}


def _lack(data: Data, row: Kind, api_version: str, pod: Pod) -> tuple[SkipKind, str] | None:
    """Return what shows that an object is not whole, None where nothing does; older versions made up a selector."""
    metadata, containers = pod.metadata, pod.containers
    if not containers:
        return SkipKind.NO_CONTAINERS, ""
    if not any("image" in container.data for container in containers):
        return SkipKind.NO_IMAGES, ""
    needs_selector = row.needs_selector and api_version in row.versions
    if needs_selector and "selector" not in mapping(data, "spec") and metadata.get("labels") is None:
        return SkipKind.NOT_WHOLE, "it has no selector, and its pods no labels"
    bare = next((container for container in containers if "image" not in container.data), None)
    if bare is not None and not row.is_custom:
        # The API server refuses it (kubernetes v1.36, pkg/apis/core/validation, validateContainerCommon).
        return SkipKind.NOT_WHOLE, f'its container "{bare.name}" has no image'
    return None


#: Keys that only a strategic merge patch has (k8s.io/apimachinery, util/strategicpatch, patch.go).
_DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/")


def may_direct(text: str, start: int, end: int) -> bool:
    r"""Return whether a part of a text may have a key that only a patch has; False is sure.

    Such a key begins with `$`, which an escape in double quotes may spell (`\x24`), or base64 under a tag.
    """
    return any(text.find(sign, start, end) >= 0 for sign in "$\\!")


def is_directive(key: object) -> TypeGuard[str]:
    """Return whether a key is one that only a patch has."""
    return isinstance(key, str) and key[:1] == "$" and key.startswith(_DIRECTIVES)


def _directive(data: Data) -> str | None:
    """Return the first key of an object that only a patch has, None where there is none."""
    todo: list[object] = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            for key in value:
                if is_directive(key):
                    return key
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return None
