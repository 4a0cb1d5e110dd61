"""Tests the evaluator against the official library on random pods, word for word, at every level and version.

HARDEN_FUZZ_PODS sets how many pods (default 2000), HARDEN_FUZZ_SEED where they begin (default 1).
"""

from __future__ import annotations

import json
import os
from itertools import combinations, islice

import requirements
from pss_generator import Pods
from pss_oracle import VERSIONS, Case, Verdicts, answer, ask

from harden.model.finding import Level
from harden.model.kube import Version
from harden.pss import MalformedPod, evaluate, lacking
from harden.pss.registry import ALL, NEWEST

BATCH = 2000
#: The versions at which a rule changes.
CHANGES: list[Version] = sorted({revision.since for check in ALL for revision in check.revisions} | {NEWEST})


def test_random_pods_get_the_official_verdicts_word_for_word() -> None:
    count, seed = int(os.environ.get("HARDEN_FUZZ_PODS", "2000")), int(os.environ.get("HARDEN_FUZZ_SEED", "1"))
    print(f"{count} pods from seed {seed} (HARDEN_FUZZ_PODS, HARDEN_FUZZ_SEED)")
    program = requirements.oracle()
    pods = iter(Pods(seed))
    tally = Tally()
    for start in range(0, count, BATCH):
        cases = list(islice(pods, min(BATCH, count - start)))
        for case, official in zip(cases, ask(program, cases), strict=True):
            tally.add(official)
            ours = answer(case)
            assert ours == official, _difference(case, ours, official, seed)
    print(tally)
    tally.check(count)


class Tally:
    """Counts what the random pods were, so that a generator that has gone dull is noticed."""

    def __init__(self) -> None:
        self.undecodable = self.admitted = self.baseline_only = self.refused = 0
        self.checks: set[str] = set()

    def add(self, official: Verdicts) -> None:
        if official is None:
            self.undecodable += 1
        elif not official[Level.RESTRICTED][-1]:
            self.admitted += 1
        elif not official[Level.BASELINE][-1]:
            self.baseline_only += 1
        else:
            self.refused += 1
        if official is not None:
            self.checks |= {name for level in Level for failures in official[level] for name, _, _ in failures}

    def check(self, count: int) -> None:
        for part in (self.undecodable, self.admitted, self.baseline_only, self.refused):
            assert part > count // 50
        assert self.checks == {check.id for check in ALL}

    def __str__(self) -> str:
        return (
            f"admitted at restricted {self.admitted}, at baseline only {self.baseline_only}, "
            f"refused {self.refused}, undecodable {self.undecodable} (at latest)"
        )


def _difference(case: Case, ours: Verdicts, official: Verdicts, seed: int) -> str:
    lines = [f"seed {seed}", json.dumps(case.manifest())]
    if ours is None or official is None:
        return "\n".join((*lines, f"harden decodes it: {ours is not None}, the library: {official is not None}"))
    for level in Level:
        for version, mine, theirs in zip(VERSIONS, ours[level], official[level], strict=True):
            if mine != theirs:
                return "\n".join(
                    (*lines, f"{level.value} {version or 'latest'}", f"  harden  {mine}", f"  library {theirs}")
                )
    return "\n".join(lines)


def test_an_older_version_that_lacks_nothing_refuses_whatever_a_newer_one_refuses() -> None:
    pods = list(islice(iter(Pods(7)), 3000))
    named: set[tuple[Level, str]] = set()
    shown: set[tuple[Level, str]] = set()
    for level in (Level.BASELINE, Level.RESTRICTED):
        refused = {version: [_refused(case, level, version) for case in pods] for version in CHANGES}
        for older, newer in combinations(CHANGES, 2):
            missing = set(lacking(level, older, newer))
            named |= {(level, name) for name in missing}
            for before, after in zip(refused[older], refused[newer], strict=True):
                assert before or not after or after & missing, (level, older, newer, after)
                if not before and len(after) == 1:
                    shown |= {(level, name) for name in after & missing}
    assert named == shown, "a check counts as missing, and no pod shows that it is"


def _refused(case: Case, level: Level, version: Version) -> set[str]:
    """Return the checks that refuse a pod, none for one that does not decode."""
    try:
        found = evaluate(case.metadata, case.spec, level, version, is_pod=case.kind == "Pod")
    except MalformedPod:
        return set()
    return {failure.id for failure in found}
