from __future__ import annotations

import copy
import random

import pytest

from harden.model.finding import AppendItem, Change, RemoveField, SetField
from harden.model.text import Plain
from harden.verify.unchanged import apply_changes, differs_only_by


def test_sets_make_what_is_missing_and_leave_the_input_alone() -> None:
    data: Plain = {"a": {"x": 1}, "n": None}
    before = copy.deepcopy(data)
    after = apply_changes(data, [SetField(("a", "b", "c"), True), SetField(("n", "d"), [1])])
    assert after == {"a": {"x": 1, "b": {"c": True}}, "n": {"d": [1]}}
    assert data == before


def test_removals_mean_places_in_the_document_as_read() -> None:
    data: Plain = {"l": [0, 1, 2, 3], "m": {"k": 1, "o": 2}}
    changes: list[Change] = [
        RemoveField(("l", 1)),
        RemoveField(("l", 2)),
        AppendItem(("l",), 9),
        RemoveField(("m", "k")),
    ]
    assert apply_changes(data, changes) == {"l": [0, 3, 9], "m": {"o": 2}}


def test_a_shared_value_changes_only_where_it_is_named() -> None:
    shared: Plain = {"x": 1}
    data: Plain = {"a": shared, "b": shared}
    assert apply_changes(data, [SetField(("a", "x"), 2)]) == {"a": {"x": 2}, "b": {"x": 1}}


def test_equal_changes_count_once() -> None:
    assert apply_changes({}, [AppendItem(("l",), "ALL")] * 2) == {"l": ["ALL"]}


@pytest.mark.parametrize(
    ("after", "holds"),
    [
        ({"a": False, "b": 1}, True),
        ({"a": 0, "b": 1}, False),
        ({"a": False, "b": 2}, False),
        ({"a": False}, False),
        ({"a": False, "b": 1, "c": None}, False),
        ({"b": 1}, False),
    ],
)
def test_only_the_planned_difference_passes(after: Plain, *, holds: bool) -> None:
    assert differs_only_by({"b": 1}, after, [SetField(("a",), False)]) is holds


def test_any_other_difference_in_a_random_value_is_seen() -> None:
    seed = 20261122
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(300):
        data = _value(chance, 4)
        other = copy.deepcopy(data)
        assert differs_only_by(data, other, [])
        assert not differs_only_by(data, [other], [])
        changed = apply_changes({"r": data}, [SetField(("q",), 1)])
        assert differs_only_by({"r": data}, changed, [SetField(("q",), 1)])
        assert not differs_only_by({"r": data}, changed, [])


def _value(chance: random.Random, depth: int) -> Plain:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice([None, True, 0, 1.5, "x", ""])
    if chance.random() < 0.5:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice("abcd"): _value(chance, depth - 1) for _ in range(chance.randrange(4))}
