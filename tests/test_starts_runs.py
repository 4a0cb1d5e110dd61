"""The start model is held to the run tests: what makes a real server fail there is never called a start here.

`make test-runs` starts the servers (tests/runs). Here nothing is started: the same manifests, the same results of
harden and the same parts taken out of them are judged.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent / "runs"))

import test_history as history
import test_runs as runs
from bundles import Bundle, read, spec_of
from kubelet import RefusedError, make_pod, pod_spec

from harden.engine.choosing import TOLERATED
from harden.images.facts import ImageFacts
from harden.images.store import lookup
from harden.model.start import ContainerStart, Start, Topic
from harden.starts import Given, compare, starts


def images(image: str) -> ImageFacts | None:
    """Return the shipped facts; the servers are taken for what they were read for."""
    facts = lookup(image)
    return None if facts is None else facts._replace(outside=frozenset(), reaches_tag=True)


def every_verdict(bundle: Bundle) -> tuple[ContainerStart, ...]:
    """Return the verdicts on all containers of a bundle's only workload."""
    (workload,) = (item for item in bundle if item["kind"] in {"Deployment", "StatefulSet"})
    claims = workload["spec"].get("volumeClaimTemplates") or ()
    return starts(pod_spec(bundle), images, Given(bundle, workload["metadata"].get("namespace"), claims))


def judged(bundle: Bundle) -> ContainerStart:
    """Return the verdict on the only container of a bundle's only workload."""
    (found,) = every_verdict(bundle)
    return found


@pytest.mark.parametrize("case", runs.CASES)
def test_what_answers_starts(case: str) -> None:
    found = judged(runs.hardened(case))
    if found.verdict is not Start.YES:
        # The run tests begin with an empty claim; on one that holds data already nobody can know.
        assert {doubt.topic for doubt in found.doubts} == {Topic.MODES}, found
        assert "on a claim that already holds" in found.reason


@pytest.mark.parametrize("less", runs.LESS, ids=lambda less: f"{less.case}-without-{less.part}")
def test_what_fails_with_less_is_no_start(less: runs.Less) -> None:
    bundle = copy.deepcopy(runs.hardened(less.case))
    runs._TAKE_OUT[less.part](spec_of(bundle))
    found = judged(bundle)
    assert found.verdict is not Start.YES, found
    assert found.reason != judged(runs.hardened(less.case)).reason


@pytest.mark.parametrize("case", runs.CASES)
def test_the_kubelet_of_the_run_tests_and_the_model_refuse_the_same(case: str) -> None:
    plain = read(runs.MANIFESTS.joinpath(f"{case}.yaml").read_bytes())
    settings: tuple[Mapping[str, object], ...] = (
        {},
        {"runAsNonRoot": False},
        {"runAsNonRoot": True},
        {"runAsNonRoot": True, "runAsUser": 0},
        {"runAsNonRoot": True, "runAsUser": runs.server_of(case).account.uid},
    )
    for security in settings:
        bundle = copy.deepcopy(plain)
        spec_of(bundle)["securityContext"] = security
        try:
            make_pod(bundle, runs.server_of(case))
            refused = False
        except RefusedError:
            refused = True
        assert (judged(bundle).reason.startswith("the kubelet refuses")) is refused, (security, judged(bundle))


@pytest.mark.parametrize("case", sorted(set(runs.CASES) - {"haproxy"}))
def test_what_people_write_today_starts_as_its_authors_ship_it(case: str) -> None:
    found = judged(read(runs.MANIFESTS.joinpath(f"{case}.yaml").read_bytes()))
    assert found.verdict is Start.YES
    assert "its authors ship it with" in found.reason


def test_a_low_port_of_an_image_with_a_user_of_its_own_depends_on_the_node() -> None:
    found = judged(read(runs.MANIFESTS.joinpath("haproxy.yaml").read_bytes()))
    assert [doubt.topic for doubt in found.doubts] == [Topic.PORTS]


@pytest.mark.parametrize("case", history.CASES, ids=lambda case: case.name)
def test_what_harden_wrote_before_is_worse_by_the_model_too(case: history.Case) -> None:
    old = history.plain(case.name)
    case.before(spec_of(old))
    assert compare(every_verdict(history.plain(case.name)), every_verdict(old)) != ()


@pytest.mark.parametrize("run", history.RUNS, ids="-".join)
@pytest.mark.parametrize("case", history.CASES, ids=lambda case: case.name)
def test_what_runs_hardened_is_no_worse_by_the_model(case: history.Case, run: tuple[str, str]) -> None:
    before, after = every_verdict(history.plain(case.name)), every_verdict(history.hardened(case.name, *run))
    assert compare(before, after, TOLERATED) == ()
    assert all(each.verdict is not Start.NO for each in after)
