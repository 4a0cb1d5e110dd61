"""patch on real bundles and on the golden cases: what the overlay builds is what apply makes of the built input."""

from __future__ import annotations

import collections
import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cli_session import Done, Session
from golden_case import ROOT as GOLDEN
from requirements import corpus, kustomize

from harden.model.text import SourceText
from harden.source.parse import parse

#: Why an overlay of a golden case does not build, by a piece of what kustomize or harden says.
REASONS = {
    "no object without metadata.name": "an object has no name",
    "stands twice": "two objects have one identity",
    "mapping key": "kustomize refuses a key that is given twice",
    "no resource matches": "kustomize does not read a kind that is written as base64",
    "not written": "a document cannot be read",
}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([kustomize(), "build", str(folder)], capture_output=True, text=True, check=False)


def items(value: Any) -> list[Any]:
    """Return an object, or those of a List, as kustomize loads them."""
    return [item for each in value["items"] for item in items(each)] if value["kind"].endswith("List") else [value]


def objects(text: str) -> dict[str, Any]:
    """Return the objects of a stream, as Kubernetes reads them, by what tells them apart."""
    values = [document.value for document in parse(SourceText("", text), lambda _: True).documents]
    found: list[Any] = [value for value in values if value is not None]
    flat = [item for each in found for item in items(each)]
    metadata = [each["metadata"] for each in flat]
    keys = [json.dumps([o["kind"], m.get("namespace"), m["name"]]) for o, m in zip(flat, metadata, strict=True)]
    return dict(zip(keys, flat, strict=True))


def loaded(text: str) -> dict[str, Any]:
    """Return the objects of a stream as kustomize loads them: without empty annotations, and with "" for some nulls."""
    found = objects(text)
    for each in found.values():
        if each["metadata"].get("annotations") in ({}, None):
            each["metadata"].pop("annotations", None)
    return {key: without_null(each) for key, each in found.items()}


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_null(each) for each in value]
    return "" if value is None else value


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("PATH", f"{kustomize().parent}:/usr/bin:/bin")
    return Session(monkeypatch, capfdbinary)


@pytest.fixture(scope="module")
def bundles() -> dict[Path, str]:
    """Return the folders of the corpus that kustomize builds, those of components aside, and what it builds of them."""
    folders = [path.parent for path in sorted(corpus().rglob("kustomization.y*ml"))]
    found = {}
    with ThreadPoolExecutor(2) as pool:
        for folder, done in zip(folders, pool.map(build, folders), strict=True):
            text = next(folder.glob("kustomization.y*ml")).read_text("utf-8")
            if done.returncode == 0 and "kind: Component" not in text:
                found[folder] = done.stdout
    assert len(found) > 20
    return found


@pytest.mark.parametrize("words", [(), ("-p", "hardened", "--risk", "breaking")], ids=" ".join)
def test_every_bundle_that_kustomize_builds(harden: Session, bundles: dict[Path, str], words: tuple[str, ...]) -> None:
    changed = 0
    for at, (folder, built) in enumerate(bundles.items()):
        done = harden("patch", str(folder), "-o", f"overlay-{at}", *words)
        assert done.code in {0, 1}, f"{folder}: {done.err}"
        after = build(Path(f"overlay-{at}"))
        assert after.returncode == 0, f"{folder}: {after.stderr}"
        applied = harden("apply", "-", *words, stdin=built.encode())
        assert objects(after.stdout) == objects(applied.text), folder
        changed += Path(f"overlay-{at}/patches").is_dir()
    # The others hold definitions and rights alone.
    assert changed >= 8


def test_charts_as_helm_renders_them(harden: Session) -> None:
    charts = sorted((corpus() / "rendered-charts").glob("*.yaml"))
    looked_at = 0
    for at, chart in enumerate(charts):
        data = chart.read_bytes()
        done = harden("patch", "-", "-o", f"overlay-{at}", stdin=data)
        if done.code == 3:
            # Charts whose hooks are twins: kustomize takes no two objects of one identity.
            assert "stands twice in the manifests" in done.err, chart
            continue
        after = build(Path(f"overlay-{at}"))
        assert after.returncode == 0, f"{chart}: {after.stderr}"
        assert loaded(after.stdout) == loaded(harden("apply", "-", stdin=data).text), chart
        looked_at += 1
    assert looked_at >= len(charts) * 3 / 4


def golden() -> Iterator[Path]:
    for folder in sorted(path for path in GOLDEN.glob("*/*") if path.is_dir()):
        if list(folder.glob("in.*")):
            yield folder


def test_golden_cases_that_kustomize_loads(harden: Session) -> None:
    """Each that kustomize loads comes out as apply leaves it; the others are counted by why."""
    made: dict[Path, tuple[Done, list[str]]] = {}
    for at, folder in enumerate(golden()):
        shutil.copytree(folder, f"case-{at}")
        options = folder / "options.txt"
        words = shlex.split(options.read_text("utf-8")) if options.exists() else []
        with harden.monkeypatch.context() as inside:
            inside.chdir(f"case-{at}")
            made[Path(f"case-{at}")] = harden("patch", next(folder.glob("in.*")).name, "-o", "overlay", *words), words
    with ThreadPoolExecutor(2) as pool:
        builds = dict(zip(made, pool.map(lambda place: build(place / "overlay"), made), strict=True))
    told: collections.Counter[str] = collections.Counter()
    for place, (done, words) in made.items():
        said = done.err if done.code > 1 else builds[place].stderr
        if said and (done.code > 1 or builds[place].returncode != 0):
            told[next((reason for piece, reason in REASONS.items() if piece in said), f"{place}: {said}")] += 1
        else:
            with harden.monkeypatch.context() as inside:
                inside.chdir(place)
                text = next(Path().glob("in.*")).read_bytes()
                applied = harden("apply", "-", *words, stdin=text).text
            assert loaded(builds[place].stdout) == loaded(applied), place
            told["alike"] += 1
    assert told.keys() == {"alike", *REASONS.values()}
    assert told["alike"] > 400
