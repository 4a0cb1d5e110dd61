"""Names of files have slashes, whatever the system parts them with, and one module makes them."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from harden.model import filename

ROOT = Path(__file__).parents[1]
#: What gives names as the system writes them.
_OF_THE_SYSTEM = {"abspath", "realpath", "relpath", "commonpath", "sep", "altsep"}


def test_what_the_system_parts_with_becomes_a_slash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    # Here a backslash is a letter like any other, so that the rest of such a name stays what it is on Windows.
    (tmp_path / "d\\e").touch()
    monkeypatch.setattr(os, "sep", "\\")
    assert filename.absolute("d\\e") == f"{tmp_path}/d/e"
    assert filename.real("d\\e") == f"{tmp_path}/d/e"
    assert filename.relative(f"{tmp_path}/d\\e") == "d/e"
    with os.scandir(".") as entries:
        assert [filename.of(entry) for entry in entries] == ["./d/e"]


def test_a_backslash_stays_where_it_is_a_letter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert filename.absolute("d\\e") == f"{tmp_path}/d\\e"


def test_dots_behind_a_link_lead_where_the_system_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a/b").mkdir(parents=True)
    Path("link").symlink_to("a/b")
    assert filename.real("link/..") == f"{tmp_path}/a"
    assert filename.relative("a/b", "a") == "b"


def test_no_other_module_asks_the_system_for_names() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "harden").rglob("*.py"))
        if path.name != "filename.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in _OF_THE_SYSTEM and ast.unparse(node.value).startswith("os")
    ]
    assert found == []
