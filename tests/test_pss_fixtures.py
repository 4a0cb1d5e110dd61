"""Tests the evaluator on the fixtures that Pod Security Admission publishes for itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import requirements
from ruamel.yaml import YAML

from harden.model.finding import Level
from harden.pss import checks, evaluate
from harden.pss.registry import ALL

#: The published set at the commit of the sibling folder: passing pods, failing pods.
COUNTS = {
    ("baseline", "pass"): 433,
    ("baseline", "fail"): 1122,
    ("restricted", "pass"): 618,
    ("restricted", "fail"): 2364,
}


def test_every_published_fixture_gets_its_verdict_from_the_check_it_is_named_for() -> None:
    root = requirements.fixtures()
    yaml = YAML(typ="safe")
    seen: Counter[tuple[str, str]] = Counter()
    wrong = []
    for path in sorted(root.rglob("*.yaml")):
        level, _, result, _ = path.relative_to(root).parts
        seen[level, result] += 1
        wrong += _disagreement(path.relative_to(root), yaml.load(path))
    assert wrong == []
    assert seen == COUNTS


def _disagreement(path: Path, pod: dict[str, dict[str, object]]) -> list[str]:
    level, version = Level(path.parts[0]), (1, int(path.parts[1].removeprefix("v1.")))
    failed = [each.id for each in evaluate(pod["metadata"], pod["spec"], level, version, is_pod=True)]
    if path.parts[2] == "pass":
        return [f"{path}: {failed}"] if failed else []
    named = _judging(path.stem.rstrip("0123456789"), level, version)
    return [] if named in failed else [f"{path}: {failed}, not {named}"]


def _judging(stem: str, level: Level, version: tuple[int, int]) -> str:
    """Return the check that judges what the fixture is named for: at restricted another one may have taken it over."""
    named = next(check for check in ALL if check.id.lower() == stem)
    if named.id in checks(level, version):
        return named.id
    heirs = [check.id for check in ALL for revision in check.revisions if named.id in revision.overrides]
    return next(heir for heir in heirs if heir in checks(level, version))
