"""The report for GitLab's Code Quality: its values, its names of files, and fingerprints that survive moved lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli_session import POD, Session, put
from report_samples import shop

from harden.outputs.gitlab import render

FIELDS = ["description", "check_name", "fingerprint", "severity", "location"]


def issues(text: str) -> list[dict[str, Any]]:
    """Return the issues of a report after checking what GitLab asks of each."""
    found: list[dict[str, Any]] = json.loads(text)
    for issue in found:
        assert list(issue) == FIELDS
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not issue["location"]["path"].startswith(("./", "/"))
        assert issue["location"]["lines"]["begin"] >= 1
        assert "\n" not in issue["description"]
    marks = [issue["fingerprint"] for issue in found]
    assert len(marks) == len(set(marks))
    return found


def test_everything_that_can_happen_is_told() -> None:
    found = issues(render(shop("check")))
    told = [(i["location"]["path"], i["location"]["lines"]["begin"], i["check_name"], i["severity"]) for i in found]
    assert ("nope.yaml", 1, "harden-read", "major") in told
    assert ("shop/bad.yaml", 3, "harden-read", "major") in told
    assert ("shop/payments.yaml", 21, "run-as-non-root", "major") in told
    assert ("shop/payments.yaml", 33, "capabilities", "minor") in told
    assert ("shop/payments.yaml", 40, "harden-note", "info") in told


def test_what_apply_did_is_no_issue() -> None:
    names = [issue["check_name"] for issue in issues(render(shop("apply")))]
    assert "seccomp" not in names
    assert "volumes" in names


def test_what_an_exemption_lets_stand_is_no_issue(harden: Session) -> None:
    mark = '{name: web, annotations: {kube-harden.io/exempt.seccomp-profile: "because"}}'
    put(a_yaml=POD.replace("\n  name: web  # kept", f" {mark}"))
    names = [issue["check_name"] for issue in issues(harden("check", "--format", "gitlab").text)]
    assert "seccomp-profile" not in names
    assert "capabilities" in names


def marks(harden: Session) -> set[str]:
    return {issue["fingerprint"] for issue in issues(harden("check", "--format", "gitlab").text)}


def test_fingerprints_survive_moved_lines_and_tell_workloads_apart(harden: Session) -> None:
    put(a_yaml=POD)
    first = marks(harden)
    put(a_yaml=f"# moved\n\n{POD}")
    assert marks(harden) == first
    put(a_yaml=POD.replace("name: web  # kept", "name: other"))
    assert not marks(harden) & first
    put(a_yaml=f"{POD}---\n{POD}")
    twice = marks(harden)
    assert first < twice
    assert len(twice) == 2 * len(first)


def test_files_are_named_from_the_root_of_the_repository(harden: Session, tmp_path: Path) -> None:
    put(deploy__a_yaml=POD, b_yaml=POD)
    (tmp_path / ".git").mkdir()
    harden.monkeypatch.chdir(tmp_path / "deploy")
    found = issues(harden("check", "--format", "gitlab", "./a.yaml", str(tmp_path / "b.yaml")).text)
    assert {issue["location"]["path"] for issue in found} == {"deploy/a.yaml", "b.yaml"}
