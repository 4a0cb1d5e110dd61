"""The recipe of the image: it copies what is there, runs without root, and leaves out what is not for it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPE = (ROOT / "Containerfile").read_text("utf-8")


def test_the_image_copies_all_that_the_package_is_made_of() -> None:
    copied = [word for line in re.findall(r"^COPY (?!--)(.+)$", RECIPE, re.MULTILINE) for word in line.split()[:-1]]
    assert {"pyproject.toml", "setup.py", "harden", "profiles"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    sent = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    assert sent[0] == "*"
    assert [name for name in copied if f"!{name}" not in sent] == []


def test_the_image_runs_without_root() -> None:
    last = RECIPE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["65532:65532"]
