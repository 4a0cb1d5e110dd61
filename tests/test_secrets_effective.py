"""Nothing is lost: each secret that reached a container reaches it afterwards, in golden bundles and the corpus."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from companion_bundles import corpus_bundles
from effective_environment import Environment, environments, lost
from requirements import corpus
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from harden.adapters import files
from harden.engine.run import harden
from harden.generated import GeneratedObjects, GenerateOptions, bundle_controls
from harden.model.finding import Fix, NoFix
from harden.model.report import FileReport, Mode, Stage
from harden.settings import load as load_profile

ROOT = Path(__file__).resolve().parent.parent / "golden" / "companions"
SECRETS = sorted(path.name for path in ROOT.iterdir() if path.name.startswith("secret-"))
#: A bundle without any of these has nothing that the controls look at.
SIGN = re.compile(r"secretKeyRef|secretRef|configMapKeyRef|pass|token|secret|api_?key", re.IGNORECASE)
CONTROLS = ("secret-literals", "secret-config-maps", "secret-files")


def objects(folder: Path) -> list[Any]:
    found: list[Any] = []
    for path in sorted([*folder.rglob("*.y*ml"), *folder.rglob("*.json")]):
        try:
            values = list(YAML(typ="safe", pure=False).load_all(path.read_text("utf-8")))
        except YAMLError:  # templates and broken files are the subject of other tests
            continue
        for value in values:
            if isinstance(value, dict):
                found += [each for each in value.get("items", [value]) if isinstance(each, dict)]
    return found


@pytest.mark.parametrize("case", SECRETS)
def test_golden_bundles(case: str) -> None:
    before, after = (environments(objects(ROOT / case / side)) for side in ("in", "out"))
    assert list(before) == list(after)
    is_external = case == "secret-literals-external"
    for key, environment in before.items():
        assert is_external or list(lost(environment, after[key])) == [], key


def test_the_model_notices_what_is_lost() -> None:
    text = ("text", "t0paz")
    before = Environment({"A": text}, {"/a": text})
    assert list(lost(before, Environment({"A": ("text", "other")}, {}))) == ["variable A", "file /a"]
    assert list(lost(before, Environment({"A_FILE": ("text", "/a")}, {"/a": text}))) == []
    assert list(lost(before, Environment({"A_FILE": ("text", "/b")}, {"/a": text}))) == ["variable A"]
    assert list(lost(Environment(), Environment(read={"A": "/b"}))) == ["the start reads /b for A"]


def apply(folder: Path, otherwise: str) -> list[FileReport]:
    own = f"name: own\nextends: restricted\nrisk: breaking\ncontrols:\n  secret-files: {{otherwise: {otherwise}}}\n"
    Path("../own.yaml").write_text(own, "utf-8")
    profile = load_profile("../own.yaml")
    emitter = GeneratedObjects(
        GenerateOptions(profile.options, bundle_controls(profile), fallback="default", look=files.look), profile
    )
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    reports = list(harden([(name, files.read(name)) for name in names], profile, Mode.APPLY, emitter=emitter))
    for report in reports:
        if report.changed and report.before is not None and report.after is not None:
            data = report.before.encode(report.after)
            (folder / report.name).write_bytes(data)
    return reports


@pytest.mark.parametrize("otherwise", ["report", "mount", "wrap"])
def test_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], otherwise: str
) -> None:
    root = corpus()
    table: Counter[tuple[str, str, str]] = Counter()
    containers = 0
    for at, (name, _) in enumerate(corpus_bundles(root)):
        folder = tmp_path / str(at)
        folder.mkdir()
        for path in sorted((root / name).glob("*.y*ml")):
            shutil.copy(path, folder / path.name)
        if not any(SIGN.search(path.read_text("utf-8", "replace")) for path in folder.iterdir()):
            continue
        before = environments(objects(folder))
        monkeypatch.chdir(folder)
        reports = apply(folder, otherwise)
        after = environments(objects(folder))
        for key, environment in before.items():
            containers += 1
            assert list(lost(environment, after[key])) == [], (name, key)
        assert [problem for report in reports for problem in report.problems if problem.stage is Stage.VERIFY] == []
        first = {path.name: path.read_bytes() for path in folder.iterdir()}
        if otherwise == "wrap":
            apply(folder, otherwise)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == first, name
        table.update(_rows(reports))
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder)
    assert containers > 100
    with capsys.disabled():
        print(f"\nsecrets of the corpus, otherwise: {otherwise}")
        for (control, became, reason), number in sorted(table.items(), key=lambda row: (row[0][0], -row[1])):
            print(f"  {number:4} {control:18} {became:9} {reason}")


def _rows(reports: list[FileReport]) -> list[tuple[str, str, str]]:
    rows = []
    for report in reports:
        for remark in report.remarks:
            outcome = remark.outcome
            fix = outcome.finding.fix
            if outcome.finding.control in CONTROLS:
                became = "applied" if outcome.applied else "held" if isinstance(fix, Fix) else "reported"
                held = "" if outcome.held is None else outcome.held.text
                reason = fix.reason if isinstance(fix, NoFix) or outcome.applied else held
                rows.append((outcome.finding.control, became, _general(reason)))
    return rows


def _general(reason: str) -> str:
    reason = re.sub(r"/run/secrets/\S+", "FILE", reason)
    reason = re.sub(r"nothing is known of \S+?;", "nothing is known of the image;", reason)
    reason = re.sub(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", "NAME", reason)
    return re.sub(r"\b[\w.-]+\.(?:io|com|dev|org)/\S+", "IMAGE", reason)[:110]


def test_a_real_shell_hands_the_files_to_the_program(tmp_path: Path) -> None:
    """The wrapped start of the golden bundle, run by /bin/sh with a folder of files in place of /run/secrets."""
    (spec,) = (
        each["spec"]["template"]["spec"]
        for each in objects(ROOT / "secret-files-wrap" / "out")
        if each["metadata"]["name"] == "app"
    )
    (container,) = spec["containers"]
    values = {"app/token": "t0 'pa\"z$HOME\\", "db/password": "two\nlines"}
    for path, value in values.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"{value}\n", "utf-8")
    start = [word.replace("/run/secrets", str(tmp_path)) for word in container["command"]]
    assert start[-3:] == ["python", "-m", "app"]
    shown = ["/bin/sh", "-c", 'printf "%s|" "$APP_TOKEN" "$DB_PASSWORD" "${MAYBE-unset}" "$@"', "app"]
    done = subprocess.run(
        [*start[:-3], *shown, *container["args"]], env={"HOME": "/home"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{values['app/token']}|{values['db/password']}|unset|--port=8080|--name=it's|"
    (tmp_path / "db/password").unlink()
    failed = subprocess.run([*start[:-3], *shown], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
