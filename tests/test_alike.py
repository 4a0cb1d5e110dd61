"""Controls that are asked once about pods that look alike say what they would say of each of them."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import pytest
from control_subjects import CONTROLS, FIELDS, document, fix_of, spec, workload
from test_controls_random import random_documents
from test_starts_random import random_facts, random_pod, scene
from test_work import calls

from harden.controls import Context, Control
from harden.engine.alike import Asked
from harden.engine.judging import Judge, Verdict
from harden.engine.run import harden
from harden.engine.starting import Starting
from harden.images.facts import ImageFacts
from harden.kube.bundle import Bundle
from harden.kube.kinds import BUILT_IN
from harden.model.finding import Finding, Fix, Risk, SetField
from harden.model.kube import Workload
from harden.model.profile import Profile
from harden.model.report import Mode, Outcome
from harden.model.text import Plain
from harden.model.tree import Document
from harden.settings import load
from harden.source.split import piece_texts

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
VARIABLES = ("LEVEL", "PING", "PUID", "POSTGRES_DB")
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
                assert judge.judge(subject, judge.beside(NOTHING, known))[:2] == expected[:2], seed


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
            assert judge.judge(subject, beside(judge))[:2] == expected[:2]
            within = subject._replace(path=("items", 1))
            assert judge.judge(within, beside(judge))[:2] == alone.judge(within, beside(alone))[:2]


def test_no_two_pods_share_a_finding() -> None:
    judge = Judge(load("restricted"), None, None)
    subjects = [workload(document(spec("containers: [{name: c, image: web}]"))) for _ in range(4)]
    verdicts = [judge.judge(each, beside(judge)) for each in subjects]
    found = [finding for verdict in verdicts if isinstance(verdict, Verdict) for finding in verdict.findings]
    assert len({id(finding) for finding in found}) == len(found) > 0


def stream(seed: int) -> tuple[list[bytes], Look]:
    """Return random pods as documents in JSON."""
    found: list[bytes] = []
    known: Look = {}.get
    for subject, look_up in pods(seed):
        known = look_up
        body = {"metadata": {**subject.metadata, "name": subject.name}, "spec": subject.spec}
        labels = subject.metadata["labels"]
        whole: dict[str, object] = {"apiVersion": "v1", "kind": "Pod", **body}
        if subject.kind != "Pod":
            spec_of = {"selector": {"matchLabels": labels}, "template": body}
            whole = {"apiVersion": "apps/v1", "kind": subject.kind, "metadata": {"name": subject.name}, "spec": spec_of}
        found.append(json.dumps(whole, indent=1).encode())
    return found, known


@pytest.mark.parametrize("risk", Risk)
def test_a_pod_in_a_stream_becomes_what_it_becomes_alone(risk: Risk) -> None:
    profile = load("restricted")._replace(risk=risk)
    made: Counter[str] = Counter()
    for seed in range(6):
        documents, known = stream(seed)
        (together,) = harden([("a.yaml", b"\n---\n".join(documents))], profile, Mode.APPLY, images=known, jobs=1)
        texts = piece_texts(together.after or "")
        reports = {each.document: each for each in together.workloads}
        for at, single in enumerate(documents):
            (alone,) = harden([("a.yaml", single)], profile, Mode.APPLY, images=known)
            assert json.loads(texts[at].removeprefix("---\n")) == json.loads(alone.after or ""), (seed, at)
            told = [report.outcomes for report in alone.workloads]
            again = [reports[at].outcomes] if at in reports else []
            assert [list(map(_told, outcomes)) for outcomes in again] == [list(map(_told, each)) for each in told]
            made.update(str(one.held and one.held.because) for outcomes in told for one in outcomes)
    assert made["None"] > 20
    assert risk is Risk.BREAKING or made["Because.NEEDS_FACTS"] > 2


def _told(outcome: Outcome) -> object:
    return outcome.finding, outcome.applied, outcome.held, outcome.check


@pytest.mark.parametrize("risk", Risk)
def test_starts_say_of_a_pod_what_they_say_of_it_alone(risk: Risk) -> None:
    held = told_again = 0
    for seed in range(24):
        rng = Random(seed)
        facts = {image: random_facts(rng, image) for image in KNOWN}
        starting, judge = Starting(facts.get), Judge(load("restricted"), None, None)
        for base in (random_pod(rng), random_pod(rng)):
            if seed % 4:
                # With volumes a pod whose image is known does not stand for others.
                del base["volumes"]
                for container in containers(base):
                    del container["volumeMounts"]
            # The same fixes for all, whatever is known.
            verdict = judge.judge(workload(document(base)), beside(judge))
            assert isinstance(verdict, Verdict)
            fixes = [each for each in verdict.findings if isinstance(each.fix, Fix)]
            for at in range(5):
                spec_of = copy.deepcopy(base)
                for container in containers(spec_of):
                    container["image"] = rng.choice(PLAIN)
                    container["env"] = [{"name": rng.choice(VARIABLES), "value": f"{at}"}]
                    container["resources"] = {"limits": {"memory": f"{at}Gi"}}
                    if at % 4 == 3:
                        container["command"] = ["sh", "-c", "nginx"]
                subject = workload(document(spec_of))
                seen = judge.judge(subject, beside(judge))
                likeness = seen.likeness if isinstance(seen, Verdict) else None
                whole = Document(0, 0, 0, None)
                expected = Starting(facts.get).weigh(subject, whole, fixes, risk)
                assert starting.weigh(subject, whole, fixes, risk, likeness) == expected, seed
                held += len(expected.held)
                told_again += likeness is not None and not likeness.is_alone
    assert min(held, told_again) > 20 or risk is Risk.BREAKING


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
        assert all(len(each) <= 3 for each in kept.values() if isinstance(each, dict))
