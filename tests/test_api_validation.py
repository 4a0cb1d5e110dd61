"""The API server's own validation finds nothing in what harden writes that it did not find in what was there."""

from __future__ import annotations

import collections
import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import crd_facts
import pytest
import requirements
from golden_case import ROOT, TODAY, Case, cases, result

from harden.engine.exempt import RunExemptions
from harden.engine.run import harden
from harden.model.report import FileReport, Mode, Stage
from harden.settings import load

PROFILES = ("baseline", "restricted", "hardened")
RISKS = ("safe", "review", "breaking")
#: Below breaking, the profile baseline changes nothing of the corpus.
EVERY = [("baseline", "breaking"), *((profile, risk) for profile in PROFILES[1:] for risk in RISKS)]
BUNDLES = ROOT / "companions"


class Told(NamedTuple):
    """What the API server says of one object: each fault as field without indexes, kind and sentence."""

    label: str
    faults: collections.Counter[tuple[str, ...]]


#: By file, document and item: all 0-based, the item None outside of a List.
Place = tuple[str, int, int | None]


def ask(files: list[Path]) -> dict[Place, Told]:
    """Return what the API server says of each object of these files that it decodes, of the kinds that are judged."""
    names = "".join(f"{path}\n" for path in files)
    command = [str(requirements.api_validation()), "-crds", str(crd_facts.listed())]
    run = subprocess.run(command, input=names, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    found = map(json.loads, run.stdout.split("\n")[:-1])
    return {
        (each["file"], each["doc"], each.get("item")): Told(
            f"{each['kind']} {each['name']}",
            # Items may have moved: another one of the list was taken away.
            collections.Counter((re.sub(r"\[\d+\]", "[]", fault[0]), *fault[1:]) for fault in each["errors"]),
        )
        for each in found
    }


def compare(pairs: list[tuple[str, bytes, bytes]], folder: Path) -> tuple[list[str], int]:
    """Return what is new in each pair of name, bytes before and bytes after, and how many objects were judged."""
    files: list[tuple[str, Path, Path]] = []
    for at, (name, *contents) in enumerate(pairs):
        before, after = (folder / f"{at}-{moment}{Path(name).suffix}" for moment in ("before", "after"))
        before.write_bytes(contents[0])
        after.write_bytes(contents[1])
        files.append((name, before, after))
    told = ask([path for _, *both in files for path in both])
    names = {str(after): (name, str(before)) for name, before, after in files}
    new: list[str] = []
    for (path, *where), (label, faults) in told.items():
        if path not in names:
            continue
        name, before = names[path]
        known = told.get((before, where[0], where[1]))
        more = faults - (known.faults if known is not None else collections.Counter())
        new += [f"{name}, document {where[0]}, {label}: {': '.join(fault)}" for fault in more]
    return new, len(told)


def faults_of(report: FileReport) -> list[str]:
    return [f"{report.name}: {problem.message}" for problem in report.problems if problem.stage is Stage.VERIFY]


@pytest.mark.parametrize("text", ["", "  hostPID: true\n  shareProcessNamespace: true\n"])
def test_the_program_tells_what_is_wrong(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: web}]\n"
    path.write_text(head + text, "utf-8")
    ((place, told),) = ask([path]).items()
    assert (place, told.label) == ((str(path), 0, None), "Pod web")
    assert [fault[0] for fault in told.faults] == (["spec.shareProcessNamespace"] if text else [])


def test_a_new_fault_is_found_and_an_old_one_is_not(tmp_path: Path) -> None:
    item = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: %s, image: web}]}}"
    good, bad = (f"apiVersion: v1\nkind: List\nitems:\n- {item % name}\n".encode() for name in ("web", "Web!"))
    assert compare([("in.yaml", good, bad)], tmp_path)[0]
    assert compare([("in.yaml", bad, bad), ("in.yaml", bad, good)], tmp_path) == ([], 4)


@pytest.mark.parametrize("profile", ["its own", *PROFILES])
def test_golden_cases(profile: str, tmp_path: Path) -> None:
    requirements.api_validation()
    pairs = []
    for case in cases():
        content = case.source.read_bytes()
        for risk in RISKS if profile in PROFILES else ("",):
            report = run(case, content, profile, risk)
            where = f"{case.name}/{case.source.name} {profile} {risk}"
            assert profile not in PROFILES or faults_of(report) == [], where
            pairs.append((f"{where}{case.source.suffix}", content, result(report, content)))
    new, judged = compare(pairs, tmp_path)
    print(f"{profile}: {len(pairs)} results, {judged} objects judged")
    assert new == []
    assert judged > len(pairs)


def run(case: Case, content: bytes, profile: str, risk: str) -> FileReport:
    if not risk:
        return case.run(content)
    chosen = load(profile, overrides={"risk": risk})
    inputs = case.inputs(content)
    return next(iter(harden(inputs, chosen, Mode.APPLY, exempting=RunExemptions(today=TODAY))))


def test_golden_bundles(tmp_path: Path) -> None:
    """The objects that are created count as new: the API server takes them without a word."""
    pairs = []
    for after in sorted(BUNDLES.rglob("out/**/*.y*ml")):
        before = BUNDLES / Path(*(("in" if part == "out" else part) for part in after.relative_to(BUNDLES).parts))
        old = before.read_bytes() if before.exists() else b""
        pairs.append((after.relative_to(BUNDLES).as_posix(), old, after.read_bytes()))
    new, judged = compare(pairs, tmp_path)
    assert new == []
    assert judged > 100


@pytest.mark.parametrize(("profile", "risk"), EVERY)
def test_corpus(profile: str, risk: str, tmp_path: Path) -> None:
    requirements.api_validation()
    root = requirements.corpus()
    files = sorted(path for path in root.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))
    contents = {str(path): path.read_bytes() for path in files}
    chosen = load(profile, overrides={"risk": risk})
    faults: list[str] = []
    pairs = []
    for report in harden(contents.items(), chosen, Mode.APPLY):
        faults += faults_of(report)
        if report.changed and report.before is not None and report.after is not None:
            after = report.before.encode(report.after)
            pairs.append((report.name.removeprefix(f"{root}/"), contents[report.name], after))
    assert faults == []
    new, judged = compare(pairs, tmp_path)
    print(f"{profile} at {risk}: {len(pairs)} files, {judged} objects judged")
    assert new == []
    # At the level baseline nearly all of the corpus is admitted as it stands.
    assert judged > (100 if profile != "baseline" else 40)
