"""The generated words: fresh, complete, and made from the controls."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

from harden.cli.commands.explain import explain_all, manual
from harden.controls import Control, all_controls
from harden.controls._manual import explain
from harden.docs import files, index, main, page
from harden.errors import HardenError

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("path", "text"), list(files()), ids=lambda value: getattr(value, "name", ""))
def test_generated_files_are_fresh(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "run python -m harden.docs"


def test_every_page_is_of_a_control_that_is_there() -> None:
    made = {path for path, _ in files()}
    assert [path for path in (ROOT / "docs" / "controls").iterdir() if path not in made] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    listed = set(re.findall(r": ([\w/.-]+\.md)$", nav, re.MULTILINE)) | set(
        re.findall(r"- ([\w/.-]+\.md)$", nav, re.MULTILINE)
    )
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    # scripts/site_navigation.py adds the others of this folder.
    assert {page for page in pages if not page.startswith("controls/")} | {"controls/index.md"} == listed


def test_check_is_silent_when_everything_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("control", all_controls(), ids=lambda control: control.id)
def test_a_manual_page_has_all_there_is(control: Control) -> None:
    page = explain(control)
    assert page.startswith(f"# {control.id}\n\n{control.doc.partition(chr(10))[0]}\n")
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    options = ["## Options"] if control.options else []
    assert headings == [
        "## Fields",
        *options,
        "## Why",
        "## Allowed values",
        "## What a fix may change",
        "## Sources",
    ]
    for check in control.checks:
        assert check in page
    for option in control.options:
        assert f"`{option.name}`" in page
    for field in control.fields:
        assert f"`{field.replace('initC', 'c').replace('ephemeralC', 'c')}`" in page


def test_a_page_is_found_by_its_name() -> None:
    assert manual("run-as-user") == explain(next(c for c in all_controls() if c.id == "run-as-user"))
    with pytest.raises(HardenError, match=r'explain: unknown control "runas-user": did you mean "run-as-user"\?'):
        manual("runas-user")


def test_lists_name_every_control_once() -> None:
    names = [control.id for control in all_controls()]
    assert [line.split()[0] for line in explain_all().splitlines()] == names
    assert re.findall(r"^\| \[(\S+)\]", index(), re.MULTILINE) == names


def test_links_of_the_list_lead_to_the_pages() -> None:
    made = {path.name for path, _ in files() if path.parent.name == "controls"}
    assert {*re.findall(r"\]\((\S+?)\)", index()), "index.md"} == made


def test_a_page_shows_the_first_fix(tmp_path: Path) -> None:
    control = next(c for c in all_controls() if c.id == "privileged")
    for case, before, after in (("pass-a", "x\n", "y\n"), ("fix-b", "a\nb\n", "a\nc\n"), ("fix-c", "q\n", "r\n")):
        folder = tmp_path / "privileged" / case
        folder.mkdir(parents=True)
        (folder / "in.yaml").write_text(before)
        (folder / "out.yaml").write_text(after)
    shown = page(control, tmp_path)
    assert shown == explain(control) + "\n## Example\n```diff\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n```\n"
    assert page(control, tmp_path / "none") == explain(control)


def test_schemas_are_among_the_generated_files() -> None:
    made = {path.name: text for path, text in files()}
    assert json.loads(made["profile.schema.json"])["additionalProperties"] is False
    assert json.loads(made["config.schema.json"])["additionalProperties"] is False


def test_the_picture_of_the_structure_is_fresh() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "draw_structure.py"))
    assert script["page"]() == (ROOT / "CONTRIBUTING.md").read_text("utf-8"), "run python scripts/draw_structure.py"
    assert script["reduced"]({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}) == {
        "a": frozenset("b"),
        "b": frozenset("c"),
        "c": frozenset(),
    }


def test_every_module_that_the_walks_name_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    walks = text.partition("### Three walks")[2].partition("### Layers")[0]
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", walks))
    assert len(named) > len("ten lines each")
    assert [name for name in sorted(named) if not (ROOT / "harden" / name).exists()] == []
