"""Parts shared by anchors, aliases and merges: the whole run never ends in a failed verification."""

from __future__ import annotations

import os
import random

import pytest
from anchored_files import Writer

from harden.engine.run import Mode, harden
from harden.model.finding import Change, RemoveField, Risk, SetField
from harden.model.report import Stage
from harden.model.text import SourceText
from harden.settings import load
from harden.source.lower import lower
from harden.source.parse import parse
from harden.source.splice import splice

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
ROUNDS = int(os.environ.get("HARDEN_ROUNDS", "1"))


@pytest.mark.parametrize("profile", ["restricted", "hardened"])
def test_no_verification_fails_on_random_sharing(profile: str) -> None:
    settings = load(profile)._replace(risk=Risk.BREAKING)
    changed = 0
    for at in range(100 * ROUNDS):
        text = Writer(random.Random(SEED + at)).pod("web")
        report = next(iter(harden([("web.yaml", text.encode())], settings, Mode.APPLY)))
        failed = [problem.message for problem in report.problems if problem.stage is Stage.VERIFY]
        assert not failed, f"HARDEN_SEED={SEED + at}: {failed}\n{text}"
        changed += report.after != text
    assert changed > 80 * ROUNDS


CASES: dict[str, tuple[str, tuple[Change, ...], str]] = {
    "an anchor inside a merge is no place of its own": (
        "a: {<<: &s {x: 1}}\nb: {<<: *s, w: 2}\n",
        (SetField(("a", "z"), 1), SetField(("b", "z"), 1)),
        "a: {<<: &s {x: 1}, z: 1}\nb: {<<: *s, w: 2, z: 1}\n",
    ),
    "an item that begins with such a merge": (
        "a:\n- <<: &m {x: 1}\n  w: 2\n- <<: *m\n  w: 3\n",
        (SetField(("a", 0, "x"), 5),),
        "a:\n- <<: &m {x: 1}\n  w: 2\n  x: 5\n- <<: *m\n  w: 3\n",
    ),
    "a stronger merge gets a key that a weaker one has": (
        "a: &a {k: {x: 1}}\nb: &b {w: 1}\nc:\n  <<: [*b, *a]\n",
        (SetField(("b", "k", "z"), 1), SetField(("c", "k", "z"), 1)),
        "a: &a {k: {x: 1}}\nb: &b {w: 1, k: {z: 1}}\nc:\n  <<: [*b, *a]\n  k:\n    x: 1\n    z: 1\n",
    ),
    "both merges get the key, and the merging mapping gets it from the stronger": (
        "a: &a {x: 1}\nb: &b {w: 1}\nc:\n  <<: [*b, *a]\n",
        tuple(SetField((name, "z"), 1) for name in "abc"),
        "a: &a {x: 1, z: 1}\nb: &b {w: 1, z: 1}\nc:\n  <<: [*b, *a]\n",
    ),
    "what a weaker merge gets is hidden by the stronger": (
        "a: &a {k: 1}\nb: &b {k: 2}\nc:\n  <<: [*b, *a]\n",
        (SetField(("a", "k"), 3),),
        "a: &a {k: 3}\nb: &b {k: 2}\nc:\n  <<: [*b, *a]\n",
    ),
    "no key is written beside a merge that brings it": (
        "a: &a {k: {x: 1}}\nc: {<<: *a, w: 1}\n",
        (SetField(("a", "k", "z"), 1), SetField(("c", "k", "z"), 1)),
        "a: &a {k: {x: 1, z: 1}}\nc: {<<: *a, w: 1}\n",
    ),
}


@pytest.mark.parametrize(("before", "changes", "after"), CASES.values(), ids=CASES)
def test_each_gets_what_is_wanted_of_it(before: str, changes: tuple[Change, ...], after: str) -> None:
    source = SourceText("f.yaml", before)
    done = lower(parse(source, lambda _: True).documents[0], source, changes, {}, ())
    assert done.refused == ()
    assert splice(before, done.edits) == after


REFUSED: dict[str, tuple[str, Change]] = {
    "a weaker merge would come through": (
        "a: &a {k: 1}\nb: &b {k: 2}\nc:\n  <<: [*b, *a]\n",
        RemoveField(("b", "k")),
    ),
    "another user of a merge": ("a: &a {x: 1}\nc: {<<: *a}\n", SetField(("a", "z"), 1)),
    "a user inside a merge": ("a: &a {x: 1}\nc: {<<: {k: *a}}\n", SetField(("a", "z"), 1)),
}


@pytest.mark.parametrize(("text", "change"), REFUSED.values(), ids=REFUSED)
def test_what_another_user_would_get_is_refused(text: str, change: Change) -> None:
    source = SourceText("f.yaml", text)
    done = lower(parse(source, lambda _: True).documents[0], source, (change,), {}, ())
    assert [refused for refused, _ in done.refused] == [change]
    assert done.edits == ()
