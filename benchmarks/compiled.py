"""Compiles the hot part of harden with mypyc in a copy, and measures the copy beside the sources.

    python benchmarks/compiled.py [--keep FOLDER] [--rounds N] [--corpus DIR]

Needs a C compiler and the environment of `make lint`, and four minutes of a processor, once for a FOLDER that is kept.
Measured is the processor's time, in turns, on one processor, the least of so many rounds. What both say must be the
same.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mypyc.build import mypycify
from run import SMALL, STREAM
from setuptools import Distribution
from setuptools.command.build_ext import build_ext
from timing import one_processor, process

HERE = Path(__file__).resolve().parent
#: What most of the time of a stream is spent in; the tables in kube/rows/ and what a package exports run only once.
ROOMS = ("model", "source", "kube", "pss", "engine", "controls", "verify")
#: What stays as it is: a metaclass that inherits from tuple, a module that is put in place unread, and a type that
#: names itself, at which mypyc does not end.
LEFT = ("harden/model/record.py", "harden/source/libyaml.py", "harden/source/hunks.py")
#: Prints how long the stream takes without the start of the program.
INSIDE = """
import gc, time
from run import STREAM
from harden.engine.run import harden
from harden.model.report import Mode
from harden.settings import load
gc.disable()
profile = load("restricted")
start = time.process_time()
list(harden([("-", STREAM.encode())], profile, Mode.APPLY))
print(time.process_time() - start)
"""


class Together(build_ext):
    """Compiles several files of an extension at once: nearly all belong to one."""

    def build_extensions(self) -> None:
        """Let each file have a thread."""
        compile_all = self.compiler.compile

        def compile_each(sources: list[str], *rest: object, **named: object) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                made = threads.map(lambda source: compile_all([source], *rest, **named), sources)
                return [path for paths in made for path in paths]

        self.compiler.compile = compile_each
        super().build_extensions()


def compile_copy(folder: Path) -> None:
    """Make a copy of harden in a folder, and compile its rooms there."""
    shutil.copytree(HERE.parent / "harden", folder / "harden", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HERE.parent / "profiles", folder / "harden/profiles_data")
    os.chdir(folder)
    found = [path.as_posix() for room in ROOMS for path in sorted(Path("harden", room).glob("*.py"))]
    modules = [path for path in found if not path.endswith("__init__.py") and path not in LEFT]
    # What comes from other packages has any type.
    options = ["--config-file=", "--ignore-missing-imports"]
    extensions = mypycify([*options, *modules], opt_level="2", debug_level="0", multi_file=True)
    known = {"ext_modules": extensions, "packages": [], "cmdclass": {"build_ext": Together}}
    command = Distribution(known).get_command_obj("build_ext")
    command.inplace = True
    command.ensure_finalized()
    command.run()
    print(f"compiled: {len(modules)} modules")


def said(command: list[str], given: str | None, root: Path) -> str:
    """Return what a command says, and its exit code."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=root)
    return f"{done.returncode}\n{done.stdout}\n{done.stderr}"


def measure(roots: dict[str, Path], rounds: int, folder: Path, corpus: Path) -> None:
    """Print how long each command takes with the sources and with the copy."""
    small = folder / "small.yaml"
    small.write_text(SMALL.format(n=1), "utf-8")
    lines: dict[str, tuple[list[str], str | None]] = {
        "the stream, in process": (["-c", INSIDE], None),
        "harden apply - < stream": (["-m", "harden", "apply", "-"], STREAM),
        "harden check FILE": (["-m", "harden", "check", str(small)], None),
    }
    if corpus.is_dir():
        lines["harden check CORPUS"] = (["-m", "harden", "check", str(corpus)], None)
    for name, (words, given) in lines.items():
        spent: dict[str, list[float]] = {root: [] for root in roots}
        texts = set()
        for _ in range(rounds):
            for root, path in roots.items():
                # What stands in the folder of a run is imported before what is installed.
                command = [sys.executable, *words]
                if words[0] == "-c":
                    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=path)
                    spent[root].append(float(done.stdout))
                else:
                    spent[root].append(process(command, given, str(path))())
                    texts.add(said(command, given, path))
        if len(texts) > 1:
            raise SystemExit(f"{name}: the compiled copy says something else")
        pure, compiled = (min(spent[root]) for root in roots)
        print(f"{name:<26} {pure:.3f} s  {compiled:.3f} s  {pure / compiled:.2f} x", flush=True)


def main() -> None:
    """Compile, where the folder has no copy yet, and measure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpus", type=Path, default=HERE.parent.parent / "shared/corpus")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args()
    corpus = chosen.corpus.resolve()
    os.environ["PYTHONPATH"] = str(HERE)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work, "copy") if chosen.keep is None else chosen.keep.resolve()
        if not folder.exists():
            # In a process of its own: it ends with the folder that it works in.
            code = f"from compiled import *; compile_copy(Path({str(folder)!r}))"
            subprocess.run(
                [sys.executable, "-c", code], check=True, cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE)}
            )
        for root in (HERE.parent, folder):
            subprocess.run([sys.executable, "-m", "compileall", "-q", str(root / "harden")], check=True)
        with one_processor():
            measure({"sources": HERE.parent, "compiled": folder}, chosen.rounds, Path(work), corpus)


if __name__ == "__main__":
    main()
