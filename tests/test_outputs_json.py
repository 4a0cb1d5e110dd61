"""The report for programs: its values, and that it keeps to the published schema."""

from __future__ import annotations

import json
import random
from pathlib import Path

import jsonschema_rs
import pytest
from report_samples import failures, file, outcome, run, shop, workload

from harden.model.finding import Because, Held, Risk
from harden.model.kube import Skip, SkipKind
from harden.model.report import ContainerReport, FileReport, Problem, Report, Stage
from harden.outputs.json_report import dotted, render

SCHEMA = json.loads((Path(__file__).parents[1] / "harden" / "schemas" / "report.schema.json").read_text())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def produced(report: Report) -> dict[str, object]:
    said = render(report)
    assert said.endswith("}\n")
    assert said.count("\n") == 1
    data: dict[str, object] = json.loads(said)
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []
    return data


@pytest.mark.parametrize("mode", ["apply", "diff", "check"])
def test_a_run_with_everything_keeps_to_the_schema(mode: str) -> None:
    data = produced(shop(mode))
    assert list(data) == ["profile", "level", "version", "files", "waiting"]
    assert isinstance(data["files"], list)
    assert [entry["path"] for entry in data["files"]] == [
        "nope.yaml",
        "shop/bad.yaml",
        "shop/payments.yaml",
        "shop/z.yaml",
    ]


#: What the next test expects of its report.
EVERY_VALUE = {
    "profile": "restricted",
    "level": "restricted",
    "version": "v1.37",
    "files": [
        {
            "path": "a.yaml",
            "problems": [
                {
                    "line": 7,
                    "column": None,
                    "endLine": None,
                    "endColumn": None,
                    "message": "said",
                    "stage": "note",
                    "hint": "do it",
                }
            ],
            "skipped": [
                {
                    "document": 3,
                    "kind": "Job",
                    "name": "j",
                    "because": "no-containers",
                    "reason": "not a whole object (a patch?): its pod has no containers",
                }
            ],
            "workloads": [
                {
                    "document": 2,
                    "kind": "Pod",
                    "namespace": "ns",
                    "name": "p",
                    "admitted": False,
                    "findings": [
                        {
                            "control": "c",
                            "check": "a",
                            "path": "spec.containers[0].securityContext",
                            "line": 4,
                            "column": 1,
                            "endLine": 4,
                            "endColumn": 2,
                            "message": "m",
                            "evidence": [],
                            "notes": [],
                            "risk": "safe",
                            "applied": True,
                            "held": None,
                            "because": None,
                        },
                        {
                            "control": "d",
                            "check": None,
                            "path": 'metadata.annotations["x/y"]',
                            "line": 5,
                            "column": 1,
                            "endLine": 5,
                            "endColumn": 2,
                            "message": "n",
                            "evidence": [],
                            "notes": [],
                            "risk": None,
                            "applied": False,
                            "held": "no way",
                            "because": "no-fix",
                        },
                        {
                            "control": "e",
                            "check": None,
                            "path": "spec",
                            "line": 6,
                            "column": 1,
                            "endLine": 6,
                            "endColumn": 2,
                            "message": "o",
                            "evidence": [],
                            "notes": [],
                            "risk": "breaking",
                            "applied": False,
                            "held": "r",
                            "because": "risk",
                        },
                    ],
                    "containers": [
                        {
                            "name": "x",
                            "image": None,
                            "evidence": ["e"],
                            "starts": {"before": "yes", "after": "unknown", "reason": "w"},
                        }
                    ],
                }
            ],
        }
    ],
    "waiting": {"workloads": 0, "images": []},
}


def test_every_value() -> None:
    pod = workload(
        "Pod", "p", failures("a"), failures("a"),
        outcome(4, "c", "t", "r", Risk.SAFE, message="m", path=("spec", "containers", 0, "securityContext"), check="a"),
        outcome(5, "d", "", "no way", None, message="n", path=("metadata", "annotations", "x/y"), check=None),
        outcome(6, "e", "t", "r", Risk.BREAKING, message="o", held=Held(Because.RISK, "r")),
        namespace="ns", document=2,
    )  # fmt: skip
    pod = pod._replace(containers=(ContainerReport("x", None, ("e",), "yes", "unknown", "w"),))
    note = Problem("a.yaml", Stage.NOTE, "said", 7, "do it")
    report = run(file("a.yaml", pod, skipped=(Skip(3, "Job", "j", SkipKind.NO_CONTAINERS),), problems=(note,)))
    assert produced(report) == EVERY_VALUE


