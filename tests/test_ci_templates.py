"""The GitHub Action and the GitLab job: their own scripts, run in a scratch repository as a runner would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from cli_session import POD, ROOT, as_program, put
from repository import begin, commit, git, settle
from requirements import is_all_required, need
from ruamel.yaml import YAML

ACTION: dict[str, Any] = YAML(typ="safe").load((ROOT / "action.yml").read_text("utf-8"))
JOB: dict[str, Any] = YAML(typ="safe").load((ROOT / "ci" / "gitlab.yml").read_text("utf-8"))["harden"]
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ (?:inputs\.(?P<input>[\w-]+)|github\.event\.pull_request\.base\.sha) \}\}")


def pod(name: str) -> str:
    return POD.replace("name: web  # kept", f"name: {name}")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with an old bad workload on main, in a branch with a new one; it is the current folder."""
    settle(monkeypatch)
    for variable in [key for key in os.environ if key.startswith(("GITHUB_", "CI_", "HARDEN_"))]:
        monkeypatch.delenv(variable)
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    put(old_yaml=pod("old"))
    begin()
    put(new_yaml=pod("new"))
    commit()
    return place


def run(command: list[str], env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def action(tmp_path: Path, base: str = "", **given: str) -> tuple[int, str]:
    """Run the step of the action that checks, with these inputs, as a runner fills its variables."""
    (step,) = (step for step in STEPS if step.get("id") == "check")
    inputs = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | given
    env = {}
    for name, value in step["env"].items():
        found = EXPRESSION.fullmatch(value)
        assert found is not None
        env[name] = base if found["input"] is None else inputs[found["input"]]
    temp = tmp_path / "temp"
    as_program(temp / "harden-venv" / "bin")
    own = {
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(temp / "output"),
        "GITHUB_STEP_SUMMARY": str(temp / "summary.md"),
    }
    return run(["bash", "-c", step["run"]], own | env)


def test_no_expression_stands_in_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    assert "${{" not in (ROOT / "ci" / "github.sh").read_text("utf-8")
    used = {EXPRESSION.fullmatch(value)["input"] for step in STEPS for value in step.get("env", {}).values()}  # type: ignore[index]
    assert used - {None} == set(ACTION["inputs"])


def test_a_pull_request_fails_for_what_it_brings(repository: Path, tmp_path: Path) -> None:
    base = git("rev-parse", "main").strip()
    code, said = action(tmp_path, base)
    assert code == 1
    assert "::error file=new.yaml,line=5,title=harden%3A Pod new::" in said
    assert "old.yaml" not in said
    assert "4 findings outside of the change" in said
    assert (tmp_path / "temp" / "output").read_text() == "exit-code=1\n"
    assert "`new.yaml:5`" in (tmp_path / "temp" / "summary.md").read_text()
    put(old_yaml=pod("old").replace("nginx", "nginx:1.27"))
    commit()
    assert "file=old.yaml" in action(tmp_path, base)[1]
    assert "file=old.yaml" in action(tmp_path, since="all")[1]
    (repository / "new.yaml").unlink()
    put(old_yaml=pod("old"))
    commit()
    assert action(tmp_path, base)[0] == 0


def test_inputs_reach_harden_as_they_are(repository: Path, tmp_path: Path) -> None:
    evil = '$(touch hacked); `touch hacked` "; touch hacked; #.yaml'
    Path(evil).write_text(pod("evil"))
    Path("-q.yaml").write_text(pod("dash"))
    code, said = action(tmp_path, paths=f"{evil}\n-q.yaml\n", sarif="o.sarif", comment="c.md", reviewdog="r.jsonl")
    assert code == 1
    assert not (repository / "hacked").exists()
    assert "Pod evil" in said
    assert "Pod dash" in said
    assert len(json.loads(Path("o.sarif").read_text())["runs"][0]["results"]) == 8
    assert Path("c.md").read_text().startswith("<!-- harden -->")
    assert len(Path("r.jsonl").read_text().splitlines()) >= 4
    assert action(tmp_path, since="--output=hacked")[0] == 2
    assert action(tmp_path, gate="true")[0] == 1
    assert action(tmp_path, profile="privileged", since="main", lines="true")[0] == 2


def test_an_error_is_an_error(repository: Path, tmp_path: Path) -> None:
    del repository
    code, said = action(tmp_path, "0" * 40)
    assert code == 2
    assert "Git knows no such commit" in said
    put(new_yaml="apiVersion: v1\nkind: Pod\nspec: [\n")
    assert action(tmp_path, since="main")[0] == 3


def test_the_step_that_installs(tmp_path: Path) -> None:
    need(is_all_required(), "it fetches packages; HARDEN_REQUIRE_ALL=1 runs it")
    source = tmp_path / "action"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "tests", "golden", "build", "*.egg-info"))
    own = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(source)}
    code, said = run(["bash", "-c", STEPS[0]["run"]], own)
    assert code == 0, said
    done = subprocess.run([tmp_path / "harden-venv" / "bin" / "harden", "--version"], capture_output=True, check=True)
    assert done.stdout.startswith(b"harden ")


def job(tmp_path: Path, **given: str) -> tuple[int, str]:
    """Run the script of the GitLab job with these variables."""
    folder = as_program(tmp_path / "bin").parent
    env = {**JOB["variables"], "HARDEN_PACKAGE": "", "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **given}
    return run(["sh", "-e", "-c", "\n".join((*JOB["before_script"], *JOB["script"]))], env)


def test_a_merge_request_fails_for_what_it_brings(repository: Path, tmp_path: Path) -> None:
    base = git("rev-parse", "main").strip()
    code, said = job(tmp_path, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert code == 1
    assert "Pod new" in said
    issues = json.loads((repository / JOB["artifacts"]["reports"]["codequality"]).read_text())
    assert {issue["location"]["path"] for issue in issues} == {"new.yaml"}
    tests = ET.parse(repository / JOB["artifacts"]["reports"]["junit"]).getroot()  # noqa: S314 - see above
    assert [case.get("name") for case in tests.iter("testcase")] == ["Pod new"]
    assert job(tmp_path)[0] == 1
    put(old_yaml=pod("old").replace("nginx", "nginx:1.27"))
    assert "Pod old" in job(tmp_path, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)[1]
    (repository / "new.yaml").unlink()
    put(old_yaml=pod("old"))
    assert job(tmp_path, HARDEN_SINCE="main")[0] == 0
    assert job(tmp_path, HARDEN_SINCE="nowhere")[0] == 2
