"""What a start is said to hang on is all that it hangs on: pods that are seen alike start alike."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from start_subjects import one
from test_starts_random import GIVEN, scene

from harden.images.lookalike import SIGNS, is_telling
from harden.starts import seen, starts

SEEDS = range(120)
TRIES = 40
#: What a pod says that no start hangs on, and what it may hang on, at a pod, a container and a variable.
OF_PODS = ("affinity", "hostNetwork", "hostUsers", "nodeSelector", "os", "priorityClassName", "serviceAccountName")
OF_CONTAINERS = (
    *("args", "command", "env", "envFrom", "image", "livenessProbe", "name", "ports", "resources", "restartPolicy"),
    *("securityContext", "volumeDevices", "volumeMounts"),
)
NAMES = ("PING", "PGDATA", "PUID", "PGID", "POSTGRES_DB", "MYSQL_ROOT_PASSWORD", "LEVEL", "WORDPRESS_DB_HOST")
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 80, 5432, 1001, "", "one", "two", "windows", "/data", "/var/lib/mysql", "Always", "other"),
    *([], ["sh", "-c", "ls"], ["--dir=/store"], [{}], {}, {"name": "windows"}, {"kubernetes.io/os": "windows"}),
    *([{"configMapRef": {"name": "x"}}], [{"containerPort": 5432}], [{"name": "v1", "mountPath": "/data/db"}]),
    *([{"name": "PUID", "value": "1"}, {"name": "PGID"}], {"requests": {"cpu": "1"}}, {"runAsUser": 0}),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every mapping and list of plain data, each with its keys."""
    if isinstance(value, dict | list):
        yield value, list(value) if isinstance(value, dict) else list(range(len(value)))
        for inner in value.values() if isinstance(value, dict) else value:
            yield from places(inner)


def change(random: Random, spec: Any) -> None:
    """Change something in a pod's spec: what stands there, or what may stand there."""
    containers = [each for field in ("initContainers", "containers") for each in spec[field]]
    kind = random.random()
    if kind < 0.2:
        spec[random.choice(OF_PODS)] = copy.deepcopy(random.choice(VALUES))
    elif kind < 0.5:
        random.choice(containers)[random.choice(OF_CONTAINERS)] = copy.deepcopy(random.choice(VALUES))
    elif kind < 0.8:
        variables = [{"name": random.choice(NAMES), "value": random.choice(("1", "/data/x"))} for _ in range(3)]
        random.choice(containers)["env"] = variables[: random.randint(0, 3)]
    else:
        held, keys = random.choice([found for found in places(spec) if found[1] and found[0] is not spec])
        key = random.choice(keys)
        if random.random() < 0.3:
            del held[key]
        else:
            held[key] = copy.deepcopy(random.choice(VALUES))


def test_pods_that_are_seen_alike_start_alike() -> None:
    alike = 0
    for seed in SEEDS:
        random = Random(seed)
        spec, images = scene(seed)

        def is_unknown(image: str) -> bool:
            return images(image) is None  # noqa: B023 - asked before the next one

        for _ in range(TRIES):
            other = copy.deepcopy(spec)
            change(random, other)
            if other != spec and seen(other, is_unknown) == seen(spec, is_unknown):
                alike += 1
                assert starts(other, images, GIVEN) == starts(spec, images, GIVEN), seed
            # One change leads to the next, as long as there are containers to change.
            listed = [each for field in ("initContainers", "containers") for each in other[field]]
            if listed and all(isinstance(each, dict) and each for each in listed):
                spec = other
    assert alike > SEEDS.stop


@pytest.mark.parametrize("known", [True, False])
def test_values_of_variables_count_for_known_images_only(*, known: bool) -> None:
    first = one("app", more="env: [{name: LEVEL, value: info}], envFrom: [{configMapRef: {name: a}}]")
    second = one("app", more="env: [{name: OTHER, value: debug}]")
    assert (seen(first, lambda _: not known) == seen(second, lambda _: not known)) is not known


def test_names_that_tell_of_a_known_image_count_always() -> None:
    first, second = (one("app", more=f"env: [{{name: {name}}}]") for name in ("POSTGRES_DB", "LEVEL"))
    assert seen(first, lambda _: True) != seen(second, lambda _: True)


def test_each_sign_is_told_by_its_names() -> None:
    for sign in SIGNS:
        assert all(is_telling(pattern.replace("[YA]", "Y").replace("*", "X")) for pattern in sign.env)
        assert sign.mounts or sign.env, "no other sign is looked for (harden.images.lookalike.looks_like)"
    assert not is_telling("LEVEL")


@pytest.mark.parametrize("more", ["restartPolicy: Always", "envFrom: [{configMapRef: {name: a}}]"])
def test_what_counts_for_few_images_is_seen(more: str) -> None:
    # A sidecar listens for as long as the pod lives, and `envFrom` may set what an image needs without root.
    assert seen(one("app", more=more), lambda _: False) != seen(one("app"), lambda _: False)
