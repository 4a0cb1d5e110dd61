"""Namespaces: which labels are written, which stay, and what is said where they cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle, checked, corpus_bundles
from requirements import corpus

from harden.companions.model import Answer
from harden.companions.namespace import Place, Wanted, label, place
from harden.companions.ownership import INITIAL, namespaces, settle
from harden.kube.bundle import Bundle
from harden.model.finding import Level, Risk, SetField, Severity

MODES = ("warn", "audit", "enforce")
P = "pod-security.kubernetes.io/"


def namespace(name: str = "shop", **labels: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = {f"{P}{key.replace('_', '-')}": value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def workload(name: str, home: str | None = "shop") -> dict[str, Any]:
    spec = {"selector": {}, "template": {"spec": {"containers": [{"name": "c", "image": "registry.test/app"}]}}}
    metadata = {"name": name} if home is None else {"name": name, "namespace": home}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def reached(held: Bundle, **levels: Level) -> dict[Place, Level]:
    return {place(member): levels[member.workload.name] for member in held.members if member.workload.name in levels}


def asked(
    *objects: Mapping[str, Any],
    level: Level = Level.RESTRICTED,
    owns: tuple[str, ...] = (),
    missing: bool = False,
    **levels: Level,
) -> Answer:
    held = bundle(*objects)
    wanted = Wanted(level, "latest", "v1.37", reached(held, **levels))
    return label(held, settle(held, owns), wanted, write_missing=missing)


def written(answer: Answer) -> dict[str, object]:
    """Return what the changes set, by the end of the label's name."""
    found: dict[str, object] = {}
    for remark in answer.remarks:
        for change in remark.finding.changes:
            assert isinstance(change, SetField)
            assert change.path[:-1] == ("metadata", "labels")
            found[str(change.path[-1]).removeprefix(P)] = change.value
    return found


ALL = {"warn": "restricted", "warn-version": "latest", "audit": "restricted", "audit-version": "latest"}


def test_all_three_where_every_workload_passes() -> None:
    answer = asked(namespace(), workload("web"), workload("api"), web=Level.RESTRICTED, api=Level.RESTRICTED)
    # Enforce is pinned to the version that the workloads were judged by.
    assert written(answer) == {**ALL, "enforce": "restricted", "enforce-version": "v1.37"}
    assert [remark.finding.risk for remark in answer.remarks] == [Risk.SAFE, Risk.SAFE, Risk.REVIEW]
    assert (answer.companions, answer.offers, answer.steps) == ((), (), ())


def test_enforce_is_what_the_weakest_workload_reaches() -> None:
    answer = asked(namespace(), workload("web"), workload("agent"), web=Level.RESTRICTED, agent=Level.BASELINE)
    assert written(answer) == {**ALL, "enforce": "baseline", "enforce-version": "v1.37"}
    note = [remark for remark in answer.remarks if not remark.finding.changes]
    assert "Deployment agent reaches baseline only" in note[0].finding.message
    answer = asked(namespace(), workload("web"), workload("agent"), web=Level.RESTRICTED, agent=Level.PRIVILEGED)
    assert written(answer) == ALL


def test_a_workload_that_was_not_judged_keeps_enforce_away() -> None:
    assert written(asked(namespace(), workload("web"), workload("api"), web=Level.RESTRICTED)) == ALL


def test_workloads_elsewhere_keep_nothing_away() -> None:
    answer = asked(
        namespace(), workload("web"), workload("agent", "other"), web=Level.RESTRICTED, agent=Level.PRIVILEGED
    )
    assert written(answer)["enforce"] == "restricted"
    assert [offer.option for offer in answer.offers] == ["--owns-namespace other"]


def test_no_more_than_the_profile_asks_for() -> None:
    answer = asked(namespace(), workload("web"), level=Level.BASELINE, web=Level.RESTRICTED)
    assert {written(answer)[mode] for mode in MODES} == {"baseline"}


def test_the_privileged_profile_labels_nothing() -> None:
    assert asked(namespace(), workload("web"), level=Level.PRIVILEGED, web=Level.PRIVILEGED) == Answer()


def test_an_empty_namespace_gets_no_enforce() -> None:
    assert written(asked(namespace())) == ALL


