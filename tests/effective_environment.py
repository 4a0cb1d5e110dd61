"""Says which secrets reach each container, as variables and as files: by the manifests alone, without harden's code."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

#: Where a value comes from: ("text", value) where it stands in sight, else ("key", "Secret" or "ConfigMap", name, key).
Origin = tuple[str, ...]
READ = re.compile(r'(\w+)="\$\(cat (\S+)\)" \|\| exit 1; export \1')


@dataclass
class Environment:
    """What one container gets: `variables` and `files` by name and path, `read` are variables that its start reads."""

    variables: dict[str, Origin] = field(default_factory=dict)
    files: dict[str, Origin] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)


#: What ConfigMaps and Secrets hold, by kind, namespace and name.
Held = dict[tuple[str, str, str], dict[str, str]]


def environments(objects: list[Any]) -> dict[tuple[str, ...], Environment]:
    """Return what each container gets, by kind, namespace, name, kind of container and its name.

    A kustomization among the objects gives all of them its namespace, and makes its Secrets.
    """
    found: dict[tuple[str, ...], Environment] = {}
    given = next((each["namespace"] for each in objects if "resources" in each and "namespace" in each), "")
    data = _data(objects, given)
    for each in objects:
        for spec in _pods(each):
            for kind in ("initContainers", "containers"):
                for container in spec.get(kind) or ():
                    namespace = given or each["metadata"].get("namespace", "")
                    key = (each["kind"], namespace, each["metadata"].get("name", ""), kind, container.get("name", ""))
                    found[key] = _environment(spec, container, namespace, data)
    return found


def _data(objects: list[Any], given: str) -> Held:
    found: Held = {}
    for each in objects:
        metadata = each.get("metadata")
        if each.get("kind") in {"Secret", "ConfigMap"} and isinstance(metadata, dict):
            values = dict(each.get("data") or {})
            if each["kind"] == "Secret":
                values = {key: _decoded(value) for key, value in values.items()}
            values.update(each.get("stringData") or {})
            found[each["kind"], given or metadata.get("namespace", ""), metadata.get("name", "")] = values
        for entry in each.get("secretGenerator") or ():
            pairs = (literal.split("=", 1) for field_ in ("literals", "files") for literal in entry.get(field_) or ())
            found["Secret", given, entry["name"]] = {key: f"generated {value}" for key, value in pairs}
    return found


def _decoded(value: object) -> str:
    return base64.b64decode(str(value)).decode("latin-1")


def _pods(each: Any) -> Iterator[Any]:
    spec = each.get("spec") if isinstance(each.get("spec"), dict) else {}
    if each.get("kind") == "Pod":
        yield spec
    elif each.get("kind") == "CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]
    elif isinstance(spec.get("template"), dict) and isinstance(spec["template"].get("spec"), dict):
        yield spec["template"]["spec"]


def _environment(spec: Any, container: Any, namespace: str, data: Held) -> Environment:
    result = Environment(dict(_variables(container, namespace, data)))
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        for path, origin in _files(volumes.get(mount["name"]) or {}, namespace, data):
            if "subPath" not in mount:
                result.files[posixpath.join(mount["mountPath"], path)] = origin
            elif mount["subPath"] == path:
                result.files[mount["mountPath"]] = origin
    for word in container.get("command") or ():
        result.read.update(dict(READ.findall(str(word))))
    return result


def _variables(container: Any, namespace: str, data: Held) -> Iterator[tuple[str, Origin]]:
    for source in container.get("envFrom") or ():
        for field_, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = (source.get(field_) or {}).get("name")
            keys = data.get((kind, namespace, name), ["*"]) if name is not None else ()
            for key in keys:
                yield f"{source.get('prefix', '')}{key}", _origin(kind, namespace, name, key, data)
    for entry in container.get("env") or ():
        if not isinstance(entry, dict):
            continue
        given = entry.get("valueFrom") or {}
        for field_, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if field_ in given:
                name, key = given[field_].get("name", ""), given[field_].get("key", "")
                yield entry["name"], _origin(kind, namespace, name, key, data)
        if "value" in entry:
            yield entry["name"], ("text", str(entry["value"]).replace("$$", "$"))


def _files(volume: Any, namespace: str, data: Held) -> Iterator[tuple[str, Origin]]:
    for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
        for field_, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            given = source.get(field_)
            if not isinstance(given, dict):
                continue
            name = given.get("secretName", given.get("name", ""))
            known = data.get((kind, namespace, name), {})
            items = given.get("items") or [{"key": key, "path": key} for key in known]
            for item in items:
                if item["key"] in known or known == {}:
                    yield item["path"], _origin(kind, namespace, name, item["key"], data)


def _origin(kind: str, namespace: str, name: str, key: str, data: Held) -> Origin:
    known = data.get((kind, namespace, name))
    return ("text", known[key]) if known is not None and key in known else ("key", kind, name, key)


FORMS = ("{}_FILE", "{}__FILE")
FOLDERS = {"REDIS_PASSWORD": ("REDIS_CREDS_DIR_PATH", "auth")}


def lost(before: Environment, after: Environment) -> Iterator[str]:
    """Yield what a container no longer gets, or gets otherwise than by a way that its program is told of."""
    for name, origin in before.variables.items():
        if after.variables.get(name) != origin and not any(
            after.files.get(path) == origin for path in _told(name, after)
        ):
            yield f"variable {name}"
    for path, origin in before.files.items():
        if after.files.get(path) != origin:
            yield f"file {path}"
    for name, path in after.read.items():
        if path not in after.files:
            yield f"the start reads {path} for {name}"


def _told(name: str, after: Environment) -> Iterator[str]:
    """Yield the files that the program is told to read for a variable."""
    for form in FORMS:
        value = after.variables.get(form.format(name))
        if value is not None and value[0] == "text":
            yield value[1]
    folder, file = FOLDERS.get(name, ("", ""))
    if after.variables.get(folder, ("",))[0] == "text":
        yield posixpath.join(after.variables[folder][1], file)
    if name in after.read:
        yield after.read[name]
