"""Golden bundles: `in/` becomes `out/`, `said.txt` is what harden says, `options.txt` and a profile lie beside them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_session import Session, tree
from companion_bundles import load

from harden.companions.signature import Authorship, authorship
from harden.controls import Scope, all_controls
from harden.verify.schema import errors

ROOT = Path(__file__).resolve().parent.parent / "golden" / "companions"
CASES = sorted(path.name for path in ROOT.iterdir())


@pytest.fixture
def harden(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    return Session(monkeypatch, capfdbinary)


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy a case's input and enter it; return the case's own folder."""
    folder = ROOT / str(request.param)
    shutil.copytree(folder / "in", tmp_path / "in")
    for profile in folder.glob("profile.yaml"):
        shutil.copy(profile, tmp_path / "profile.yaml")
    monkeypatch.chdir(tmp_path / "in")
    return folder


def words(case: Path) -> list[str]:
    path = case / "options.txt"
    given = shlex.split(path.read_text("utf-8")) if path.exists() else []
    return ["--companions", *("../profile.yaml" if word == "profile.yaml" else word for word in given)]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def update(case: Path, said: str) -> None:
    shutil.rmtree(case / "out", ignore_errors=True)
    shutil.copytree(Path(), case / "out")
    (case / "said.txt").write_text(said, "utf-8")


def test_every_control_of_bundles_has_one_that_it_speaks_of() -> None:
    said = "".join((ROOT / case / "said.txt").read_text("utf-8") for case in CASES)
    for control in (control for control in all_controls() if control.scope is not Scope.WORKLOAD):
        assert f"  {control.id}  " in said, f"no bundle of golden/companions has a finding of {control.id}"


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_expected_files_and_words(case: Path, harden: Session, pytestconfig: pytest.Config) -> None:
    said = harden("apply", *words(case)).text
    if pytestconfig.getoption("--update-golden"):
        update(case, said)
    assert said == (case / "said.txt").read_text("utf-8")
    assert tree() == contents(case / "out")


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_a_second_run_changes_nothing(case: Path, harden: Session) -> None:
    harden("apply", *words(case))
    first = tree()
    again = harden("apply", *words(case))
    assert tree() == first
    assert "new" not in again.last.rpartition("companions:")[2]
    assert "updated" not in again.last.rpartition("companions:")[2]


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_files_of_companions_are_marked_and_valid(case: Path) -> None:
    for path in (case / "out").rglob("harden-*.yaml"):
        text = path.read_text("utf-8")
        if authorship(text) is Authorship.THEIRS:
            continue
        for each in load(text):
            if each["kind"] == "ExternalSecret":
                continue  # Kubernetes has no schema of it
            assert errors(None, each["apiVersion"], each["kind"], each) == ()


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_files_that_harden_did_not_write_or_somebody_edited_stay(case: Path, harden: Session) -> None:
    kept = {
        name: data
        for name, data in tree().items()
        if "harden-" in name and authorship(data.decode()) is not Authorship.OURS
    }
    harden("apply", *words(case))
    assert {name: tree()[name] for name in kept} == kept


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_diff_is_a_patch_that_does_what_apply_does(case: Path, harden: Session) -> None:
    hidden = harden("diff", *words(case)).out
    Path("../hidden").write_bytes(hidden)
    patch = harden("diff", "--show-secrets", *words(case)).out
    Path("../patch").write_bytes(patch)
    before = Path("../before")
    shutil.copytree(Path(), before)
    harden("apply", *words(case))
    applied = tree()
    assert contents(before) == contents(case / "in")
    if b"***" in hidden:
        # It hides values of secrets: then it must not do anything.
        assert subprocess.run(["git", "apply", "../hidden"], cwd=before, check=False, capture_output=True).returncode
        assert contents(before) == contents(case / "in")
    if patch:
        subprocess.run(["git", "apply", "../patch"], cwd=before, check=True)
    assert contents(before) == applied
