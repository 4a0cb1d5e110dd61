"""No run stops a container that starts: by hand, on random pods and facts, and in how many judgements."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from start_subjects import IMAGES, Spec, one, pod
from test_starts_random import scene
from test_work import calls

from harden.engine.run import harden
from harden.engine.telling import Telling
from harden.images.facts import ImageFacts
from harden.model.finding import Because, Risk
from harden.model.report import FileReport, Mode, WorkloadReport
from harden.model.start import Start, Topic
from harden.settings import load
from harden.starts import compare, starts

Look = Callable[[str], ImageFacts | None]
#: What a person looks at is whether facts hold for another tag, and whether a program's file has capabilities.
LOOKED_AT = frozenset({Topic.TAG, Topic.FILE_CAPABILITIES})


def hardened(spec: Spec, images: Look, *, profile: str = "restricted", risk: str = "review") -> tuple[Spec, FileReport]:
    """Return a pod's spec after `apply`, and the report."""
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    content = json.dumps(whole, indent=2).encode()
    asked = load(profile, overrides={"risk": risk})
    (report,) = harden([("a.json", content)], asked, Mode.APPLY, images=images, telling=Telling(starts=True))
    after = json.loads(report.after if report.after is not None else content)
    return after["spec"], report


def only(report: FileReport) -> WorkloadReport:
    (found,) = report.workloads
    return found


def held(report: FileReport) -> dict[str, str]:
    """Return what is held for lack of facts, by control."""
    outcomes = [outcome for outcome in only(report).outcomes if outcome.held is not None]
    return {
        outcome.finding.control: outcome.held.text
        for outcome in outcomes
        if outcome.held and outcome.held.because is Because.NEEDS_FACTS
    }


@pytest.mark.parametrize("profile", ["baseline", "restricted", "hardened"])
@pytest.mark.parametrize("risk", ["safe", "review"])
def test_no_start_is_lost(profile: str, risk: str) -> None:
    lost = 0
    for seed in range(60):
        spec, images = scene(seed)
        after, report = hardened(spec, images, profile=profile, risk=risk)
        before, now = starts(spec, images), starts(after, images)
        passes = frozenset[Topic]() if risk == "safe" else LOOKED_AT
        if all(container.verdict is not Start.NO for container in before):
            assert compare(before, now, passes) == (), seed
        else:
            # What did not start may be made to start with more fixes.
            known = {(each.field, each.name): each.verdict for each in now}
            for container in before:
                if container.verdict is Start.YES:
                    found = known.get((container.field, container.name), Start.YES)
                    assert found is Start.YES or (risk == "review" and found is Start.UNKNOWN), seed
        lost += bool(held(report))
    assert profile == "baseline" or lost > 0


class TestUnknownImages:
    def test_the_default_writes_no_user(self) -> None:
        after, report = hardened(one("mystery"), IMAGES)
        assert after.get("securityContext", {}).get("runAsNonRoot") is None
        assert after["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": False}
        assert set(held(report)) == {"capabilities", "run-as-non-root"}

    def test_the_command_that_finds_out_is_named(self) -> None:
        _, report = hardened(one("registry.example.com/shop/cart:1.2"), IMAGES)
        assert held(report)["run-as-non-root"] == (
            "runAsNonRoot needs a numeric user, and that of cart:1.2 is not known: "
            "harden images learn --registry registry.example.com/shop/cart:1.2 finds out"
        )

    def test_what_no_registry_has_is_not_looked_up(self) -> None:
        _, report = hardened(one("<YOUR IMAGE>"), IMAGES)
        assert "learn" not in "".join(held(report).values())

    def test_a_number_is_enough(self) -> None:
        after, report = hardened(one("mystery", "{runAsUser: 1000}"), IMAGES)
        assert held(report) == {}
        assert after["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}

    def test_who_accepts_breaking_gets_it_by_that_name(self) -> None:
        after, report = hardened(one("mystery"), IMAGES, risk="breaking")
        assert after["securityContext"]["runAsNonRoot"] is True
        risks = {outcome.finding.control: outcome.finding.risk for outcome in only(report).outcomes}
        assert (risks["run-as-non-root"], risks["capabilities"]) == (Risk.BREAKING, Risk.REVIEW)

    def test_others_are_told_by_their_own_names(self) -> None:
        spec = pod("{containers: [{name: a, image: shop/a}, {name: b, image: shop/b}]}")
        _, report = hardened(spec, IMAGES)
        again = hardened(pod("{containers: [{name: a, image: shop/c}, {name: b, image: shop/d}]}"), IMAGES)[1]
        texts = [outcome.held.text for each in (report, again) for outcome in only(each).outcomes if outcome.held]
        assert not any("stand-in" in text for text in texts)
        assert any("shop/b finds out" in text for text in texts)
        assert any("shop/d finds out" in text for text in texts)

    def test_a_known_container_beside_one_is_fixed(self) -> None:
        spec = pod("{containers: [{name: a, image: redis}, {name: b, image: mystery}]}")
        after, _ = hardened(spec, IMAGES)
        known, unknown = after["containers"]
        assert known["securityContext"]["runAsUser"] == 999
        assert "runAsNonRoot" not in unknown["securityContext"]


def test_safe_is_only_what_holds_for_the_tag() -> None:
    def elsewhere(image: str) -> ImageFacts | None:
        facts = IMAGES(image)
        return None if facts is None else facts._replace(reaches_tag=False, outside=frozenset(facts.origins))

    _, report = hardened(one("numbered"), elsewhere)
    risks = {outcome.finding.control: outcome.finding.risk for outcome in only(report).outcomes}
    assert risks["run-as-non-root"] is Risk.REVIEW
    assert hardened(one("numbered"), elsewhere, risk="safe")[0] == one("numbered")
    _, report = hardened(one("numbered"), IMAGES)
    assert {outcome.finding.control: outcome.finding.risk for outcome in only(report).outcomes}[
        "run-as-non-root"
    ] is Risk.SAFE


def test_reports_say_of_each_container_whether_it_starts() -> None:
    (found,) = only(hardened(one("redis"), IMAGES)[1]).containers
    assert (found.name, found.image, found.before, found.after) == ("c", "redis", "yes", "yes")
    assert any("own.yaml:1" in place for place in found.evidence)
    (found,) = only(hardened(one("redis", "{runAsNonRoot: true}"), IMAGES)[1]).containers
    assert found.before == "no"


def judgements(*specs: Spec) -> int:
    """Return how often the start of a pod is judged in a run over some pods."""
    wholes = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{at}"}, "spec": spec}
        for at, spec in enumerate(specs)
    ]
    content = "---\n".join(f"{json.dumps(whole)}\n" for whole in wholes).encode()
    counted: Any = calls(
        {"starts": starts},
        lambda: list(harden([("a.yaml", content)], load("restricted"), Mode.APPLY, images=IMAGES)),
    )
    return int(counted["starts"])


def test_unknown_images_are_judged_once() -> None:
    """A long stream of them costs no more than a few."""
    few = judgements(*(one(f"registry.example.com/web:1.{number}") for number in range(2)))
    many = judgements(*(one(f"registry.example.com/web:1.{number}") for number in range(40)))
    assert few == many


def test_nothing_is_judged_where_no_start_hangs_on_the_fixes() -> None:
    fine = "{allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 1000, capabilities: {drop: [ALL]}}"
    assert judgements(one("mystery", fine)) == 0
    assert judgements(one("redis")) <= 5
