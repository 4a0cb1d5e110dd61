"""The README and docs/ are true: every block is run or read by a program, and what it shows is what comes out.

A comment right before a block says how it is tested, where that is not plain from the block:

- `<!-- test: part of COMMAND -->`: the block is a part of what COMMAND prints
- `<!-- test: file NAME -->`: the other blocks find it under this name
- `<!-- test: file NAME, then COMMAND -->`: only this command finds it
- `<!-- test: not here: REASON -->`
- `<!-- test: with TOOL -->`, before or in place of any of these: helm 3, helm 4 and kustomize are then what it calls

- `<!-- test: excerpt of FILE -->`: FILE of the repository holds it, line by line, each stripped of white space

The blocks of a page share its files. docs/controls/ is made from the controls, and tests/test_docs.py holds it to them.
A `console` block holds commands behind `$ ` and what they print; a line `...` there stands for any number of lines.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cli_session import ROOT, as_program
from requirements import helm, kustomize

PAGES = (
    "README.md",
    *sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if not path.is_relative_to(ROOT / "docs" / "controls")
    ),
)
BLOCK = re.compile(
    r"(?:^<!-- test: (?P<how>.*?) -->\n)?^```(?P<form>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page; `how` is the comment before it, "" where there is none, `line` its 1-based line."""

    page: str
    line: int
    how: str
    form: str
    text: str


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for each in BLOCK.finditer(text):
            line = text.count("\n", 0, each.start("text"))
            found.append(Block(page, line, each["how"] or "", each["form"], each["text"]))
    return found


BLOCKS = blocks()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like a clone to the commands, with this environment as its .venv."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    shutil.copytree(ROOT / "examples", clone / "examples")
    shutil.copytree(ROOT / "scripts", clone / "scripts")
    as_program(clone / ".venv" / "bin")
    (clone / ".venv" / ".installed").touch()
    return clone


#: Programs that blocks call: how they are named before a block, what they are called there, and where they are.
TOOLS: dict[str, tuple[str, Callable[[], Path]]] = {
    "with helm 3": ("helm", lambda: helm(3)),
    "with helm 4": ("helm", lambda: helm(4)),
    "with kustomize": ("kustomize", kustomize),
}


def tools_of(block: Block, folder: Path) -> tuple[Block, str]:
    """Return a block without the tool that it needs, and the folder in which that is, "" where it needs none."""
    for words, (name, program) in TOOLS.items():
        if block.how == words or block.how.startswith(f"{words}, "):
            place = folder / ".tools" / words.replace(" ", "-")
            place.mkdir(parents=True, exist_ok=True)
            (place / name).unlink(missing_ok=True)
            (place / name).symlink_to(program())
            return replace(block, how=block.how.removeprefix(words).removeprefix(", ")), str(place)
    return block, ""


def run(command: str, folder: Path, tools: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    path = os.pathsep.join((str(folder / ".venv" / "bin"), *filter(None, [tools]), kept.get("PATH", "")))
    own = {name: str(folder / ".home") for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    environment = {**kept, **own, "PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode in {0, 1}, f"{command}: exit {done.returncode}\n{done.stdout}"
    return done


@pytest.fixture
def restored(folder: Path) -> Iterator[Path]:
    """Yield the folder with the examples as in the repository; what a block leaves there is gone afterwards."""
    shutil.rmtree(folder / "examples")
    shutil.copytree(ROOT / "examples", folder / "examples")
    kept = set(folder.iterdir())
    yield folder
    for path in set(folder.iterdir()) - kept:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_files(page: str, folder: Path) -> None:
    """Write the files that the blocks of a page are."""
    for block in BLOCKS:
        name = block.how.removeprefix("file ")
        if block.page == page and name != block.how and ", then " not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text, "utf-8")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_block_is_true(block: Block, restored: Path) -> None:
    write_files(block.page, restored)
    block, tools = tools_of(block, restored)
    if block.how.startswith("excerpt of "):
        held = [line.strip() for line in (ROOT / block.how.removeprefix("excerpt of ")).read_text("utf-8").splitlines()]
        wanted = [line.strip() for line in block.text.splitlines()]
        assert any(held[start : start + len(wanted)] == wanted for start in range(len(held)))
    elif block.how.startswith("part of "):
        printed = run(block.how.removeprefix("part of "), restored, tools).stdout
        assert block.text in printed, printed
    elif ", then " in block.how:
        name, _, command = block.how.removeprefix("file ").partition(", then ")
        (restored / name).write_text(block.text, "utf-8")
        run(command, restored, tools)
        (restored / name).unlink()
    elif block.how.startswith("file "):
        assert block.text == (restored / block.how.removeprefix("file ")).read_text("utf-8")
    elif block.how.startswith("not here: "):
        assert block.form in {"sh", "yaml"}
    elif block.form == "sh":
        for line in block.text.splitlines():
            run(line, restored, tools)
    elif block.form == "console":
        for command, expected in commands(block.text):
            compare(command, expected, run(command, restored, tools).stdout)
    else:
        pytest.fail(f"{block.page}:{block.line}: nothing tests this block; see the top of {Path(__file__).name}")


def commands(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output below it."""
    first, *rest = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert first == ""
    return [(command, expected) for command, _, expected in (each.partition("\n") for each in rest)]


def compare(command: str, expected: str, printed: str) -> None:
    lines = expected.splitlines(keepends=True)
    pattern = "".join(r"(?:.*\n)*" if line == "...\n" else re.escape(line) for line in lines)
    assert re.fullmatch(pattern, printed), f"$ {command}\n{printed}"


def test_compare_sees_a_difference() -> None:
    compare("x", "a\n...\nz\n", "a\nb\nc\nz\n")
    with pytest.raises(AssertionError):
        compare("x", "a\n...\nz\n", "a\nb\nc\n")
    with pytest.raises(AssertionError):
        compare("x", "a\n", "a\nb\n")


def test_the_two_commands_are_in_the_readme() -> None:
    told = [block.text for block in BLOCKS if block.page == "README.md" and block.how.startswith("not here: ")]
    lines = {line.partition("#")[0].strip() for text in told for line in text.splitlines()}
    assert {"make demo", "make test"} <= lines


def test_make_demo_shows_the_diff(restored: Path) -> None:
    shown = run("make demo", restored).stdout
    assert "--- a/examples/shop/base/web.yaml\n+++ b/examples/shop/base/web.yaml\n" in shown
    assert "admitted at restricted" in shown.splitlines()[-1]


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


def lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.suffix == ".md" else []


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"):
        text = (ROOT / page).read_text("utf-8")
        headings = {anchor_of(line) for line in text.splitlines() if line.startswith("#")}
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            target = (ROOT / page).parent.joinpath(path)
            assert not path or target.exists(), f"{page}: {link}"
            there = headings if not path else {anchor_of(line) for line in lines_of(target) if line.startswith("#")}
            assert not anchor or anchor in there, f"{page}: {link}"


def test_the_picture_shows_what_harden_prints() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "render_picture.py"))
    committed = (ROOT / "docs" / "terminal.svg").read_text("utf-8")
    assert script["words"](committed) == script["words"](script["picture"](script["printed"]())), "run make docs"


def test_the_picture_needs_nothing_from_outside() -> None:
    committed = (ROOT / "docs" / "terminal.svg").read_text("utf-8")
    assert re.findall(r"(?:href|src|url\()\s*=?\s*[\"']?(?!#)[a-z]+:", committed) == []
    assert "@import" not in committed
    assert "@font-face" not in committed
