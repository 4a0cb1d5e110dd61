"""Owns asking the official library: pods in, verdicts at every level and version out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harden.model.finding import Level
from harden.model.kube import Version
from harden.pss import NEWEST, MalformedPod, checks, evaluate

T = TypeVar("T")

#: Positions in the oracle's output: v1.0 to the newest, then latest.
VERSIONS: tuple[Version | None, ...] = (*((1, minor) for minor in range(NEWEST[1] + 1)), None)

#: (id, reason, detail) of every failed check.
Failures = tuple[tuple[str, str, str], ...]

#: For each level the failures at each of VERSIONS; None where the object cannot be decoded.
Verdicts = dict[Level, tuple[Failures, ...]] | None

#: What the oracle prints for a level: [position in VERSIONS, what holds from there on], ...
Runs = Sequence[tuple[int, T]]

_WRAPPED = {
    "PodTemplate": ("v1", ("template",)),
    "Deployment": ("apps/v1", ("spec", "template")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template")),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A pod, bare or as the template of another kind (Pod, PodTemplate, Deployment, CronJob)."""

    kind: str
    metadata: dict[str, object]
    spec: dict[str, object]

    def manifest(self) -> dict[str, object]:
        """Return the whole object."""
        inner: dict[str, object] = {"metadata": self.metadata, "spec": self.spec}
        if self.kind == "Pod":
            return {"apiVersion": "v1", "kind": "Pod", **inner}
        version, path = _WRAPPED[self.kind]
        for key in reversed(path):
            inner = {key: inner}
        return {"apiVersion": version, "kind": self.kind, **inner}


def ask(program: Path, cases: Iterable[Case]) -> list[Verdicts]:
    """Return the official verdicts, one for each case; one process for all of them."""
    lines = "".join(json.dumps(_as_json(case.manifest())) + "\n" for case in cases)
    run = subprocess.run(
        [str(program), "--runs", "--lines", "--lenient"],
        input=lines,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.stderr == "", run.stderr
    answers = [json.loads(line) for line in run.stdout.split("\n") if line]
    assert [answer["doc"] for answer in answers] == list(range(len(answers)))
    assert len(answers) == lines.count("\n")
    return [_verdicts(answer.get("runs")) for answer in answers]


def spread(runs: Runs[T]) -> list[T]:
    """Return what holds at each of VERSIONS."""
    held: list[T] = []
    for start, what in reversed(runs):
        held += [what] * (len(VERSIONS) - len(held) - start)
    return held[::-1]


def answer(case: Case) -> Verdicts:
    """Return harden's verdicts in the same form."""
    try:
        return {level: tuple(_ours(case, level, version) for version in VERSIONS) for level in Level}
    except MalformedPod:
        return None


def _ours(case: Case, level: Level, version: Version | None) -> Failures:
    failures = evaluate(case.metadata, case.spec, level, version, is_pod=case.kind == "Pod")
    assert {failure.id for failure in failures} <= set(checks(level, version))
    return tuple((failure.id, failure.reason, failure.detail) for failure in failures)


def _verdicts(runs: dict[str, Runs[list[list[str]]]] | None) -> Verdicts:
    if runs is None:
        return None
    return {
        level: tuple(
            tuple((name, reason, detail) for name, reason, detail in each) for each in spread(runs[level.value])
        )
        for level in Level
    }


def _as_json(value: object) -> object:
    """Return `value` as it is in JSON when YAML was turned into it: a float without a fraction is written as an int."""
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
