"""The unified diff: `git apply` and `patch -p1` make of it exactly the text that harden made."""

from __future__ import annotations

import os
import random
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from unidiff import PatchSet

from harden.model.report import FileReport, Report
from harden.model.text import SourceText
from harden.outputs import Format, render
from harden.source.hunks import Hunk, compare

LINES = "".join(f"line {number}\n" for number in range(1, 31))


def report(*files: tuple[str, str, str], bom: bool = False) -> Report:
    reports = tuple(FileReport(name, SourceText(name, old, bom=bom), new) for name, old, new in files)
    return Report("restricted", "restricted", "latest", "review", "diff", reports)


def diff(*files: tuple[str, str, str], bom: bool = False) -> str:
    return render(report(*files, bom=bom), Format.DIFF)


def apply(tool: list[str], name: str, old: bytes, patch: str, folder: Path) -> bytes:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(old)
    (folder / "the.patch").write_bytes(patch.encode())
    run = subprocess.run([*tool, "the.patch"], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, (run.stdout, run.stderr, patch)
    return path.read_bytes()


GIT = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn"]
PATCH = ["patch", "-p1", "--quiet", "--force", "--no-backup-if-mismatch", "-i"]
TOOLS = pytest.mark.parametrize("tool", [GIT, PATCH], ids=["git", "patch"])

TEXTS = {
    "insertion": (LINES, LINES.replace("line 9\n", "line 9\nnew\n")),
    "replacement": (LINES, LINES.replace("line 9\n", "line IX\n")),
    "removal": (LINES, LINES.replace("line 9\nline 10\n", "")),
    "at the start": (LINES, "new\n" + LINES),
    "at the end": (LINES, LINES + "new\n"),
    "first line of one": ("a\n", "b\n"),
    "two places apart": (LINES, LINES.replace("line 3\n", "line 3\nnew\n").replace("line 20\n", "line 20\nnew\n")),
    "two places whose contexts touch": (LINES, LINES.replace("line 3\n", "").replace("line 9\n", "new\n")),
    "two places, contexts one line apart": (LINES, LINES.replace("line 3\n", "new\n").replace("line 11\n", "new\n")),
    "crlf": (LINES.replace("\n", "\r\n"), LINES.replace("line 9\n", "line 9\nnew\n").replace("\n", "\r\n")),
    "crlf in one line only": (LINES, LINES.replace("line 9\n", "line 9\r\nnew\n")),
    "lone carriage returns": ("a\rb\rc\nd\n", "a\rb\rX\rc\nd\ne\n"),
    "other line breaks": ("a\x0bb\x0cc\x85d\u2028e\n", "a\x0bb\x0cc\x85d\u2028e\nnew\n"),
    "no final newline kept": (LINES + "end", LINES.replace("line 28\n", "line 28\nnew\n") + "end"),
    "no final newline changed": (LINES + "end", LINES + "END"),
    "no final newline and appended": (LINES + "end", LINES + "end\nnew"),
    "final newline added": (LINES + "end", LINES + "end\n"),
    "final newline removed": (LINES, LINES.removesuffix("\n")),
    "nothing but one line without newline": ("a", "b"),
    "lines that look like a patch": ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-- y\n", "--- a/x\n+++ b/x\n-- y\n++ z\n"),
    "blank lines": ("\n\n\n\n", "\n\nnew\n\n\n"),
    "not ascii": ("ä: ☃\n" + LINES, "ä: ☃\nß: \U0001f600\n" + LINES),
}


@TOOLS
@pytest.mark.parametrize("text", TEXTS)
def test_tools_make_the_same_text(tool: list[str], text: str, tmp_path: Path) -> None:
    old, new = TEXTS[text]
    assert apply(tool, "d/a.yaml", old.encode(), diff(("d/a.yaml", old, new)), tmp_path) == new.encode()


@TOOLS
def test_the_byte_order_mark_is_part_of_the_first_line(tool: list[str], tmp_path: Path) -> None:
    patch = diff(("a.yaml", "a: 1\nb: 2\n", "a: 1\nb: 2\nc: 3\n"), bom=True)
    mark = b"\xef\xbb\xbf"
    assert apply(tool, "a.yaml", mark + b"a: 1\nb: 2\n", patch, tmp_path) == mark + b"a: 1\nb: 2\nc: 3\n"


NAMES = ["a.yaml", "with space.yaml", " lead.yaml", "tab\there.yaml", "ümläut.yaml", 'quo"te.yaml', "back\\slash.yaml"]
NAMES += ["new\nline.yaml", "bell\x07.yaml", "日本/語.yaml", os.fsdecode(b"caf\xe9.yaml"), "a b/c d.yaml", "-dash.yaml"]


@TOOLS
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_understood(tool: list[str], name: str, tmp_path: Path) -> None:
    assert apply(tool, name, b"a: 1\n", diff((name, "a: 1\n", "a: 2\n")), tmp_path) == b"a: 2\n"


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_are_written_as_git_writes_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a: 1\n")
    git = ["git", "-c", "core.quotePath=true", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
    path.write_text("a: 2\n")
    shown = subprocess.run([*git, "diff"], cwd=tmp_path, capture_output=True, check=True).stdout.decode()
    wanted = [line for line in shown.split("\n") if line.startswith(("--- ", "+++ "))]
    assert diff((name, "a: 1\n", "a: 2\n")).split("\n")[:2] == wanted


def test_absolute_names_lose_their_first_slash() -> None:
    assert diff(("/srv/a.yaml", "a\n", "b\n")).startswith("--- a/srv/a.yaml\n+++ b/srv/a.yaml\n")


def test_files_are_sorted_and_unchanged_ones_are_not_there() -> None:
    patch = diff(("b.yaml", "a\n", "b\n"), ("c.yaml", "a\n", "a\n"), ("a.yaml", "a\n", "b\n"))
    assert [file.path for file in PatchSet(patch)] == ["a.yaml", "b.yaml"]
    unread = Report("p", "restricted", "latest", "review", "diff", (FileReport("x", None, None),))
    assert render(unread, Format.DIFF) == diff(("c.yaml", "a\n", "a\n")) == ""


def test_the_whole_patch() -> None:
    new = LINES.replace("line 3\n", "line 3\nnew\n").replace("line 20\n", "line XX\n")
    assert diff(("a.yaml", LINES, new)) == (
        "--- a/a.yaml\n+++ b/a.yaml\n"
        "@@ -1,6 +1,7 @@\n line 1\n line 2\n line 3\n+new\n line 4\n line 5\n line 6\n"
        "@@ -17,7 +18,7 @@\n line 17\n line 18\n line 19\n-line 20\n+line XX\n line 21\n line 22\n line 23\n"
    )


def rebuilt(old: list[str], new: list[str], hunks: list[Hunk]) -> list[str]:
    lines: list[str] = []
    at = 0
    for hunk in hunks:
        lines += old[at : hunk.start] + new[hunk.new_start : hunk.new_end]
        at = hunk.end
    return lines + old[at:]


@pytest.mark.parametrize("seed", range(40))
def test_random_texts(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(100):
        old = [chance.choice("abcd") for _ in range(chance.randrange(40))]
        new = [chance.choice("abcd") for _ in range(chance.randrange(40))]
        hunks = list(compare(old, new))
        assert rebuilt(old, new, hunks) == new
        assert all(each.end < two.start and each.new_end < two.new_start for each, two in pairwise(hunks))
        assert all((hunk.start, hunk.new_start) != (hunk.end, hunk.new_end) for hunk in hunks)


@pytest.mark.parametrize("seed", range(20))
def test_insertions_show_no_line_as_removed(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    old = [f"{chance.choice(['spec:', 'name: x', 'image: y', '- a', 'env:'])}\n" for _ in range(2000)]
    new = list(old)
    for at in sorted((chance.randrange(len(old)) for _ in range(60)), reverse=True):
        new[at:at] = ["securityContext:\n", "  runAsNonRoot: true\n", "  drop:\n", "  - ALL\n"][: chance.randint(1, 4)]
    hunks = list(compare(old, new))
    assert rebuilt(old, new, hunks) == new
    assert sum(hunk.end - hunk.start for hunk in hunks) == 0


def test_more_changes_than_patience_are_still_a_true_difference() -> None:
    old = [f"old {number}" for number in range(600)]
    new = [f"new {number}" for number in range(700)]
    assert list(compare(old, new)) == [Hunk(0, 600, 0, 700)]
    many = [*old[:300], *new, *old[300:]]
    assert rebuilt(old, many, list(compare(old, many))) == many


def test_a_large_file_takes_steps_not_minutes() -> None:
    old = "".join(f"- name: web-{number}\n  image: nginx\n  ports: []\n" for number in range(45_000))
    lines = old.split("\n")
    for at in range(len(lines) - 10, 0, -len(lines) // 200):
        lines[at:at] = ["  securityContext:", "    runAsNonRoot: true"]
    assert len(old) > 2_000_000
    start = time.process_time()
    patch = diff(("a.yaml", old, "\n".join(lines)))
    # It takes 0.1 s; what difflib does with such a file takes minutes.
    assert time.process_time() - start < 5
    assert patch.count("\n+") >= 400
