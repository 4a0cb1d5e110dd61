"""Fixes that touch one container only are judged by it alone: as many are held as with all judged each time."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from test_starting_random import NEIGHBOURS, random_images, random_profile, random_workload
from test_starts_random import random_container

from harden.engine import choosing
from harden.engine.apart import Apart
from harden.engine.run import harden
from harden.images.facts import ImageFacts
from harden.model.finding import Risk
from harden.model.profile import Profile
from harden.model.report import Mode


def many_containers(random: Random) -> dict[str, Any]:
    workload = random_workload(random)
    spec = workload["spec"] if workload["kind"] == "Pod" else workload["spec"]["template"]["spec"]
    bare = random.random() < 0.5
    for number in range(10):
        # Two of the same name, and one without any, cannot be told apart.
        name = f"m{number}" if random.random() < 0.98 else random.choice(("m0", ""))
        container = random_container(random, name) | {"image": random.choice(("one:1.2", "two:2.0", f"three:{number}"))}
        if random.random() < 0.5:
            del container["securityContext"]
        spec["containers"].append(container)
    for container in spec["containers"] if bare else ():
        # What all need is then written once, into the pod.
        container.pop("securityContext", None)
    return workload


def told(content: bytes, profile: Profile, images: dict[str, ImageFacts]) -> object:
    (report,) = harden([("a.yaml", content)], profile, Mode.APPLY, images=images.get)
    return report


@pytest.mark.parametrize("risk", list(Risk), ids=lambda risk: risk.word)
def test_what_is_chosen_is_the_same_as_with_all_judged_each_time(risk: Risk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    made = Apart.of

    def noted(*args: Any) -> Apart | None:
        found = made(*args)
        seen["all" if found is None else "apart"] += 1
        return found

    for seed in range(70):
        random = Random(seed)
        workload, images, profile = many_containers(random), random_images(random), random_profile(random, risk)
        content = "".join(f"---\n{json.dumps(each, indent=1)}\n" for each in (workload, *NEIGHBOURS)).encode()
        with monkeypatch.context() as patched:
            patched.setattr(Apart, "of", noted)
            found = told(content, profile, images)
        with monkeypatch.context() as patched:
            patched.setattr(choosing, "_FEW", 1000)
            assert found == told(content, profile, images), seed
    assert seen["apart"] > 25
    assert seen["all"] > 5
