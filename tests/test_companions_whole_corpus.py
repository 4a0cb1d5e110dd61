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
    for one in reports:
        if not one.changed or one.before is None or one.after is None:
            continue
        data = one.before.encode(one.after)
        problem = (
            files.create(one.name, data)
            if one.created
            else files.write(one.name, data, original=one.before.encode(one.before.text))
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
        assert [one for report in reports for one in report.problems if one.stage is Stage.VERIFY] == [], name
        first = contents()
        again, emitter = apply(sorted(first), owns)
        assert contents() == first, name
        assert {one.standing.value for one in emitter.beside.companions} <= {"unchanged", "kept"}, name
        assert [one.name for one in again if one.changed] == [], name
        for file, data in first.items():
            text = data.decode("utf-8", "replace")
            if file.startswith("harden-") and authorship(text) is Authorship.OURS:
                written += 1
                for one in load(text):
                    assert errors(None, one["apiVersion"], one["kind"], one) == (), (name, file)
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder)
    assert written > least
