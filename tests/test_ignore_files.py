"""Ignore files are read as Git reads them, in time that the path's length bounds whatever a line says."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
from repository import ENVIRONMENT, git

from harden.adapters.globs import Globs
from harden.adapters.ignore_file import IgnoreFile

_STARS = ["*", "**", "?", "**/", "/**", "\\*"]
_SETS = ["[ab]", "[!a]", "[^a]", "[a-b]", "[b-a]", "[]a]", "[", "]", "[[:alpha:]]", "[a\\-b]", "[a-]", "[[:foo:]]"]
_PIECES = [*_STARS, *_SETS, "/", "a", "b", "ab", ".", "\\a", "!", "#", " ", "a/", "/b", "-", "\\", "\\ "]
_PATHS = ["a", "b", "ab", "a b", "a/b", "a/a", "b/ab", "a/b/ab", "b/a/a/b", ".a", "a.b", "-", "*", "a*", "!a", "#a"]
_PATHS += ["]", "a/b/a/b", "a/-", "[", "a ", "\\", "a/[b", "**", "a[", "ab/ab/a", "aaab", "abab"]

#: A `/` within a set, of which a `]` may be the first, and `**` behind letters.
_ODD = re.compile(r"\[(?:\\.|[^]\\])*/|\[[!^]?\](?:\\.|[^]\\])*/.*\]|[^/*]\*\*|\\/")


def git_says(tmp_path: Path, lines: list[str], paths: list[str]) -> list[bool]:
    """Return which paths of files Git ignores, each without the folders that it is in being ignored."""
    Path(tmp_path, ".gitignore").write_text("\n".join(lines) + "\n")
    asked = "\0".join(paths).encode() + b"\0"
    command = ["git", "check-ignore", "-z", "-v", "-n", "--no-index", "--stdin"]
    done = subprocess.run(command, cwd=tmp_path, input=asked, env=ENVIRONMENT, capture_output=True, check=False)
    fields = done.stdout.decode().split("\0")
    return [fields[at + 2] != "" and not fields[at + 2].startswith("!") for at in range(0, len(paths) * 4, 4)]


def we_say(lines: list[str], path: str) -> bool:
    """Return what harden says of a path; like Git, it looks at the folders above first."""
    rules = IgnoreFile("\n".join(lines) + "\n")
    steps = path.split("/")
    for length in range(1, len(steps)):
        if rules.ignores("/".join(steps[:length]), is_folder=True):
            return True
    return rules.ignores(path, is_folder=False) is True


def test_random_lines_mean_what_git_takes_them_for(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    git("init", "-q", cwd=tmp_path)
    for _ in range(400):
        lines = ["".join(chance.choices(_PIECES, k=chance.randint(1, 5))) for _ in range(chance.randint(1, 3))]
        # A `/` within a set means nothing to anybody: such a line is passed over, so that more is looked at.
        # Behind letters, Git takes `**/` sometimes for one step and sometimes for many (it cuts the letters off).
        lines = [line for line in lines if _ODD.search(line) is None]
        said = git_says(tmp_path, lines, _PATHS)
        ours = [we_say(lines, path) for path in _PATHS]
        wrong = [path for path, theirs, we in zip(_PATHS, said, ours, strict=True) if theirs != we]
        assert not wrong, f"seed {seed}: {lines} for {wrong}: {ours}"


@pytest.mark.parametrize("glob", ["[z-a]", "[!z-a]", "[", "!", "[!]", "[]", "\\", "[[:foo:]]", "[[:", "**", "//", "/"])
def test_odd_globs_are_no_errors_and_only_stars_match(glob: str) -> None:
    stars = glob == "**"
    assert IgnoreFile(glob).ignores("a/b.yaml", is_folder=False) is (True if stars else None)
    assert Globs([glob, f"a/{glob}"], "/here").matches("/here/a/b.yaml", "b.yaml") is stars


@pytest.mark.parametrize(
    "glob",
    ["*a" * 60 + "b", "**/a" * 60 + "/b", "a**" * 60 + "b", "*a/" * 60 + "b", "[a-b]*" * 60 + "z", "?*" * 60 + "z"],
)
def test_many_stars_take_time_in_proportion(glob: str) -> None:
    """Backtracking would never end here."""
    name = "a" * 250
    path = "/".join(["a" * 40] * 90)
    assert not Globs([glob, f"x/{glob}"], "/").matches(f"/x/{path}", name)
    assert IgnoreFile(glob).ignores(path, is_folder=False) in {None, False}
    assert IgnoreFile(glob).ignores(name, is_folder=False) in {None, False}


def test_a_line_as_long_as_no_path_is_passed_over() -> None:
    rules = IgnoreFile("*a" * 2_000_000 + "\n*.yaml\n")
    assert rules.ignores("x.yaml", is_folder=False) is True


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("deploy/**.yaml", "/here/deploy/a/b.yaml", True),
        ("deploy/**.yaml", "/here/deploy/b.yaml", True),
        ("deploy/*.yaml", "/here/deploy/a/b.yaml", False),
        ("**/charts", "/here/charts", True),
        ("**/charts", "/here/a/b/charts", True),
        ("a/**/b", "/here/a/b", True),
        ("a/**/b", "/here/a/x/y/b", True),
        ("a/**", "/here/a/x/y", True),
        ("a/[!b]", "/here/a/c", True),
        ("a/[!b]", "/here/a/b", False),
        ("a*b*c/d", "/here/axbxc/d", True),
        ("a*b*c/d", "/here/axbxc/c/d", False),
        ("*ab/x", "/here/abab/x", True),
    ],
)
def test_stars_within_and_across_steps(glob: str, path: str, *, matches: bool) -> None:
    assert Globs([glob], "/here").matches(path, path.rpartition("/")[2]) is matches
