"""The table of kinds: rows by group and kind, and what a wrong or misspelt kind was likely meant to be."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from golden_case import ROOT, Case, cases, result
from requirements import oracle
from ruamel.yaml import YAML

from harden.kube.kinds import BUILT_IN, CUSTOM, OWN, is_misspelt
from harden.kube.workloads import find
from harden.model.kube import Workload


@pytest.mark.parametrize(
    ("api_version", "kind", "since"),
    [
        ("extensions/v1beta1", "Deployment", 16),
        ("extensions/v1beta1", "StatefulSet", None),
        ("apps/v1beta2", "StatefulSet", 16),
        ("batch/v1beta1", "CronJob", 25),
        ("batch/v2alpha1", "CronJob", 21),
        ("apps/v1", "Deployment", None),
        ("example.com/v1", "Deployment", None),
    ],
)
def test_gone_versions(api_version: str, kind: str, since: int | None) -> None:
    row = BUILT_IN.row(api_version, kind)
    assert (None if row is None else row.gone.get(api_version)) == since


def test_rows_are_told_apart_by_group_and_kind() -> None:
    places = [(version, row.name) for row in BUILT_IN for version in (*row.versions, *row.gone)]
    assert len(places) == len(set(places))
    assert BUILT_IN.row("v1", "Service") is None
    assert BUILT_IN.row("argoproj.io/v1alpha1", "Deployment") is None


@pytest.mark.parametrize(
    ("word", "is_near"),
    [
        ("Deploymnt", True), ("deployment", True), ("StatefullSet", True), ("DaemonSets", True), ("Dameonset", True),
        ("CronJobs", True), ("pod", True), ("Pods", True),
        ("Deployment", False), ("Node", False), ("Jobber", False), ("Prometheus", False), ("Podium", False),
        ("PodMonitor", False), ("Cron", False), ("Log", False), ("ReplicaSetList", False), ("Service", False),
    ],
)  # fmt: skip
def test_words_that_are_nearly_a_kind(word: str, is_near: bool) -> None:  # noqa: FBT001 - a table
    assert is_misspelt(word) is is_near


def test_every_custom_kind_has_golden_cases() -> None:
    texts = {path.parent.name: path.read_text("utf-8") for path in (ROOT / "custom-kinds").glob("*/in.yaml")}
    for row in CUSTOM:
        named = {name.split("-", 1)[0] for name, text in texts.items() if f"kind: {row.name}\n" in text}
        assert {"fix", "pass"} <= named, row.name


def test_no_custom_row_has_the_group_of_kubernetes() -> None:
    assert not {row.group for row in CUSTOM} & {row.group for row in OWN}


CASES = [case for case in cases() if case.folder.parent.name == "custom-kinds"]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_verdicts_of_custom_kinds_are_official(case: Case, tmp_path: Path) -> None:
    """The official evaluator says of a Pod with the same spec what harden says of the custom kind."""
    content = case.source.read_bytes()
    report = case.run(content)
    for moment, data in (("before", content), ("after", result(report, content))):
        told = [
            {failure.id for failure in (workload.before if moment == "before" else workload.after)}
            for workload in report.workloads
        ]
        assert told == [_official(pod, case.profile().level.value, tmp_path) for pod in _pods(data)]


def _pods(data: bytes) -> list[dict[str, object]]:
    values = YAML(typ="safe", pure=True).load_all(data)
    found = [each for at, value in enumerate(values) for each in find(at, value) if isinstance(each, Workload)]
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", **each.metadata}, "spec": each.spec}
        for each in found
    ]


def _official(pod: dict[str, object], level: str, folder: Path) -> set[str]:
    path = folder / "pod.json"
    path.write_text(json.dumps(pod), "utf-8")
    # A kind may have fields beside those of a pod.
    command = [oracle(), "--level", level, "--version", "latest", "--lenient", path]
    (line,) = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return {check[0] for check in json.loads(line)["failed"] or ()}


def test_another_version_of_an_operators_group_is_its_kind_and_another_group_is_not() -> None:
    rollout = BUILT_IN.row("argoproj.io/v1alpha1", "Rollout")
    assert rollout is not None
    assert BUILT_IN.row("argoproj.io/v1", "Rollout") is rollout
    assert BUILT_IN.row("example.com/v1", "Rollout") is None
