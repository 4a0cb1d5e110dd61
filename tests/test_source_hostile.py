"""Damaged inputs through the source layer alone: all that must hold of any bytes holds of these."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from mutated_files import MUTATIONS
from source_checked import check_source

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
ROUNDS = int(os.environ.get("HARDEN_ROUNDS", "1"))
GOLDEN = Path(__file__).parents[1] / "golden"
#: What fuzzing found.
FOUND = [
    "a:\n  b: 1\n  c\x85d:\n  - x\n",
    "%YAML 1.1\n# note\n---\na: 1\n",
    "a: {b: 1, c:}\n",
    "a: {b: 1, c:\n}\n",
    "a: !!binary \xe4\n",
    "a:\n  !x\n  b: 1\n",
]


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found_once(text: str) -> None:
    for number in range(40):
        check_source(f"{text}# {number}\n".encode())


@pytest.mark.parametrize("part", range(4))
def test_damaged_inputs(part: int) -> None:
    inputs = [data for path in sorted(GOLDEN.rglob("in.*")) if len(data := path.read_bytes()) <= 1_500]
    for number in range(150 * ROUNDS):
        seed = SEED + part * 1_000_000 + number
        chance = random.Random(seed)
        data = chance.choice(inputs)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = chance.choice(MUTATIONS)(chance, data, inputs)
        try:
            check_source(data)
        except Exception:
            print(f"seed {seed} (HARDEN_SEED={seed}, first test, first round)\n{data!r}")
            raise
