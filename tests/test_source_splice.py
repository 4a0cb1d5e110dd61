"""Edits go in as they are, and nothing else moves."""

from __future__ import annotations

import random

import pytest

from harden.model.text import Edit
from harden.source.splice import SpliceError, splice

SEED = 7


def random_edits(rng: random.Random, length: int) -> list[Edit]:
    edits: list[Edit] = []
    at = 0
    while True:
        start = at + rng.randrange(6)
        end = start + rng.choice((0, 0, 1, 3))
        if end > length:
            return edits
        text = "".join(rng.choice("xyz\n") for _ in range(rng.randrange(4)))
        both_insert_here = bool(edits) and edits[-1].start == edits[-1].end == start == end
        if not both_insert_here and not (start == end and not text):
            edits.append(Edit(start, end, text))
            at = end


def test_random_edits_change_their_spans_only() -> None:
    rng = random.Random(SEED)
    for round_number in range(400):
        text = "".join(rng.choice("abc\nä😀") for _ in range(rng.randrange(40)))
        edits = random_edits(rng, len(text))
        expected, shift = text, 0
        for edit in edits:
            expected = expected[: edit.start + shift] + edit.text + expected[edit.end + shift :]
            shift += len(edit.text) - (edit.end - edit.start)
        result = splice(text, edits)
        assert result == expected, f"seed {SEED}, round {round_number}"


def test_no_edits_give_the_same_text() -> None:
    assert splice("a\r\nb", ()) == "a\r\nb"


def test_an_insertion_may_touch_a_replacement() -> None:
    assert splice("abc", [Edit(1, 1, "x"), Edit(1, 2, "y"), Edit(2, 2, "z")]) == "axyzc"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2, "x"), Edit(1, 3, "y")],
        [Edit(2, 3, "x"), Edit(0, 1, "y")],
        [Edit(1, 1, "x"), Edit(1, 1, "y")],
        [Edit(0, 9, "x")],
        [Edit(-1, 0, "x")],
        [Edit(2, 1, "x")],
    ],
)
def test_edits_that_do_not_fit_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(SpliceError) as caught:
        splice("abcd", edits)
    assert not caught.value.identical


def test_equal_edits_are_told_apart_from_overlaps() -> None:
    with pytest.raises(SpliceError) as caught:
        splice("abcd", [Edit(0, 2, "x"), Edit(0, 2, "x")])
    assert caught.value.identical
