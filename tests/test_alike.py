"""Controls that are asked once about pods that look alike say what they would say of each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import pytest
from control_subjects import CONTROLS, FIELDS, document, fix_of, spec, workload
from test_controls_random import random_documents
from test_starts_random import random_facts, scene
from test_work import calls

from harden.controls import Context, Control
from harden.engine.alike import Asked
from harden.engine.judging import Judge, Verdict
from harden.images.facts import ImageFacts
from harden.kube.bundle import Bundle
from harden.kube.kinds import BUILT_IN
from harden.model.finding import Finding, Fix, Risk, SetField
from harden.model.kube import Workload
from harden.model.profile import Profile
from harden.model.text import Plain
from harden.settings import load

Look = Callable[[str], ImageFacts | None]

#: Of what is called so, something may be known.
KNOWN = ("known", "registry.example.com/team/known:1.2")
#: Names for which others stand in.
PLAIN = [
    *KNOWN,
    "mcr.microsoft.com/mssql/server:2022",
    "web",
    "web:latest",
    "registry.example.com/team/web:1.2",
    "registry.example.com:5000/memcached:1",
]
IMAGES: tuple[Plain, ...] = (
    *PLAIN,
    *PLAIN,
    "redis@sha256:" + "0" * 64,
    "Bad Image",
    "harden.invalid/stand-in-0:0",
    "stand-in-1:0",
    "",
    None,
    5,
)
NOTHING = Bundle((), ())


def beside(judge: Judge) -> Asked:
    """Return what a judge asks where nothing is known of images and neighbours."""
    return judge.beside(NOTHING, lambda _image: None)


def containers(of: Plain) -> Iterator[dict[str, Plain]]:
    """Yield the containers of a pod's spec."""
    for field in FIELDS:
        listed = of.get(field) if isinstance(of, dict) else None
        yield from (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def pods(seed: int) -> Iterator[tuple[Workload, Look]]:
    """Yield random pods, each with others that differ in names, labels and images only."""
    rng = Random(seed)
    wholes: list[Any] = [whole for whole, _, _ in random_documents(seed)]
    of_starts, look_up = scene(seed)
    wholes.append(document(of_starts))
    facts = {image: random_facts(rng, image) for image in KNOWN}

    def known(image: str) -> ImageFacts | None:
        return facts[image] if image in facts else look_up(image) if image == "mystery" else None

    for whole in wholes:
        other_names = PLAIN[:]
        for container in containers(workload(whole).spec):
            container["image"] = rng.choice(IMAGES)
            if rng.random() < 0.2:
                container["name"] = "stand-in-0:0"
        for at in range(6):
            rng.shuffle(other_names)
            renamed = dict(zip(PLAIN, other_names, strict=True))
            subject = workload(copy.deepcopy(whole))
            for container in containers(subject.spec):
                image = container["image"]
                container["image"] = renamed[image] if isinstance(image, str) and image in renamed else image
            annotations = subject.metadata.get("annotations") if at % 3 else {}
            metadata = {"annotations": annotations, "labels": {"app": f"a{at}"}}
            if subject.kind == "Deployment" and at % 2:
                subject = subject._replace(kind="StatefulSet", row=BUILT_IN.named("StatefulSet")[0])
            yield (
                subject._replace(
                    name=f"w{at}", metadata=metadata, namespace=rng.choice([None, "default", "shop"]), document=at
                ),
                known,
            )


PROFILES: list[Profile] = [
    *(load(name)._replace(version=version) for name in ("baseline", "restricted") for version in (None, (1, 24))),
    load("hardened"),
]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda each: f"{each.name}-{each.version}")
def test_what_is_told_again_is_what_each_pod_would_be_told(profile: Profile) -> None:
    for seed in range(15):
        # As in a run: one memory for all of its pods.
        judge = Judge(profile, None, None)
        for subject, known in pods(seed):
            alone = Judge(profile, None, None)
            expected = alone.judge(subject, alone.beside(NOTHING, known))
            for _ in range(3):
                assert judge.judge(subject, judge.beside(NOTHING, known)) == expected, seed


def test_a_control_that_writes_the_name_of_an_image_is_asked_every_time() -> None:
    def check(workload: Workload, _context: Context) -> Iterator[Finding]:
        (container,) = workload.containers
        change = SetField((*workload.pod, "hostname"), cast("Plain", container.get("image")))
        yield Finding(workload.pod, "it is called otherwise", Fix(Risk.SAFE, "it is its own", (change,)))

    control = CONTROLS["privileged"]._replace(check=check, speaks_of=frozenset())
    judge = Judge(load("restricted"), None, [control])
    for image in ("a:1", "b:2", "c:3", "d:4"):
        verdict = judge.judge(workload(document(spec(f"containers: [{{name: c, image: '{image}'}}]"))), beside(judge))
        assert isinstance(verdict, Verdict)
        fixes = [fix_of(finding) for finding in verdict.findings if finding.control == control.id]
        assert [fix.changes for fix in fixes] == [(SetField(("spec", "template", "spec", "hostname"), image),)]


def test_a_pod_and_a_template_of_the_same_spec_are_told_apart() -> None:
    same = "{hostNetwork: true, containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}"
    judge = Judge(load("restricted"), None, None)
    for _ in range(3):
        for kind in ("Pod", "Deployment", "StatefulSet"):
            subject = workload(document(spec(same), kind=kind))
            alone = Judge(load("restricted"), None, None)
            expected = alone.judge(subject, beside(alone))
            assert judge.judge(subject, beside(judge)) == expected
            within = subject._replace(path=("items", 1))
            assert judge.judge(within, beside(judge)) == alone.judge(within, beside(alone))


def test_no_two_pods_share_a_finding() -> None:
    judge = Judge(load("restricted"), None, None)
    subjects = [workload(document(spec("containers: [{name: c, image: web}]"))) for _ in range(4)]
    verdicts = [judge.judge(each, beside(judge)) for each in subjects]
    found = [finding for verdict in verdicts if isinstance(verdict, Verdict) for finding in verdict.findings]
    assert len({id(finding) for finding in found}) == len(found) > 0


def asked(*images: str, count: int = 20) -> int:
    """Return how often a control is asked about so many pods, whose images are taken in turn."""
    judge = Judge(load("restricted"), None, None)
    subjects = [
        workload(document(spec(f"containers: [{{name: c, image: '{images[at % len(images)]}'}}]")))
        for at in range(count)
    ]
    other = beside(judge)
    return calls({"judge": Control.judge}, lambda: [judge.judge(each, other) for each in subjects])["judge"]


def test_pods_that_look_alike_are_asked_about_twice() -> None:
    # As it is, and once more with names that stand in.
    once = asked("a:1", count=1)
    assert asked("a:1", "b:2", "registry.example.com/c") == 2 * once
    # Its name is no plain one: nothing may stand in for it.
    assert 20 * once <= asked("Bad Image") < 21 * once


def test_what_a_run_keeps_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harden.engine.alike._MOST", 3)
    judge = Judge(load("restricted"), None, None)
    other = beside(judge)
    for at in range(40):
        subject = workload(document(spec(f"containers: [{{name: c{at}, image: web}}]")))
        first = judge.judge(subject, other)
        assert judge.judge(subject, other) == judge.judge(subject, other) == first
        kept = vars(vars(judge)["_alike"])
        assert all(len(each) <= 3 for each in kept.values())
