"""Owns what the tests know of CRDs: names and types of the fields around pods, cut out of what projects publish.

Facts of a CRD are added, or replaced, from a file that its project publishes:

    python tests/crd_facts.py argoproj/argo-rollouts v1.9.1 manifests/crds/rollout-crd.yaml FILE

Kept is the schema of each version that the table of kinds has, at what leads to pods and inside of them. Everything
else is named with its type only; descriptions, rules and nearly all defaults are left out. Equal parts are kept once.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from harden.kube.rows import CUSTOM
from harden.model.kinds import HERE, Kind

FACTS = Path(__file__).parent / "data" / "crds.json"
_OPEN = "x-kubernetes-preserve-unknown-fields"
_KEPT = (
    "enum",
    "nullable",
    "required",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    _OPEN,
)
#: Parts of a pod that no fix writes into.
_WHOLE = frozenset(
    {
        "affinity",
        "dnsConfig",
        "metadata",
        "resourceClaims",
        "schedulingGates",
        "tolerations",
        "topologySpreadConstraints",
    }
)
#: Where a pod stands among other fields: the fields that are a pod's or a container's (Kubernetes API reference).
_OF_PODS = frozenset(
    {
        "activeDeadlineSeconds", "automountServiceAccountToken", "containers", "dnsPolicy",
        "enableServiceLinks", "ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID",
        "hostUsers", "initContainers", "nodeSelector", "os", "priorityClassName", "resources",
        "restartPolicy", "runtimeClassName", "securityContext", "serviceAccount", "serviceAccountName",
        "shareProcessNamespace", "terminationGracePeriodSeconds", "volumeMounts", "volumes",
    }
)  # fmt: skip
Schema = dict[str, object]
ANY: Schema = {_OPEN: True}


class Crd(NamedTuple):
    """The schema of one API version of a kind, and where it was read."""

    source: str
    version: str
    path: str
    api_version: str
    kind: str
    scope: str
    plural: str
    schema: Schema


@functools.cache
def crds() -> dict[tuple[str, str], Crd]:
    """Return what is known, by API version and kind."""
    facts = json.loads(FACTS.read_text("utf-8"))
    shared: dict[str, Schema] = facts["shared"]
    found = [Crd(**{**each, "schema": _unfolded(each["schema"], shared)}) for each in facts["kinds"]]
    return {(each.api_version, each.kind): each for each in found}


def _unfolded(part: object, shared: dict[str, Schema]) -> Schema:
    if isinstance(part, str):
        part = shared[part]
    assert isinstance(part, dict)
    found = dict(part)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), (dict, str)):
            found[key] = _unfolded(part[key], shared)
    if "properties" in part:
        found["properties"] = {name: _unfolded(each, shared) for name, each in part["properties"].items()}
    return found


@functools.cache
def listed() -> Path:
    """Return a file with all schemas in full, as tests/api_validation reads them."""
    name = hashlib.sha256(FACTS.read_bytes()).hexdigest()[:16]
    path = FACTS.parent.parent.parent / ".pytest_cache" / "crds" / f"{name}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and renamed: two test runs may do it at the same time.
        fresh = path.with_name(f"{name}.{os.getpid()}")
        fresh.write_text(json.dumps([each._asdict() for each in crds().values()]), "utf-8")
        fresh.replace(path)
    return path


def at(schema: Schema, path: tuple[str, ...]) -> Schema | None:
    """Return the schema at a path, `ANY` where anything may stand, None where nothing may."""
    for step in path:
        properties, items = schema.get("properties", {}), schema.get("items", schema.get("additionalProperties"))
        assert isinstance(properties, dict)
        if step in properties:
            schema = properties[step]
        elif isinstance(items, dict):
            schema = items
        else:
            return ANY if schema.get(_OPEN) or items is True else None
    return schema


def _ways(row: Kind) -> Iterator[tuple[tuple[str, ...], frozenset[str] | None]]:
    """Yield the paths of a kind to what is kept whole, or with these fields only."""
    for place in row.templates:
        path = tuple(step for step in (*place.path, *place.spec) if step != HERE)
        start = path or ("spec",) if place.is_plain else path
        made = [tuple(step for step in each.path if step != HERE) for each in place.adds]
        fields = {field.partition(".")[0] for fields in place.containers.values() for field in fields}
        names = {*_OF_PODS, *fields, place.security, place.defaults, *(each[0] for each in made if each)}
        yield start, None if place.is_plain else frozenset(names)
        yield from ((tuple(place.path) + each, None) for each in made if each and place.spec)
        yield from ((base, _OF_PODS) for base in place.bases)
        yield from ((way, None) for way in (place.volumes, *(each.image for each in place.adds)) if way)
    yield from ((way, None) for way in (*row.refers, *row.embeds))


def _cut(schema: Schema, ways: list[tuple[tuple[str, ...], frozenset[str] | None]]) -> Schema:
    """Return a schema with what the ways lead to; a way that has ended keeps all, or all of its names."""
    kept: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if not ways:
        if schema.get("type") in ("object", "array") and not schema.get("x-kubernetes-int-or-string"):
            kept = {key: value for key, value in kept.items() if key in {"type", "nullable"}}
            kept |= {"items": {_OPEN: True}} if schema["type"] == "array" else {_OPEN: True}
        return kept
    items = schema.get("items") or schema.get("additionalProperties")
    if isinstance(items, dict):
        below = [(way[1:], names) for way, names in ways]
        kept["items" if "items" in schema else "additionalProperties"] = inner = _cut(items, below)
        for key in schema.get("x-kubernetes-list-map-keys", ()):
            # The API server takes no such key without a default that is not required.
            if "default" in items["properties"][key]:
                inner["properties"][key]["default"] = items["properties"][key]["default"]
    elif "additionalProperties" in schema:
        kept["additionalProperties"] = schema["additionalProperties"]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        kept["properties"] = {name: _cut(each, _onward(ways, name)) for name, each in properties.items()}
    return kept


def _onward(ways: list[tuple[tuple[str, ...], frozenset[str] | None]], name: str) -> list:
    found = []
    for way, names in ways:
        if way and way[0] in (name, "*"):
            found.append((way[1:], names))
        elif not way and name not in _WHOLE and (names is None or name in names):
            found.append(((), None))
    return found


def _folded(schema: Schema, shared: dict[str, Schema]) -> Schema | str:
    """Return a schema with its larger parts by name, which are put into `shared`."""
    found = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found[key] = _folded(schema[key], shared)
    if "properties" in schema:
        found["properties"] = {name: _folded(each, shared) for name, each in sorted(schema["properties"].items())}
    text = _compact(found)
    if len(text) < 60:
        return found
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    assert shared.setdefault(name, found) == found, f"two parts have the name {name}"
    return name


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read(source: str, version: str, path: str, file: Path) -> Iterator[Crd]:
    """Yield the facts of each version of the CRDs in a file that the table of kinds has."""
    for crd in YAML(typ="safe").load_all(file):
        if not isinstance(crd, dict) or crd.get("kind") != "CustomResourceDefinition":
            continue
        spec, names = crd["spec"], crd["spec"]["names"]
        for each in spec["versions"]:
            api_version = f"{spec['group']}/{each['name']}"
            row = next((r for r in CUSTOM if (r.group, r.name) == (spec["group"], names["kind"])), None)
            if row is None or api_version not in row.versions or not each["served"]:
                continue
            schema = dict(each["schema"]["openAPIV3Schema"])
            schema["properties"] = {
                k: v for k, v in schema.get("properties", {}).items() if k not in {"metadata", "status"}
            }
            kept = {key: value for key, value in _cut(schema, list(_ways(row))).items() if key != "required"}
            yield Crd(source, version, path, api_version, row.name, spec["scope"], names["plural"], kept)


def write(found: dict[tuple[str, str], Crd]) -> None:
    """Write all facts, a line for each kind and each part."""
    shared: dict[str, Schema] = {}
    kinds = [each._asdict() | {"schema": _folded(each.schema, shared)} for _, each in sorted(found.items())]
    about = "field names and types, cut by tests/crd_facts.py out of the CRDs at `path` of `source` in its `version`"
    lines = [f'{{"about":{json.dumps(about)},', '"kinds":[']
    lines += [f"{_compact(each)}," for each in kinds[:-1]] + [_compact(kinds[-1]), "],", '"shared":{']
    parts = [f'"{name}":{_compact(part)}' for name, part in sorted(shared.items())]
    lines += [f"{part}," for part in parts[:-1]] + [parts[-1], "}}"]
    FACTS.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    known = crds() if FACTS.exists() else {}
    source, version, path, file = sys.argv[1:]
    more = {(each.api_version, each.kind): each for each in read(source, version, path, Path(file))}
    write({**known, **more})
    print(*(" ".join(each) for each in more), sep="\n")
