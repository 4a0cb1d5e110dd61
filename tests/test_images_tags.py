"""Globs over tags: what is told without compiling them is what the compiled ones tell."""

from __future__ import annotations

import os
import random

import pytest

from harden.images import pattern
from harden.images.pattern import is_tag

SEED = int(os.environ.get("HARDEN_SEED", "20250101"))
PIECES = ("v", "1", "2", ".", "-", "alpine", "*", "?", "[12]", "[!1]")


@pytest.mark.parametrize("behind", ["", "(?:[._+-].*)?"])
def test_looking_at_the_beginning_first_changes_nothing(behind: str) -> None:
    rng = random.Random(SEED)
    hits = 0
    for _ in range(20_000):
        glob = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 5)))
        tag = "".join(rng.choice(PIECES[:6]) for _ in range(rng.randint(1, 5)))
        expected = pattern._tag_pattern(glob, behind).fullmatch(tag) is not None
        assert is_tag(glob, tag, behind) is expected, (SEED, glob, tag)
        hits += expected
    assert hits > 100


def test_a_glob_that_begins_with_other_letters_is_not_compiled() -> None:
    pattern._tag_pattern.cache_clear()
    assert not is_tag("1.2*", "3.4")
    assert not is_tag("v1.2*", "v3.4")
    assert pattern._tag_pattern.cache_info().misses == 0
    assert is_tag("1.2*", "v1.2-alpine")
    assert is_tag("v1.2*", "1.2-alpine")
    assert not is_tag("va*", "a")
