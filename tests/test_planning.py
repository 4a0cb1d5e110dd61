from __future__ import annotations

from harden.model.finding import AppendItem, Change, Finding, RemoveField, Risk, SetField
from harden.planning import choose


def finding(*changes: Change, risk: Risk | None = Risk.SAFE, control: str = "c") -> Finding:
    return Finding(path=(), message="m", reason="why", risk=risk, changes=changes, control=control)


def test_fixes_up_to_the_accepted_risk_are_chosen() -> None:
    safe, review, breaking = (finding(SetField((word,), 1), risk=risk) for word, risk in zip("abc", Risk, strict=True))
    plan = choose([safe, review, breaking], Risk.REVIEW)
    assert plan.chosen == (safe, review)
    assert [held.reason for held in plan.held] == ["breaking: why"]


def test_a_finding_without_fix_is_held_for_its_own_reason() -> None:
    plan = choose([finding(risk=None)], Risk.BREAKING)
    assert [held.reason for held in plan.held] == ["why"]


def test_equal_changes_do_not_contradict() -> None:
    both = [finding(SetField(("a",), False), control="x"), finding(SetField(("a",), False), SetField(("b",), 1))]
    assert choose(both, Risk.SAFE).chosen == tuple(both)


def test_different_values_for_one_place_hold_both() -> None:
    one, other = finding(SetField(("a",), 1), control="x"), finding(SetField(("a",), 2), control="y")
    third = finding(SetField(("b",), 2))
    plan = choose([one, other, third], Risk.SAFE)
    assert plan.chosen == (third,)
    assert {held.reason for held in plan.held} == {
        "conflict with y, which wants something else here",
        "conflict with x, which wants something else here",
    }


def test_a_change_below_another_is_a_contradiction() -> None:
    assert not choose([finding(RemoveField(("a",))), finding(SetField(("a", "b"), 2))], Risk.SAFE).chosen
    assert not choose([finding(SetField(("a",), {})), finding(AppendItem(("a", "b"), 2))], Risk.SAFE).chosen


def test_appends_to_one_list_and_removals_from_it_go_together() -> None:
    both = [finding(AppendItem(("a",), 1)), finding(AppendItem(("a",), 2)), finding(RemoveField(("a", 0)))]
    assert len(choose(both, Risk.SAFE).chosen) == 3


def test_one_finding_may_touch_places_below_each_other() -> None:
    alone = finding(SetField(("a",), {}), SetField(("a", "b"), 1))
    assert choose([alone], Risk.SAFE).chosen == (alone,)