@pytest.mark.parametrize(
    "sign",
    [
        {"apiVersion": "kafka.strimzi.io/v1", "kind": "Kafka", "metadata": {"name": "k", "namespace": "shop"}},
        {**namespace(), "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}},
        {"apiVersion": "farm.test/v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "shop"}},
    ],
    ids=["operator", "injection", "a kind of an operator that is called Namespace"],
)
def test_pods_that_nobody_can_see_keep_enforce_away(sign: Mapping[str, Any]) -> None:
    first = [] if sign["apiVersion"] == "v1" else [namespace()]
    assert written(asked(*first, workload("web"), sign, web=Level.RESTRICTED)) == ALL


def test_what_could_not_be_read_keeps_enforce_away() -> None:
    held = bundle(namespace(), workload("web"))
    wanted = Wanted(
        Level.RESTRICTED, "latest", "v1.37", reached(held, web=Level.RESTRICTED), {"shop": "broken.yaml was not read"}
    )
    answer = label(held, settle(held), wanted)
    assert written(answer) == ALL
    assert "broken.yaml was not read" in answer.remarks[-1].finding.message


def test_stricter_and_equal_labels_stay() -> None:
    own = namespace(warn="restricted", warn_version="v1.25", audit="restricted", enforce="restricted")
    assert asked(own, workload("web"), level=Level.BASELINE, web=Level.RESTRICTED) == Answer()
    assert asked(own, workload("web"), web=Level.RESTRICTED) == Answer()


def test_weaker_labels_are_raised() -> None:
    own = namespace(warn="baseline", audit="privileged", enforce="baseline", enforce_version="v1.20")
    answer = asked(own, workload("web"), web=Level.RESTRICTED)
    assert written(answer) == {**ALL, "enforce": "restricted", "enforce-version": "v1.37"}


def test_a_label_that_refuses_the_pods_is_an_error_and_stays() -> None:
    own = namespace(warn="restricted", audit="restricted", enforce="restricted")
    answer = asked(own, workload("agent"), agent=Level.BASELINE)
    (each,) = answer.remarks
    assert each.severity is Severity.ERROR
    assert "Deployment agent reaches baseline only" in each.finding.message
    assert written(answer) == {}


@pytest.mark.parametrize("label_", [{"warn": "Restricted"}, {"warn": "baseline", "warn_version": "1.25"}, {"warn": ""}])
def test_a_label_that_means_nothing_is_reported_and_stays(label_: dict[str, str]) -> None:
    answer = asked(namespace(**label_), workload("web"), web=Level.RESTRICTED)
    assert [remark.severity for remark in answer.remarks if not remark.finding.changes] == [Severity.ERROR]
    assert "warn" not in written(answer)


def test_every_object_of_the_namespace_is_labelled() -> None:
    answer = asked(namespace(), namespace(), workload("web"), web=Level.RESTRICTED)
    assert len([remark for remark in answer.remarks if remark.finding.changes]) == 6


@pytest.mark.parametrize("name", sorted(INITIAL))
def test_the_namespaces_of_the_cluster_are_not_labelled(name: str) -> None:
    answer = asked(namespace(name), workload("web", name), web=Level.RESTRICTED)
    assert written(answer) == {}
    assert f"--owns-namespace {name}" in [offer.option for offer in answer.offers]


def test_a_missing_object_is_offered_and_written_when_asked() -> None:
    answer = asked(workload("web", "asked"), owns=("asked",), web=Level.RESTRICTED)
    assert [offer.option for offer in answer.offers] == ["controls.namespace.write-missing"]
    (each,) = asked(workload("web", "asked"), owns=("asked",), missing=True, web=Level.RESTRICTED).companions
    labels = {f"{P}{key}": value for key, value in {**ALL, "enforce": "restricted", "enforce-version": "v1.37"}.items()}
    assert checked(each)["metadata"] == {"name": "asked", "labels": labels}
    (each,) = asked(workload("web", "asked"), owns=("asked",), missing=True, web=Level.PRIVILEGED).companions
    assert checked(each)["metadata"]["labels"] == {f"{P}{key}": value for key, value in ALL.items()}
    assert "Deployment web reaches privileged only" in each.text


def test_workloads_without_a_home_are_reported() -> None:
    answer = asked(workload("web", None), workload("api", "default"), workload("db", "shop"))
    assert [(remark.severity, remark.finding.path) for remark in answer.remarks] == [
        (Severity.NOTE, ("metadata",)),
        (Severity.WARNING, ("metadata", "namespace")),
    ]
    held = bundle(workload("web", None))
    assert label(held, settle(held, fallback="shop"), Wanted(Level.RESTRICTED, "latest", "v1.37", {})).remarks == ()


def test_a_bundle_of_one_namespace_without_names_is_labelled_by_the_fallback() -> None:
    held = bundle(namespace(), workload("web", None), fallback="shop")
    wanted = Wanted(Level.RESTRICTED, "v1.30", "v1.30", reached(held, web=Level.RESTRICTED))
    answer = label(held, settle(held, fallback="shop"), wanted)
    assert written(answer)["enforce"] == "restricted"
    assert written(answer)["warn-version"] == "v1.30"


def test_the_corpus_gets_namespaces_that_pass_the_schema() -> None:
    made = 0
    for _, held in corpus_bundles(corpus()):
        everything = settle(held, namespaces(held, settle(held)))
        wanted = Wanted(
            Level.RESTRICTED, "latest", "v1.37", {place(member): Level.RESTRICTED for member in held.members}
        )
        answer = label(held, everything, wanted, write_missing=True)
        assert answer == label(held, everything, wanted, write_missing=True)
        for companion in answer.companions:
            checked(companion)
        made += len(answer.companions)
    assert made > 20