@pytest.mark.parametrize(("mode", "admitted"), [("check", False), ("apply", True), ("diff", True)])
def test_admitted_is_the_file_for_check_and_the_result_otherwise(mode: str, admitted: bool) -> None:  # noqa: FBT001 - a table
    data = json.loads(render(run(file("a.yaml", workload("Pod", "p", failures("a"), ())), mode=mode)))
    assert data["files"][0]["workloads"][0]["admitted"] is admitted


def test_a_path_that_is_no_file_is_an_entry_of_its_own() -> None:
    problem = Problem("gone", Stage.READ, "cannot be read")
    assert produced(run(problems=(problem,)))["files"] == [
        {
            "path": "gone",
            "problems": [
                {
                    "line": None,
                    "column": None,
                    "endLine": None,
                    "endColumn": None,
                    "message": "cannot be read",
                    "stage": "read",
                    "hint": "",
                }
            ],
            "skipped": [],
            "workloads": [],
        }
    ]


def test_names_that_are_no_text_are_still_json() -> None:
    assert render(run(file("caf\udce9.yaml"))).encode("utf-8")
    produced(run(file("caf\udce9.yaml"), file('q"uote\n\x00.yaml'), file("日本.yaml")))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ((), ""),
        (("spec",), "spec"),
        (("items", 3, "spec", "initContainers", 0), "items[3].spec.initContainers[0]"),
        (("a-b", "c_d"), "a-b.c_d"),
        (("a.b", ""), '["a.b"][""]'),
        (('q"',), '["q\\""]'),
        ((0,), "[0]"),
    ],
)
def test_dotted_paths(path: tuple[str | int, ...], said: str) -> None:
    assert dotted(path) == said


@pytest.mark.parametrize("seed", range(20))
def test_random_reports_keep_to_the_schema(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    words = ["", "a", "x\n\x1b", "ümläut", "\udcff", 'q"']

    def workloads() -> list[object]:
        return [
            workload(
                "Pod", chance.choice(words), failures(*chance.sample("abc", chance.randrange(3))), (),
                *(
                    outcome(
                        chance.randint(1, 99), "control", "t", "r", chance.choice([None, *Risk]),
                        path=tuple(chance.choice([*words, 0, 7]) for _ in range(chance.randrange(5))),
                        held=chance.choice([None, *(Held(each, "why") for each in Because)]),
                    )
                    for _ in range(chance.randrange(4))
                ),
                namespace=chance.choice([None, *words]), document=chance.randrange(9),
            )
            for _ in range(chance.randrange(4))
        ]  # fmt: skip

    files: list[FileReport] = [file(chance.choice(words), *workloads()) for _ in range(chance.randrange(5))]
    produced(run(*files, mode=chance.choice(["apply", "diff", "check"])))


def test_the_schema_refuses_what_it_does_not_name() -> None:
    data = produced(shop())
    assert VALIDATOR.is_valid(data)
    assert not VALIDATOR.is_valid({**data, "more": 1})
    assert not VALIDATOR.is_valid({**data, "version": "1.37"})
    jsonschema_rs.meta.validate(SCHEMA)


def test_what_waits_for_facts_is_told_with_its_images() -> None:
    waits = Held(Because.NEEDS_FACTS, "not known", ("shop/b:1", "shop/a:1"))
    other = Held(Because.NEEDS_FACTS, "write it down")
    found = [outcome(4, "c", "x y", "r", Risk.REVIEW, held=held) for held in (waits, waits, other)]
    pods = (workload("Pod", "p", (), (), *found), workload("Pod", "q", (), (), *found[2:]))
    assert produced(run(file("a.yaml", *pods)))["waiting"] == {"workloads": 1, "images": ["shop/a:1", "shop/b:1"]}
