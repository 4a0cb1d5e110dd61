"""Measures how long harden takes beside what it cannot do without, and writes benchmarks/RESULTS.md.

    python benchmarks/run.py [--corpus DIR] [--rounds N] [--before TREE]

Every comparison takes turns (A B A B ...) and quotes medians and the ratio of the medians, because machines drift. What
is measured is the processor's time, which other processes disturb less than the clock's. `--before` is a checkout of an
earlier commit, which is measured beside this one.
"""

from __future__ import annotations

import argparse
import compileall
import cProfile
import gc
import os
import platform
import pstats
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import against
import build_files
import companions
import trees
from ruamel.yaml.cyaml import CParser
from timing import medians, one_processor, process, spent

from harden.engine.run import harden
from harden.kube.relevance import is_relevant
from harden.model.report import Mode
from harden.model.text import SourceText
from harden.settings import load
from harden.source.parse import parse
from harden.source.read import decode

HERE = Path(__file__).resolve().parent
HARDEN = [sys.executable, "-m", "harden"]
SMALL = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  labels:
    app: web-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web-{n}
  template:
    metadata:
      labels:
        app: web-{n}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.{n}
        ports:
        - containerPort: 8080
"""
STREAM = "---\n".join(SMALL.format(n=n) for n in range(2000))


def event_seconds(texts: Iterable[str]) -> float:
    """Return how long the C parser takes for the events of these texts, garbage collection off."""
    start = time.process_time()
    for text in texts:
        parser = CParser(text)
        while parser.get_event() is not None:
            pass
    return time.process_time() - start


def one_file(rounds: int, folder: Path) -> list[str]:
    """Return the section on one small file."""
    body = SMALL.format(n=1)
    comments = "".join(
        f"# line {n} of a comment that makes this file 2 kB long, as files in Git are\n" for n in range(21)
    )
    path = folder / "web.yaml"
    path.write_text(comments + body, "utf-8")
    size = path.stat().st_size
    commands = {
        'python -c "import typer"': [sys.executable, "-c", "import typer"],
        "harden check FILE": [*HARDEN, "check", str(path)],
        "harden diff FILE": [*HARDEN, "diff", str(path)],
        "harden check --risk review FILE": [*HARDEN, "check", "--risk", "review", str(path)],
        "harden diff --profile restricted FILE": [*HARDEN, "diff", "--profile", "restricted", str(path)],
    }
    pipes = {
        "harden apply - < FILE": [*HARDEN, "apply", "-"],
        "harden apply --profile hardened - < FILE": [*HARDEN, "apply", "--profile", "hardened", "-"],
    }
    runs = [process(command) for command in commands.values()]
    base, *others = medians(rounds, *runs, *(process(pipe, path.read_text("utf-8")) for pipe in pipes.values()))
    rows = [
        f"| `{name}` | {seconds * 1000:.0f} | {seconds / base:.2f} |"
        for name, seconds in zip([*commands, *pipes], [base, *others], strict=True)
    ]
    return [
        f"## One file of {size:,} bytes (goal: at most 1.6 times `import typer`)",
        "",
        "| whole process | ms | times the first |",
        "|---|---|---|",
        *rows,
        "",
        "These lines do without typer (`harden/cli/plain_line.py`).",
        "The profile `hardened` writes companions.",
        "",
    ]


def stream(rounds: int) -> list[str]:
    """Return the section on a long stream of small documents."""
    data = STREAM.encode()
    profile = load("restricted")

    def inside() -> None:
        for report in harden([("-", data)], profile, Mode.APPLY):
            assert report.changed

    def alone(run: Callable[[], float]) -> Callable[[], float]:
        def kept() -> float:
            with one_processor():
                return run()

        return kept

    whole = process([*HARDEN, "apply", "-"], STREAM)
    runs = {
        "events of the C parser": lambda: event_seconds([STREAM]),
        "`harden apply -` (whole process), on all processors": whole,
        "`harden apply -` (whole process), on one processor": alone(whole),
        "read, examine, fix, prove (in process), on one processor": alone(spent(inside)),
    }
    times = medians(max(5, rounds // 3), *runs.values())
    return [
        f"## A stream of 2,000 Deployments, {len(data) / 1e6:.2f} MB (goal: at most 10 times the events)",
        "",
        "| what | s | times the first |",
        "|---|---|---|",
        *(f"| {name} | {seconds:.2f} | {seconds / times[0]:.1f} |" for name, seconds in zip(runs, times, strict=True)),
        "",
        "All processors share a long stream (`harden/engine/parallel.py`); their times are added up here.",
        "",
    ]


def corpus_run(rounds: int, corpus: Path, folder: Path) -> list[str]:
    """Return the section on a folder of real manifests."""
    paths = sorted(path for path in corpus.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))
    sources = [source for path in paths if isinstance(source := decode(str(path), path.read_bytes()), SourceText)]

    def parsing() -> float:
        start = time.process_time()
        for source in sources:
            parse(source, is_relevant)
        return time.process_time() - start

    pieces = [source.text[d.start : d.end] for source in sources for d in parse(source, is_relevant).documents]
    size = sum(map(len, pieces))

    def applying() -> float:
        copy = folder / "corpus"
        shutil.copytree(corpus, copy)
        seconds = process([*HARDEN, "apply", "--no-companions", str(copy)])()
        shutil.rmtree(copy)
        return seconds

    turns = max(3, rounds // 6)
    events, parsed, checked, applied = medians(
        turns, lambda: event_seconds(pieces), parsing, process([*HARDEN, "check", str(corpus)]), applying
    )
    return [
        (
            f"## The corpus: {len(paths)} files, {sum(len(s.text) for s in sources) / 1e6:.1f} MB, of which "
            f"{size / 1e6:.1f} MB in documents with workloads (goal: at most 3 times parsing those)"
        ),
        "",
        "| what | s | times parsing |",
        "|---|---|---|",
        f"| events of the C parser, relevant documents | {events:.2f} | {events / parsed:.2f} |",
        f"| parsing the relevant documents (trees, values) | {parsed:.2f} | 1 |",
        f"| `harden check` (whole process) | {checked:.2f} | {checked / parsed:.2f} |",
        f"| `harden apply` (whole process, writes) | {applied:.2f} | {applied / parsed:.2f} |",
        "",
        "Parsing includes the look at all texts that finds the relevant documents.",
        "",
    ]


def stages() -> list[str]:
    """Return where the time of the stream goes, by the profiler's cumulative times."""
    profile = load("restricted")
    list(harden([("-", SMALL.encode())], profile, Mode.APPLY))
    profiler = cProfile.Profile()
    with one_processor():
        profiler.runcall(lambda: list(harden([("-", STREAM.encode())], profile, Mode.APPLY)))
    table = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    total = max(row[3] for row in table.values())
    spent: dict[str, float] = {}
    for (path, _, name), row in table.items():
        function = f"{path.rpartition(os.sep)[2]}:{name}"
        spent[function] = spent.get(function, 0) + row[3]
    wanted = {
        "parsing, both passes": "parse.py:parse",
        "controls and evaluator, both passes": "judging.py:judge",
        "choosing, lowering and splicing": "edit.py:__init__",
        "proof of what was written": "verify.py:_failures",
        "report": "report.py:describe",
    }
    if unknown := {*wanted.values()} - {*spent}:
        raise SystemExit(
            f"benchmarks/run.py: the stream ran no function {', '.join(sorted(unknown))}: name its successor"
        )
    rows = [f"| {label} | {100 * spent[function] / total:.0f} % |" for label, function in wanted.items()]
    return [
        "## Where the time of the stream goes (cProfile, cumulative)",
        "",
        "| stage | share |",
        "|---|---|",
        *rows,
        "",
    ]


