"""Tests the evaluator against verdicts that the official library gave when they were recorded; needs no Go.

data/pss-checks.json holds the checks that run; data/pss-verdicts.jsonl holds pods, one a line, with the distinct
failures (`said`) and for each level which of them (0-based) hold from which position on (v1.0 is 0, latest is 38); no
`said` means that the pod cannot be decoded. After a change of the library or of the generator, HARDEN_RECORD=1 records
both anew (with Go); read the diff before you commit it.
"""

from __future__ import annotations

import json
import os
import subprocess
from itertools import islice
from pathlib import Path

import pytest
import requirements
from pss_corners import corners
from pss_generator import Pods
from pss_oracle import VERSIONS, Case, Failures, Runs, Verdicts, answer, ask, spread

from harden.model.finding import Level
from harden.pss import checks
from harden.pss.registry import ALL

DATA = Path(__file__).parent / "data"
CHECKS = DATA / "pss-checks.json"
VERDICTS = DATA / "pss-verdicts.jsonl"
SEED, COUNT = 37, 150
LEVELS = (Level.BASELINE, Level.RESTRICTED)


@pytest.fixture(scope="module")
def recorded() -> list[tuple[Case, Verdicts]]:
    if os.environ.get("HARDEN_RECORD") == "1":
        _record(requirements.oracle())
    lines = [json.loads(line) for line in VERDICTS.read_text(encoding="utf-8").splitlines()]
    return [
        (
            Case(each["kind"], each["metadata"], each["spec"]),
            _unpack(each.get("said"), {level: each.get(level.value) for level in LEVELS}),
        )
        for each in lines
    ]


def test_recorded_pods_get_the_recorded_verdicts(recorded: list[tuple[Case, Verdicts]]) -> None:
    assert len(recorded) == len(list(corners())) + COUNT
    for case, official in recorded:
        assert answer(case) == official, json.dumps(case.manifest())


def test_recorded_pods_exercise_every_check(recorded: list[tuple[Case, Verdicts]]) -> None:
    verdicts = [official for _, official in recorded if official is not None]
    failed = {name for verdict in verdicts for level in Level for failures in verdict[level] for name, _, _ in failures}
    assert failed == {check.id for check in ALL}
    assert sum(not verdict[Level.RESTRICTED][-1] for verdict in verdicts) > COUNT // 20
    assert len(verdicts) < len(recorded)


def test_recorded_table_of_checks_holds(recorded: list[tuple[Case, Verdicts]]) -> None:
    del recorded  # asked for because it records both files
    table = json.loads(CHECKS.read_text(encoding="utf-8"))
    for level in Level:
        for version, ids in zip(VERSIONS, spread(table[level.value]), strict=True):
            assert list(checks(level, version)) == ids, (level, version)


def test_recorded_verdicts_are_what_the_library_says_today(recorded: list[tuple[Case, Verdicts]]) -> None:
    program = requirements.oracle()
    assert ask(program, [case for case, _ in recorded]) == [official for _, official in recorded]
    assert json.loads(CHECKS.read_text(encoding="utf-8")) == _table(program)


def _table(program: Path) -> object:
    return json.loads(subprocess.run([str(program), "--checks"], capture_output=True, check=True).stdout)


def _record(program: Path) -> None:
    DATA.mkdir(exist_ok=True)
    CHECKS.write_text(json.dumps(_table(program), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    cases = [*corners(), *islice(iter(Pods(SEED)), COUNT)]
    lines = [
        {"kind": case.kind, "metadata": case.metadata, "spec": case.spec, **_pack(official)}
        for case, official in zip(cases, ask(program, cases), strict=True)
    ]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    VERDICTS.write_text(text, encoding="utf-8")


def _pack(verdicts: Verdicts) -> dict[str, object]:
    if verdicts is None:
        return {}
    assert not any(verdicts[Level.PRIVILEGED])
    said = list(dict.fromkeys(failure for level in LEVELS for failures in verdicts[level] for failure in failures))
    packed: dict[str, object] = {"said": said}
    for level in LEVELS:
        runs: list[tuple[int, list[int]]] = []
        for start, failures in enumerate(verdicts[level]):
            indexes = [said.index(failure) for failure in failures]
            if not runs or runs[-1][1] != indexes:
                runs.append((start, indexes))
        packed[level.value] = runs
    return packed


def _unpack(said: list[list[str]] | None, runs: dict[Level, Runs[list[int]]]) -> Verdicts:
    if said is None:
        return None
    failures = [(name, reason, detail) for name, reason, detail in said]
    verdicts: dict[Level, tuple[Failures, ...]] = {Level.PRIVILEGED: ((),) * len(VERSIONS)}
    for level in LEVELS:
        verdicts[level] = tuple(tuple(failures[i] for i in indexes) for indexes in spread(runs[level]))
    return verdicts
