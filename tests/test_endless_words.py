"""Words of thousands of characters break nothing: Python reads no such number, and a system no such name of a file."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from harden.engine.run import harden
from harden.model.plain import is_number
from harden.model.report import Mode, Stage
from harden.settings import load

GOLDEN = Path(__file__).parents[1] / "golden"
WORD = re.compile(rb"[0-9]+|[A-Za-z]+")
ENDLESS = (b"9" * 5000, b"x" * 5000)
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_endless_words_break_nothing(part: int) -> None:
    chance = random.Random(part)
    profiles = [load("restricted"), load("hardened")]
    for path in sorted(GOLDEN.rglob("in.*"))[part::PARTS]:
        data = path.read_bytes()
        places = [found.span() for found in WORD.finditer(data)]
        for start, end in chance.sample(places, min(len(places), 2)):
            # Longer by so many characters, or nothing but these.
            bomb = data[: chance.choice((start, end))] + chance.choice(ENDLESS) + data[end:]
            for profile in profiles:
                for report in harden([("in.yaml", bomb)], profile, Mode.APPLY):
                    said = [each.message for each in report.problems if each.stage is Stage.VERIFY]
                    assert not said, (path, start, end)


@pytest.mark.parametrize("text", ["0", "08", "8080", "9" * 18])
def test_numbers(text: str) -> None:
    assert is_number(text)
    int(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.5", "a", " 1", "\u0663", "9" * 19, "9" * 5000])
def test_no_numbers(text: str) -> None:
    assert not is_number(text)
