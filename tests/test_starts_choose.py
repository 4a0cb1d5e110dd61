"""Which fixes are chosen, so that no start is less sure than it was: by hand, and of all controls on random pods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from control_subjects import CONTROLS, LATEST, Document, changed, document, workload
from start_subjects import IMAGES, ROOT_IMAGE, Spec, known, one, pod
from test_starts_random import scene

from harden.controls import Context
from harden.images.facts import ImageFacts
from harden.model.finding import Finding, Fix, Level, Risk
from harden.model.start import Setback, Start
from harden.starts import Choice, choose, compare, starts

Look = Callable[[str], ImageFacts | None]


def chosen(spec: Spec, images: Look, *fixes: dict[str, Any]) -> Choice:
    """Return the choice among fixes that each add to the securityContext of the only container."""

    def judge(numbers: tuple[int, ...]) -> tuple[Any, ...]:
        security = dict(spec["containers"][0]["securityContext"])
        for number in numbers:
            security |= fixes[number]
        return starts({**spec, "containers": [{**spec["containers"][0], "securityContext": security}]}, images)

    return choose(starts(spec, images), range(len(fixes)), judge)


USER = {"runAsUser": 999}
NON_ROOT = {"runAsNonRoot": True}
DROP = {"capabilities": {"drop": ["ALL"]}}
LOCK = {"allowPrivilegeEscalation": False}
READ_ONLY = {"readOnlyRootFilesystem": True}


@pytest.mark.parametrize(
    ("image", "fixes", "made", "held"),
    [
        ("redis", (NON_ROOT, DROP, LOCK, USER), (0, 1, 2, 3), {}),
        ("redis", (NON_ROOT, DROP, LOCK), (2,), {0: Setback.STOPS, 1: Setback.STOPS}),
        ("redis", (LOCK, {"runAsUser": 5}, DROP), (0,), {1: Setback.LOSES, 2: Setback.STOPS}),
        ("numbered", (NON_ROOT, DROP, {"runAsUser": 0}), (0, 1), {2: Setback.STOPS}),
        ("mystery", (NON_ROOT, DROP, LOCK, READ_ONLY), (2,), dict.fromkeys((0, 1, 3), Setback.DEPENDS)),
        ("mystery", (), (), {}),
    ],
)
def test_fixes_that_hold_together(
    image: str, fixes: Sequence[dict[str, Any]], made: tuple[int, ...], held: dict[int, Setback]
) -> None:
    found = chosen(one(image), IMAGES, *fixes)
    assert found.made == made
    assert {number: worse[0].setback for number, worse in found.held.items()} == held


def test_a_fix_that_leans_on_a_later_one_is_tried_again() -> None:
    # The read-only root is wrong, so that not everything can be made at once; dropping comes before the user.
    images = known(redis={**ROOT_IMAGE, "writable": None})
    found = chosen(one("redis"), images, DROP, READ_ONLY, USER, NON_ROOT)
    assert (found.made, list(found.held)) == ((0, 2, 3), [1])


def test_all_at_once_takes_one_judgement() -> None:
    asked: list[tuple[int, ...]] = []

    def judge(numbers: tuple[int, ...]) -> tuple[Any, ...]:
        asked.append(numbers)
        return starts(one("redis"), IMAGES)

    choose(starts(one("redis"), IMAGES), (4, 2), judge)
    assert asked == [(4, 2)]


def fixes_of(whole: Document, images: Look, accepted: Risk) -> list[Finding]:
    """Return the findings of all controls whose fix is within the risk and in the workload's own document."""
    subject, context = workload(whole), Context(Level.RESTRICTED, LATEST, images=images)
    found = (finding for control in CONTROLS.values() for finding in control.run(subject, context))
    return [finding for finding in found if isinstance(finding.fix, Fix) and finding.fix.risk <= accepted]


@pytest.mark.parametrize("accepted", list(Risk))
def test_no_choice_of_real_fixes_makes_a_start_worse(accepted: Risk) -> None:
    held = 0
    for seed in range(120):
        spec, images = scene(seed)
        # Two fixes may speak of one place; which of them is made is not this test's business.
        whole = document(cast("Document", spec))
        fixes = fixes_of(whole, images, accepted)

        def judge(
            numbers: tuple[int, ...], whole: Document = whole, fixes: list[Finding] = fixes, images: Look = images
        ) -> Any:
            made = [change for number in numbers for change in cast("Fix", fixes[number].fix).changes]
            body = cast("dict[str, dict[str, Document]]", changed(whole, made)["spec"])
            return starts(body["template"]["spec"], images)

        before = judge(())
        choice = choose(before, range(len(fixes)), judge)
        after = judge(choice.made)
        assert compare(before, after) == (), seed
        now = {(each.field, each.name): each.verdict for each in after}
        for old in before:
            assert old.verdict is not Start.YES or now[old.field, old.name] is Start.YES, (seed, old)
        held += len(choice.held)
    assert held > 0


def test_a_new_container_counts() -> None:
    spec = pod("{containers: [{name: c, image: redis, securityContext: {}}]}")
    seed = "name: s, image: redis, securityContext: {runAsNonRoot: true}"
    more = pod(f"{{containers: [{{name: c, image: redis}}], initContainers: [{{{seed}}}]}}")
    choice = choose(starts(spec, IMAGES), (0,), lambda numbers: starts(more if numbers else spec, IMAGES))
    assert choice.made == ()
    assert choice.held[0][0].before is None
