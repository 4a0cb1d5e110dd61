"""Real bundles as people have them: each folder of the corpus with several workloads, applied twice with companions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from companion_bundles import corpus_bundles, load
from requirements import corpus

from harden.adapters import files
from harden.companions.ownership import namespaces, settle
from harden.companions.signature import Authorship, authorship
from harden.engine.run import harden
from harden.generated import GeneratedObjects, GenerateOptions, bundle_controls
from harden.model.report import FileReport, Mode, Stage
from harden.settings import load as load_profile
from harden.verify.schema import errors


def apply(names: list[str], owns: tuple[str, ...]) -> tuple[list[FileReport], GeneratedObjects]:
    """Apply the restricted profile with companions to files of the current folder, as the command line does."""
    profile = load_profile("restricted")
    emitter = GeneratedObjects(
        GenerateOptions(profile.options, bundle_controls(profile), owns, fallback="default", look=files.look), profile
    )
    inputs = [(name, files.read(name)) for name in names]
    reports = list(harden(inputs, profile, Mode.APPLY, emitter=emitter))
    for report in reports:
        if not report.changed or report.before is None or report.after is None:
            continue
        data = report.before.encode(report.after)
        problem = (
            files.create(report.name, data)
            if report.created
            else files.write(report.name, data, original=report.before.encode(report.before.text))
        )
        assert problem is None, problem
    return reports, emitter


def contents() -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(Path().iterdir()) if path.is_file()}


@pytest.mark.parametrize(("owned", "least"), [("those shown", 50), ("all", 100)])
def test_every_bundle_of_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: str, least: int) -> None:
    root = corpus()
    written = 0
    for at, (name, bundle) in enumerate(corpus_bundles(root)):
        owns = namespaces(bundle, settle(bundle)) if owned == "all" else ()
        folder = tmp_path / str(at)
        folder.mkdir()
        for path in sorted((root / name).glob("*.y*ml")):
            shutil.copy(path, folder / path.name)
        monkeypatch.chdir(folder)
        reports, _ = apply(sorted(contents()), owns)
        assert [problem for report in reports for problem in report.problems if problem.stage is Stage.VERIFY] == [], (
            name
        )
        first = contents()
        again, emitter = apply(sorted(first), owns)
        assert contents() == first, name
        assert {companion.standing.value for companion in emitter.beside.companions} <= {"unchanged", "kept"}, name
        assert [each.name for each in again if each.changed] == [], name
        for file, data in first.items():
            text = data.decode("utf-8", "replace")
            if file.startswith("harden-") and authorship(text) is Authorship.OURS:
                written += 1
                for each in load(text):
                    assert errors(None, each["apiVersion"], each["kind"], each) == (), (name, file)
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder)
    assert written > least
