"""Reads the pods of an object by the row of its kind: metadata, spec and containers, as Kubernetes would see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.model.kinds import HERE, OF_CONTAINERS, Made, PodTemplate
from harden.model.kube import Container, Data, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.model.record import Record
from harden.model.text import Path


class Malformed(Record):
    """An object that Kubernetes would not take: what is wrong at `path`, and what the API server does with it."""

    path: Path
    message: str
    consequence: str = "the API server does not decode it"


class Pod(Record):
    """A pod: its spec has what it inherits, and its containers under Kubernetes' names."""

    metadata: Data
    spec: Data
    containers: tuple[Container, ...]
    inherited: Mapping[str, Path] = {}
    fixed: tuple[Path, ...] = ()
    filled: Mapping[str, object] = {}


#: Fields of a pod that count for its verdict and may stand in what holds for several pods.
_SHARED = (
    "automountServiceAccountToken", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "imagePullSecrets",
    "nodeSelector", "runtimeClassName", "securityContext", "serviceAccountName",
)  # fmt: skip


def templates(data: Data, path: Path, keys: tuple[str, ...]) -> Iterator[tuple[Path, Data | Malformed]]:
    """Yield what holds metadata and spec of each pod, with its path; absent and null mappings are empty."""
    if not keys:
        yield path, data
        return
    key, rest = keys[0], keys[1:]
    if key == "*":
        # Only what holds several pods has this step: what is no mapping holds none.
        for step, item in _items(data):
            if isinstance(item, dict) or (isinstance(item, list) and rest[:1] == ("*",)):
                yield from templates(item, (*path, step), rest)  # type: ignore[arg-type] # a list only before `*`
        return
    value = data.get(key)
    if rest[:1] == ("*",):
        if isinstance(value, dict | list):
            yield from templates(value, (*path, key), rest)  # type: ignore[arg-type] # see above
        return
    inner = mapping(data, key)
    if inner is _WRONG:
        yield path, Malformed((*path, key), f"{key} must be a mapping")
    else:
        yield from templates(inner, (*path, key), rest)


