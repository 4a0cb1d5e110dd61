"""Applies every invariant to every golden case; the expected files are what people read in a review."""

from __future__ import annotations

import collections
import difflib
import json
import re
import subprocess
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requirements
import yaml
from golden_case import EXPECTED, PREFIXES, ROOT, Case, cases, rendered, result
from own_kinds import SERVED

from harden.controls import Scope, all_controls
from harden.model.report import FileReport, Mode
from harden.pss import NEWEST

CASES = cases()
COMMENT = re.compile(r"(?:^|\s)#.*$")


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    value: Case = request.param
    return value


@cache
def applied(case: Case) -> FileReport:
    """Return the report of a case as it stands, which most tests ask for: it is made once."""
    return case.run(case.source.read_bytes())


def test_expected_bytes_and_findings(case: Case, request: pytest.FixtureRequest) -> None:
    content = case.source.read_bytes()
    report = applied(case)
    after, findings = result(report, content), rendered(report)
    if request.config.getoption("--update-golden"):
        _update(case, content, after, findings)
    expected = case.expected.read_bytes() if case.expected.exists() else content
    assert after.decode("utf-8", "replace") == expected.decode("utf-8", "replace")
    assert after == expected
    assert findings == (case.findings.read_text("utf-8") if case.findings.exists() else "")


def _update(case: Case, content: bytes, after: bytes, findings: str) -> None:
    case.expected.unlink(missing_ok=True)
    case.findings.unlink(missing_ok=True)
    if after != content:
        case.expected.write_bytes(after)
    if findings and case.prefix != "pass":
        case.findings.write_text(findings, "utf-8")


def test_prefix_says_what_happens(case: Case) -> None:
    assert case.prefix in PREFIXES
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", case.folder.name)
    assert case.expected.exists() == (case.prefix == "fix")
    if case.prefix == "pass":
        # A workload that is as it should be: nothing may happen, and nothing is said.
        assert "held" not in rendered(applied(case))
    else:
        assert case.findings.exists()


def test_check_and_diff_agree_with_apply(case: Case) -> None:
    content = case.source.read_bytes()
    changed, shown, checked = applied(case), *(case.run(content, mode) for mode in (Mode.DIFF, Mode.CHECK))
    assert shown.after == changed.after
    held = [[outcome.held for outcome in workload.outcomes] for workload in changed.workloads]
    assert held == [[outcome.held for outcome in workload.outcomes] for workload in checked.workloads]
    assert not any(outcome.applied for workload in checked.workloads for outcome in workload.outcomes)


def test_second_run_changes_nothing(case: Case) -> None:
    content = case.source.read_bytes()
    once = result(applied(case), content)
    assert result(case.run(once), once) == once


def test_no_line_is_lost_or_reformatted(case: Case) -> None:
    content = case.source.read_bytes()
    before, after = (data.decode("utf-8", "replace") for data in (content, result(applied(case), content)))
    lines = list(difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm=""))
    came = collections.Counter(_bare(line[1:]) for line in lines if line[:1] == "+" and line[:3] != "+++")
    for line in (line[1:] for line in lines if line[:1] == "-" and line[:3] != "---"):
        assert not came[_bare(line)], f"only reformatted: {line!r}"
    removed = collections.Counter(_comments(before)) - collections.Counter(_comments(after))
    assert not removed, "comments lost"
    assert ("\r\n" in before, before[:1] == "\ufeff") == ("\r\n" in after, after[:1] == "\ufeff")


def _bare(line: str) -> str:
    return re.sub(r"[\s'\"]+", "", line)


def _comments(text: str) -> list[str]:
    return [found.group(0).strip() for line in text.splitlines() if (found := COMMENT.search(line))]


def test_official_schema_stays_satisfied(case: Case) -> None:
    content = case.source.read_bytes()
    before, after = _objects(content), _objects(result(applied(case), content))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        problem = _schema_problem(new)
        assert problem is None or _schema_problem(old) is not None, problem


