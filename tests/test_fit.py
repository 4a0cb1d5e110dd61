"""The quick yes: never where a validator says no, and nearly always where it says yes."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from own_kinds import TEMPLATES

from harden.kube.relevance import is_relevant
from harden.model.text import Plain, SourceText
from harden.source.parse import parse
from harden.verify.fit import Fit
from harden.verify.schema import _folder, _Schemas

ROOT = Path(__file__).parents[1]
SEED = int(os.environ.get("HARDEN_SEED", "20261122"))
API = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "ReplicationController": "v1"}
VALUES: tuple[Plain, ...] = (
    None,
    True,
    0,
    -1,
    2**40,
    1.0,
    1.5,
    "",
    "a",
    "10m",
    "Always",
    [],
    ["a"],
    [None],
    {},
    {"a": "b"},
)


def is_served(value: object) -> bool:
    """Return whether a value is a workload of an API version that has a schema."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str) or kind not in TEMPLATES:
        return False
    return value.get("apiVersion") == API.get(kind, "apps/v1")


def objects() -> Iterator[dict[str, Plain]]:
    """Yield the workloads of the golden cases and examples whose API version is served."""
    for path in sorted((*ROOT.glob("golden/*/*/*.yaml"), *ROOT.glob("examples/**/*.yaml"))):
        source = SourceText(str(path), path.read_bytes().decode("utf-8-sig", "replace"))
        for document in parse(source, is_relevant).documents:
            value = document.root.value if document.root is not None else None
            if isinstance(value, dict) and is_served(value):
                yield value


def mutated(value: Plain, chance: random.Random) -> Plain:
    """Return a copy with one field or item set, removed or added somewhere."""
    whole = copy.deepcopy(value)
    holders: list[dict[str, Plain] | list[Plain]] = []
    todo = [whole]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list):
            holders.append(node)
            todo.extend(node.values() if isinstance(node, dict) else node)
    holder = chance.choice(holders)
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    other = copy.deepcopy(chance.choice(VALUES))
    if not keys or chance.random() < 0.2:
        if isinstance(holder, dict):
            holder[chance.choice(["name", "replicas", "unknown", "securityContext", "resources", "type"])] = other
        else:
            holder.append(other)
    elif chance.random() < 0.3:
        del holder[chance.choice(keys)]  # type: ignore[arg-type] # a key of this very holder
    else:
        holder[chance.choice(keys)] = other  # type: ignore[index] # a key of this very holder
    return whole


def name_of(value: dict[str, Plain]) -> str:
    group, _, api = str(value["apiVersion"]).rpartition("/")
    return "-".join(part for part in (str(value["kind"]).lower(), group, api) if part)


@pytest.fixture(scope="module", params=["v1.25", "v1.37"])
def schemas(request: pytest.FixtureRequest) -> _Schemas:
    return _Schemas(_folder() / f"{request.param}.0-local-strict")


def quick(schemas: _Schemas, value: dict[str, Plain]) -> bool:
    return schemas.plainly_fits(name_of(value), value)


def test_what_a_validator_takes_is_nearly_always_plain(schemas: _Schemas) -> None:
    valid = [value for value in objects() if schemas.validator(name_of(value)).is_valid(value)]
    assert len(valid) > 100
    assert [json.dumps(value) for value in valid if not quick(schemas, value)] == []


def test_no_mutation_fits_that_a_validator_refuses(schemas: _Schemas) -> None:
    print("seed", SEED)
    chance = random.Random(SEED)
    known = list(objects())
    refused = fitting = 0
    for _ in range(4000):
        value = mutated(chance.choice(known), chance)
        if not isinstance(value, dict) or not is_served(value):
            continue
        fits = quick(schemas, value)
        valid = schemas.validator(name_of(value)).is_valid(value)
        assert valid or not fits, json.dumps(value)
        refused += not valid
        fitting += fits
    assert refused > 500
    assert fitting > 500


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (False, 1),
        ({"type": "integer"}, True),
        ({"type": "integer"}, "1"),
        ({"type": ["string", "null"]}, 1),
        ({"type": "unknown"}, 1),
        ({"pattern": "a"}, "a"),
        ({"enum": ["a"]}, "b"),
        ({"enum": [None, 1]}, 1),
        ({"oneOf": [{"type": "string"}, {"type": ["string", "null"]}]}, "a"),
        ({"oneOf": [{"type": "string", "pattern": "b"}]}, "a"),
        ({"$ref": "elsewhere"}, 1),
        ({"$ref": "/api/_definitions.json#/$defs/name"}, 1),
        ({"required": ["a"]}, {}),
        ({"properties": {"a": {"type": "string"}}}, {"a": 1}),
        ({"properties": {}, "additionalProperties": False}, {"a": 1}),
        ({"additionalProperties": {"type": "string"}}, {"a": 1}),
        ({"items": {"type": "string"}}, ["a", 1]),
    ],
)
def test_no_is_said_where_it_does_not_fit_or_is_not_plain(schema: Plain, value: Plain) -> None:
    assert not Fit(lambda _name: {"type": "string"}).check(schema)(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, 1),
        ({"description": "says nothing", "x-kubernetes-list-type": "map", "format": "int32"}, 1),
        ({"type": ["integer", "null"]}, None),
        ({"type": "number"}, 1.5),
        ({"oneOf": [{"type": ["string", "null"]}, {"type": ["integer", "null"]}]}, 80),
        ({"$ref": "/api/_definitions.json#/$defs/name"}, "a"),
        ({"properties": {"a": {"type": "string"}}, "additionalProperties": False, "required": ["a"]}, {"a": "b"}),
        ({"properties": {"a": {"type": "string"}}}, {"b": 1}),
        ({"additionalProperties": {"type": "string"}}, {"a": "b"}),
        ({"items": {"type": "string"}, "type": "array"}, ["a", "b"]),
    ],
)
def test_yes_is_said_where_it_plainly_fits(schema: Plain, value: Plain) -> None:
    assert Fit(lambda _name: {"type": "string"}).check(schema)(value)