def _items(data: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(data, dict):
        yield from ((key, value) for key, value in data.items() if isinstance(key, str))
    elif isinstance(data, list):
        yield from enumerate(data)


def pod_of(data: Data, path: Path, place: PodTemplate, whole: Data, root: Path = ()) -> Pod | Malformed:
    """Return the pod of a template; absent and null mappings are empty, as for the Go decoder.

    `whole` is the object that the template is in, `root` the object's path in its document.
    """
    metadata, spec, at = mapping(data, "metadata"), data, path
    if metadata is _WRONG:
        return Malformed((*path, "metadata"), "metadata must be a mapping")
    for key in place.spec:
        if key == HERE:
            break
        at = (*at, key)
        spec = mapping(spec, key)
        if spec is _WRONG:
            return Malformed(at, f"{key} must be a mapping")
    containers = _containers(at, spec, place)
    if isinstance(containers, Malformed):
        return containers
    if place.is_plain and not place.made:
        return Pod(metadata, spec, containers)
    fixed: tuple[Path, ...] = ()
    if place.adds:
        containers, fixed = _with_made(data, path, place, containers, whole)
    if place.workspaces:
        from harden.kube.workspaces import with_workspaces  # noqa: PLC0415 - only tasks of Tekton have them

        spec, containers = with_workspaces(spec, containers, whole, path[len(root) :])
    seen, inherited = _inheriting(spec, place, whole, root)
    made, filled = _filled(place, seen, whole)
    return Pod(metadata, _renamed(merged(made, seen), place, containers), containers, inherited, fixed, filled)


def _filled(place: PodTemplate, spec: Data, whole: Data) -> tuple[Data, Data]:
    """Return what an operator sets in a pod's spec, and what of that goes as soon as the spec has such a field."""
    path, text = place.unless
    if path and dig(whole, *path) == text:
        return {}, {}
    made = {key: value for key, value in place.made.items() if key not in place.whole or spec.get(key) is None}
    return made, {key: value for key, value in made.items() if key in place.whole}


def _with_made(
    data: Data, path: Path, place: PodTemplate, containers: tuple[Container, ...], whole: Data
) -> tuple[tuple[Container, ...], tuple[Path, ...]]:
    """Return the containers with those that the operator makes, and the paths of what nobody can write to."""
    found = list(containers)
    places = {container.name: at for at, container in enumerate(containers)}
    fixed: list[Path] = []
    for add in place.adds:
        base = {"name": add.name, **add.data}
        if add.name in places:
            written = containers[places[add.name]]
            found[places[add.name]] = written._replace(data=merged(base, written.data))
            continue
        steps = tuple(step for step in add.path if step != HERE)
        at = (*path, *(steps if add.path else (add.name,)))
        laid = as_mapping(dig(data, *steps)) if add.path else {}
        if HERE in add.path:
            laid = {key: value for key, value in laid.items() if key in OF_CONTAINERS}
        found.append(Container(at, "containers", add.name, _laid_over(base, laid, add, whole)))
        if not add.path:
            fixed.append(at)
    return tuple(found), tuple(fixed)


def _laid_over(base: Data, laid: Data, add: Made, whole: Data) -> Data:
    """Return a container that an operator makes with what an object says of it."""
    image, own = dig(whole, *add.image) if add.image else None, as_mapping(laid.get("securityContext"))
    version = as_word(dig(whole, *add.version)) if add.version else ""
    if image is None and version:
        image = f"{base['image']}:{add.tag.format(version)}"
    given = base if image is None else {**base, "image": image}
    if any(own.get(field) is not None for field in add.whole):
        kept = {key: value for key, value in as_mapping(base.get("securityContext")).items() if own.get(key) is None}
        given = {**given, "securityContext": kept}
    return merged(given, laid)


def _inheriting(spec: Data, place: PodTemplate, whole: Data, root: Path) -> tuple[Data, Mapping[str, Path]]:
    """Return a spec with what it takes over from elsewhere in its object, and where each of these fields stands."""
    found: dict[str, object] = dict(spec)
    inherited: dict[str, Path] = {}
    if place.security != "securityContext":
        found["securityContext"] = found.pop(place.security, None)
    if place.volumes:
        mounted = {as_word(dig(each, "name")) for each in as_list(spec.get("volumeMounts"))}
        found["volumes"] = [
            each for each in as_list(dig(whole, *place.volumes)) if as_word(dig(each, "name")) in mounted
        ]
        inherited["volumes"] = (*root, *place.volumes)
    for base in place.bases:
        for key in _SHARED:
            value = dig(whole, *base, key)
            if value is not None and found.get(key) is None:
                found[key] = value
                inherited[key] = (*root, *base, key)
        volumes, own = dig(whole, *base, "volumes"), found.get("volumes")
        if isinstance(volumes, list) and volumes and (own is None or isinstance(own, list)):
            found["volumes"] = [*(own or []), *volumes]
            inherited["volumes"] = (*root, *base, "volumes")
    return found, inherited


def merged(under: Data, over: Data) -> Data:
    """Return a mapping laid over another one; mappings inside are merged too, everything else is replaced."""
    if not under:
        return over
    found: dict[str, object] = dict(under)
    for key, value in over.items():
        below = found.get(key)
        if value is None and key in found:
            continue
        found[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return found


def _renamed(spec: Data, place: PodTemplate, containers: tuple[Container, ...]) -> Data:
    """Return a pod's spec with its containers where Kubernetes has them."""
    other = {field.partition(".")[0] for fields in place.containers.values() for field in fields}
    if not place.spec:
        other |= {add.path[0] for add in place.adds if add.path}
    renamed = {key: value for key, value in spec.items() if key not in other and key != place.defaults}
    for container in containers:
        renamed.setdefault(container.field, [])
        renamed[container.field] = [*renamed[container.field], container.data]  # type: ignore[misc] # a list, see above
    return renamed


_REFUSED = "the API server reads null as an empty container, and refuses it"
_ABSENT: Data = {}
_WRONG: Data = {}  # told apart by identity


def mapping(data: Data, key: str) -> Data:
    """Return the mapping at a key, an empty one for none; `_WRONG` for what is no mapping."""
    value = data.get(key)
    if value is None:
        return _ABSENT
    return value if isinstance(value, dict) else _WRONG


def _containers(pod: Path, spec: Data, place: PodTemplate) -> tuple[Container, ...] | Malformed:
    found = []
    base = spec.get(place.defaults) if place.defaults else None
    for role, fields in place.containers.items():
        for field in fields:
            keys = tuple(field.split(".")) if "." in field else (field,)
            items = spec.get(field) if len(keys) == 1 else dig(spec, *keys)
            if items is None:
                continue
            path = (*pod, *keys)
            if isinstance(items, dict) and not place.is_plain:
                # One container that is no item of a list.
                found.append(Container(path, role, as_word(items.get("name")) or field, items))
                continue
            if not isinstance(items, list):
                return Malformed(path, f"{field} must be a list")
            for i, item in enumerate(items):
                if item is None:
                    # It decodes, as an empty one (encoding/json; see harden.pss.decode), which validation refuses.
                    return Malformed((*path, i), "a container needs a name and an image", _REFUSED)
                if not isinstance(item, dict):
                    return Malformed((*path, i), "a container must be a mapping")
                begun = merged(base, item) if isinstance(base, dict) and role == "containers" else item
                if place.workspaces and isinstance(begun.get("script"), str):
                    begun = _with_script(begun)
                name = as_word(item.get("name")) or ("" if place.is_plain else f"{field}[{i}]")
                found.append(Container((*path, i), role, name, begun))
    return tuple(found)


#: What Tekton fills in before a shell reads it (tektoncd/pipeline, docs/variables.md).
_FILLED_IN = re.compile(r"\$\((?:context|inputs|outputs|params|results|steps|tasks|workspaces)[.\[][^)]*\)")


def _with_script(data: Data) -> Data:
    """Return a step of Tekton with its script as the command that runs it, in place of the image's program.

    Source: tektoncd/pipeline, docs/tasks.md, Running scripts within Steps: without a shebang it is `/bin/sh` with -e.
    """
    script = _FILLED_IN.sub("$filled_in", as_word(data.get("script")))
    first, _, rest = script.partition("\n")
    command = ["sh", "-ec", script]
    if first.startswith("#!"):
        runs = first[2:].split()
        is_shell = bool(runs) and runs[-1].rpartition("/")[2] in {"ash", "bash", "dash", "sh"}
        command = ["sh", "-c", rest] if is_shell else [*runs, "script"]
    return {**{key: value for key, value in data.items() if key != "args"}, "command": command}