def _objects(content: bytes) -> list[object]:
    try:
        todo: list[Any] = list(yaml.load_all(content, _Reader))
    except yaml.YAMLError:
        return []
    objects = []
    for data in todo:
        if isinstance(data, dict) and isinstance(data.get("items"), list):
            todo.extend(data["items"])
        elif isinstance(data, dict):
            objects.append(data)
    return objects


class _Reader(yaml.SafeLoader):
    """Reads dates as strings, as Kubernetes does."""


_Reader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _schema_problem(data: object) -> str | None:
    import kubernetes_validate  # slow to import
    from kubernetes_validate.utils import SchemaNotFoundError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kubernetes_validate.validate(data, f"{NEWEST[0]}.{NEWEST[1]}", strict=True)
        except SchemaNotFoundError:
            return None  # a List, or an API version that is gone
        except kubernetes_validate.ValidationError as error:
            return str(error)
    return None


RECORDED = ROOT / "verdicts.json"


def test_recorded_verdicts_are_official(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    official = {case.name: _official(case, tmp_path) for case in CASES}
    if request.config.getoption("--update-golden"):
        RECORDED.write_text(json.dumps(official, indent=1, sort_keys=True) + "\n", "utf-8")
    assert official == json.loads(RECORDED.read_text("utf-8")), "run pytest --update-golden"


def test_verdicts_are_the_recorded_ones(case: Case) -> None:
    """The verdicts in the report are those that the official evaluator gave, on the input and on the result."""
    recorded = json.loads(RECORDED.read_text("utf-8")).get(case.name)
    requirements.need(recorded is not None, "no official verdict is recorded: run pytest --update-golden with Go")
    assert _ours(case) == recorded


Verdicts = dict[str, list[list[str]]]


def _official(case: Case, folder: Path) -> Verdicts:
    """Return the failing check ids of each workload that the official evaluator knows, before and after."""
    content = case.source.read_bytes()
    profile = case.profile()
    options = ["--level", profile.level.value, "--version", profile.version_word, "--lenient"]
    said: Verdicts = {}
    for moment, data in (("before", content), ("after", result(applied(case), content))):
        path = folder / f"{moment}{case.source.suffix}"
        path.write_bytes(data)
        command = [requirements.oracle(), *options, path]
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        told = [json.loads(line) for line in lines]
        said[moment] = [
            [str(each["doc"]), each["kind"], each.get("name", ""), *(check[0] for check in each["failed"] or ())]
            for each in told
            if "level" in each and [str(each["doc"]), each["kind"], each.get("name", "")] not in _skipped(case)
        ]
    return said


def _skipped(case: Case) -> list[list[str]]:
    return [[str(skip.document), skip.kind, skip.name] for skip in applied(case).skipped]


def _ours(case: Case) -> Verdicts:
    if case.folder.parent.name == "custom-kinds":
        # What stands inside of other objects is not read there; tests/test_kinds.py asks about each pod by itself.
        return {"before": [], "after": []}
    workloads = [w for w in applied(case).workloads if SERVED.get(w.kind) == w.api_version]
    return {
        "before": [[str(w.document), w.kind, w.name, *(failure.id for failure in w.before)] for w in workloads],
        "after": [[str(w.document), w.kind, w.name, *(failure.id for failure in w.after)] for w in workloads],
    }


def test_every_folder_is_a_case() -> None:
    for case in CASES:
        names = {path.name for path in case.folder.iterdir()}
        assert names & {"in.yaml", "in.yml", "in.json"}, f"{case.name} has no input"
        strays = {name for name in names if name.startswith("out.")} - {case.expected.name}
        assert not strays, f"{case.name} has files that no test reads: {strays}"
        assert set(EXPECTED) >= {name for name in names if name.startswith(("out.", "findings"))}


def test_every_control_has_cases() -> None:
    areas = collections.defaultdict(set)
    for case in CASES:
        areas[case.folder.parent.name].add(case.prefix)
    # Those that look at whole bundles have golden bundles.
    for control in (control for control in all_controls() if control.scope is Scope.WORKLOAD):
        assert "pass" in areas[control.id], f"golden/{control.id} needs a pass- case"
        assert areas[control.id] & {"fix", "hold"}, f"golden/{control.id} needs a fix- or hold- case"
