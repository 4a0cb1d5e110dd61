"""Where a code point stands: lines and columns, however many are asked for and in whatever order."""

from __future__ import annotations

import os
import random

import pytest

from harden.model.text import LineIndex, Place

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))


@pytest.mark.parametrize("questions", [1, 5, 16, 17, 18, 200])
def test_lines_and_columns_are_those_of_the_text_before(questions: int) -> None:
    for case in range(40):
        rng = random.Random(SEED + case)
        text = "".join(rng.choice("ab\n\n\r\x85 ") for _ in range(rng.randrange(120)))
        lines = LineIndex(text)
        for _ in range(questions):
            offset = rng.randrange(len(text) + 1)
            before = text[:offset]
            line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
            assert (lines.line(offset), lines.column(offset)) == (line, column), f"HARDEN_SEED={SEED} {text!r} {offset}"
        assert lines.last == text.count("\n") + 1, f"HARDEN_SEED={SEED} {text!r}"


def test_places_end_where_their_line_ends_without_white_space() -> None:
    lines = LineIndex("a: 1\n  b: 2  \nc")
    assert lines.place(7) == Place(2, 3, 2, 7)
    assert lines.whole(2) == Place(2, 3, 2, 7)
    assert lines.whole(3) == Place(3, 1, 3, 2)


def test_a_few_questions_note_no_line() -> None:
    lines = LineIndex("a\nb\nc\n" * 100)
    for offset in (500, 2, 300, 2):
        lines.line(offset)
        lines.column(offset)
    assert lines._known is None
    for offset in range(100):
        lines.line(offset)
    # No question counts more than once from then on.
    assert lines._known is not None
