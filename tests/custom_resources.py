"""Owns random custom resources: an object of a row, with random pods at its places, of fields that its schema has."""

from __future__ import annotations

import random

from crd_facts import Crd, Schema, at
from test_controls_random import _CONTAINER, _POD_CONTEXT
from test_controls_random import _pod as random_pod
from test_pipeline_random import with_images

from harden.model.kinds import HERE, Kind, PodTemplate

Data = dict[str, object]
Path = tuple[str, ...]


def steps(path: Path) -> Path:
    """Return a path of a row without the steps that lead nowhere."""
    return tuple(step for step in path if step != HERE)


def spec_path(place: PodTemplate) -> Path:
    """Return the path from an object to the spec of a pod."""
    # A bare pod is its own template.
    return steps((*place.path, *place.spec)) or ("spec",)


def resource(rng: random.Random, row: Kind, crd: Crd) -> Data:
    """Return an object with random pods at some of the places of its row that its schema has."""
    made: object = {"apiVersion": crd.api_version, "kind": row.name, "metadata": {"name": "app"}}
    there = [place for place in row.templates if at(crd.schema, spec_path(place)) is not None]
    for place in [place for place in there if rng.random() < 0.7] or there[:1]:
        schema = at(crd.schema, spec_path(place)) or {}
        made = _grown(made, crd.schema, spec_path(place), _pod(rng, place, schema))
        for add in place.adds:
            below = steps((*place.path, *add.path))
            if add.path and at(crd.schema, below) is not None and rng.random() < 0.7:
                given = _fitting({"securityContext": _CONTAINER(rng)}, at(crd.schema, below) or {})
                made = _grown(made, crd.schema, below, given)
    assert isinstance(made, dict)
    return made


def _pod(rng: random.Random, place: PodTemplate, schema: Schema) -> object:
    """Return a random pod with the fields of its place, and of its schema."""
    pod = with_images(rng, random_pod(rng))
    roles = ("initContainers", "containers", "ephemeralContainers")
    found: object = {key: value for key, value in pod.items() if key not in (*roles, "securityContext")}
    if rng.random() < 0.5:
        found = _grown(found, schema, (place.security,), {"securityContext": _POD_CONTEXT(rng)}["securityContext"])
    for role in roles:
        fields = [tuple(field.split(".")) for field in place.containers.get(role, ())]
        fields = [field for field in fields if at(schema, field) is not None]
        containers = pod.get(role)
        if fields and isinstance(containers, list):
            path = rng.choice(fields)
            single = (at(schema, path) or {}).get("type") == "object"
            found = _grown(found, schema, path, containers[0] if single else containers)
    return _fitting(found, schema)


def _grown(data: object, schema: Schema, path: Path, leaf: object) -> object:
    """Return data with something laid over what stands at a path; lists and mappings of many get one item."""
    if not path:
        return {**data, **leaf} if isinstance(data, dict) and isinstance(leaf, dict) else leaf
    step, below = path[0], at(schema, path[:1]) or {}
    if step != "*":
        data = data if isinstance(data, dict) else {}
        return {**data, step: _grown(data.get(step), below, path[1:], leaf)}
    if "additionalProperties" in schema:
        values = data if isinstance(data, dict) else {}
        return {**values, "Worker": _grown(values.get("Worker"), below, path[1:], leaf)}
    items = data if isinstance(data, list) else []
    first = items[0] if items else {"name": "a"} if at(below, ("name",)) is not None else {}
    return [_grown(first, below, path[1:], leaf), *items[1:]]


def _fitting(value: object, schema: Schema) -> object:
    """Return a value without the fields that a schema does not have."""
    if isinstance(value, dict):
        fields = ((key, each, at(schema, (str(key),))) for key, each in value.items())
        return {key: _fitting(each, below) for key, each, below in fields if below is not None}
    if isinstance(value, list):
        return [_fitting(each, at(schema, ("*",)) or {}) for each in value]
    return value
