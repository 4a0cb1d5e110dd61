from __future__ import annotations

import pytest

from harden.engine.plan import contradictions, held_at
from harden.model.finding import AppendItem, Because, Change, Finding, Fix, Held, NoFix, RemoveField, Risk, SetField


def finding(*changes: Change, risk: Risk | None = Risk.SAFE, control: str = "c") -> Finding:
    fix = NoFix("why") if risk is None else Fix(risk, "why", changes)
    return Finding((), "m", fix, control=control)


def clashes(*findings: Finding) -> dict[int, str]:
    found = contradictions([(each, each.changes) for each in findings])
    return {at: held.text for at, held in found.items()}


@pytest.mark.parametrize(
    ("risk", "because"),
    [(Risk.SAFE, None), (Risk.REVIEW, None), (Risk.BREAKING, Because.RISK), (None, Because.NO_FIX)],
)
def test_fixes_up_to_the_accepted_risk_are_taken(risk: Risk | None, because: Because | None) -> None:
    assert held_at(finding(risk=risk), Risk.REVIEW) == (because and Held(because, "why"))


def test_equal_changes_do_not_contradict() -> None:
    each = finding(SetField(("a",), False), control="x")
    assert not clashes(each, finding(SetField(("a",), False), SetField(("b",), 1)))


def test_different_values_for_one_place_hold_both() -> None:
    each, other = finding(SetField(("a",), 1), control="x"), finding(SetField(("a",), 2), control="y")
    assert clashes(each, finding(SetField(("b",), 2)), other) == {
        0: "conflict with y, which wants something else here",
        2: "conflict with x, which wants something else here",
    }


def test_setting_and_appending_the_same_value_are_not_the_same() -> None:
    assert set(clashes(finding(SetField(("a",), "x")), finding(AppendItem(("a",), "x")))) == {0, 1}


def test_a_change_below_another_is_a_contradiction() -> None:
    assert len(clashes(finding(SetField(("a",), 1)), finding(SetField(("a", "b"), 2)))) == 2
    assert len(clashes(finding(SetField(("a",), {})), finding(AppendItem(("a", "b"), 2)))) == 2


def test_appends_to_one_list_and_removals_from_it_go_together() -> None:
    findings = [finding(AppendItem(("a",), 1)), finding(AppendItem(("a",), 2)), finding(RemoveField(("a", 0)))]
    assert not clashes(*findings)


def test_one_finding_may_touch_places_below_each_other() -> None:
    assert not clashes(finding(SetField(("a",), {}), SetField(("a", "b"), 1)))


def test_what_another_takes_away_whole_is_moot() -> None:
    gone = finding(RemoveField(("a",)), control="x")
    assert clashes(gone, finding(SetField(("a", "b"), 2))) == {1: "x takes away what it is about"}
    assert clashes(finding(SetField(("a", "b"), 2)), gone) == {0: "x takes away what it is about"}


def test_what_another_takes_away_in_part_is_a_contradiction() -> None:
    both = finding(SetField(("a", "b"), 2), SetField(("c",), 1))
    assert set(clashes(finding(RemoveField(("a",))), both)) == {0, 1}


def test_only_what_is_moot_is_held_whichever_comes_first() -> None:
    gone, below = finding(RemoveField(("a",)), control="x"), finding(SetField(("a", "b"), 2), control="y")
    assert set(clashes(gone, below)) == {1}
    assert set(clashes(below, gone)) == {0}
    # An item below is no reason to keep what goes, even where the two stand at one place.
    assert set(clashes(finding(SetField(("a", "b"), 2)), finding(RemoveField(("a",))), below)) == {0, 2}
