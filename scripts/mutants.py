"""Shows that the tests notice bugs: makes each of those in mutants.toml in a copy of the tree and runs the tests on it.

    python scripts/mutants.py [-j JOBS] [--wide] [--check] [WORD ...]

A WORD chooses the bugs whose sentence or file has it. Printed is which test caught each. Of those that no named test
catches, --wide asks all other tests too. Exit codes: 0 every bug was caught, or the list argues why it does no harm;
1 one survived; 2 an entry is out of date: its old text does not stand in the file exactly once.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "mutants.toml"
#: Programs and files that the tests look for beside the repository, whose copy has other neighbours.
_NEIGHBOURS = {"HARDEN_CORPUS": "corpus", "HARDEN_PSA_FIXTURES": "psa-fixtures"}
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_SECONDS = 900


class Mutant(NamedTuple):
    """One deliberate bug: in `file`, `old` becomes `new`.

    `tests` are the arguments of pytest that ought to catch it; `argued` says why it may survive, "" where it may not.
    """

    bug: str
    file: str
    old: str
    new: str
    tests: str
    argued: str = ""


class Trees:
    """Copies of the tree, one for each job, handed out and taken back."""

    def __init__(self, folder: Path, jobs: int) -> None:
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            tree = folder / str(number)
            for name in filter(None, names.stdout.split("\0")):
                target = tree / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / name).is_file():
                    shutil.copy2(ROOT / name, target)
            # Programs that tests build are built once, for all.
            cache = ROOT / ".pytest_cache"
            cache.mkdir(exist_ok=True)
            (tree / ".pytest_cache").symlink_to(cache)
            subprocess.run([sys.executable, "-m", "compileall", "-q", "harden", "tests"], cwd=tree, check=True)
            self._free.put(tree)

    def caught(self, mutant: Mutant, tests: Sequence[str], left_out: Iterable[str]) -> tuple[str, ...]:
        """Return the first tests that fail once the bug is made."""
        tree = self._free.get()
        try:
            path = tree / mutant.file
            text = path.read_text("utf-8")
            path.write_text(text.replace(mutant.old, mutant.new, 1), "utf-8")
            try:
                return failing(tree, ["-x", *tests], left_out)
            finally:
                path.write_text(text, "utf-8")
        finally:
            self._free.put(tree)

    def red(self, tests: Iterable[str]) -> tuple[str, ...]:
        """Return the tests that fail with no bug made: they cannot catch any."""
        tree = self._free.get()
        try:
            return tuple(name for one in tests for name in failing(tree, shlex.split(one), ()))
        finally:
            self._free.put(tree)


def failing(tree: Path, arguments: Sequence[str], left_out: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the tests that fail in a tree."""
    environment = {key: str(ROOT.parent / "shared" / name) for key, name in _NEIGHBOURS.items()}
    environment |= os.environ
    # A module whose old bytes are cached with the same time and size would run without its bug.
    environment |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": ""}
    for cached in tree.glob("harden/**/__pycache__/*.pyc"):
        source = cached.parent.parent / f"{cached.name.partition('.')[0]}.py"
        if not source.exists() or source.stat().st_mtime > cached.stat().st_mtime - 2:
            cached.unlink()
    deselected = [word for name in left_out for word in ("--deselect", name)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, *deselected]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return (f"no end within {_SECONDS} seconds",)
    found = tuple(_FAILED.findall(done.stdout))
    if done.returncode == 0:
        return ()
    # A bug at import time is noticed by everything; anything else is a wrong argument in the list.
    return found or (f"pytest ends with {done.returncode}: {(done.stderr or done.stdout)[-200:].strip()}",)


def known() -> list[Mutant]:
    """Return the list."""
    return [Mutant(**entry) for entry in tomllib.loads(LIST.read_text("utf-8"))["mutant"]]


def stale(mutants: Iterable[Mutant]) -> list[str]:
    """Return what is out of date in the list."""
    found = []
    for one in mutants:
        path = ROOT / one.file
        count = path.read_text("utf-8").count(one.old) if path.exists() else 0
        if count != 1:
            found.append(f"{one.file}: the old text stands there {count} times: {one.bug}")
        elif one.old == one.new:
            found.append(f"{one.file}: nothing changes: {one.bug}")
    return found


def judged(trees: Trees, mutant: Mutant, left_out: tuple[str, ...], *, wide: bool) -> tuple[str, ...]:
    """Return the tests that catch a bug: of those that the list names, else of all."""
    found = trees.caught(mutant, shlex.split(mutant.tests), left_out)
    if found or not wide or mutant.argued:
        return found
    return trees.caught(mutant, ["tests", "--ignore=tests/runs"], left_out)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-j", "--jobs", type=int, default=max(1, (os.cpu_count() or 1) // 2))
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--check", action="store_true", help="only look for entries that are out of date")
    chosen = parser.parse_args()
    every = known()
    wrong = stale(every)
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    if wrong or chosen.check:
        return 2 if wrong else 0
    mutants = [one for one in every if not chosen.words or any(w in one.bug or w in one.file for w in chosen.words)]
    survived = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(chosen.jobs) as pool:
        # Some tests import harden as another user.
        Path(folder).chmod(0o755)
        trees = Trees(Path(folder), chosen.jobs)
        red = trees.red(dict.fromkeys(one.tests for one in mutants))
        print(*(f"fails anyway: {name}" for name in red), sep="\n", end="\n" if red else "")
        answers = pool.map(lambda one: judged(trees, one, red, wide=chosen.wide), mutants)
        for mutant, found in zip(mutants, answers, strict=True):
            word = "caught  " if found else "argued  " if mutant.argued else "SURVIVED"
            survived += word == "SURVIVED"
            said = ", ".join(found) or mutant.argued or f"by {mutant.tests}"
            print(f"{word}  {mutant.file}: {mutant.bug}\n            {said}", flush=True)
    print(f"{len(mutants)} bugs, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