def main() -> None:
    """Measure everything and write the results."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--corpus", type=Path, default=os.environ.get("HARDEN_CORPUS", HERE.parent.parent / "shared/corpus")
    )
    options.add_argument("--rounds", type=int, default=21)
    options.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    options.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    chosen = options.parse_args()
    gc.disable()
    # As an installation does; Python may be told not to write what it compiles.
    compileall.compile_dir(HERE.parent / "harden", quiet=1)
    lines = [
        "# Speed",
        "",
        ("Made by `make bench` (benchmarks/run.py). Medians of the processor's time; every comparison takes turns."),
        "",
        (
            f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} "
            f"{platform.machine()}, {os.cpu_count()} cores."
        ),
        "",
    ]
    with tempfile.TemporaryDirectory() as folder:
        lines += one_file(chosen.rounds, Path(folder))
        lines += stream(chosen.rounds)
        if Path(chosen.corpus).is_dir():
            lines += corpus_run(chosen.rounds, Path(chosen.corpus), Path(folder))
        lines += build_files.section(chosen.rounds, Path(folder) / "services")
        lines += companions.section()
        lines += trees.section()
        if chosen.before is not None:
            lines += against.section(chosen.before, STREAM, Path(chosen.corpus), max(3, chosen.rounds // 6))
    lines += stages()
    chosen.output.write_text("\n".join(lines), "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
