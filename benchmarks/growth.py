"""Measures how the time of a run grows with its input: sizes double, and the exponent is told (1 is linear).

    python benchmarks/growth.py [--rounds N] [--factor N] [ROW ...]

Each row makes its input in so many sizes and runs harden on it as people do. What is measured is the processor's time
of a whole process (of all its processes, where there are several), the least of so many rounds, without what a run over
nothing takes. The exponent is the slope of the line through the logarithms. With `--factor 4` all sizes are four times
as large.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import companions
from timing import process

HARDEN = [sys.executable, "-m", "harden"]
#: More than this is not linear, whatever the noise.
MOST = 1.15

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web-{n}
spec:
  containers:
  - name: web
    image: registry.example.com/web:1.{n}
"""
ITEM = "".join(f"  {line}\n" for line in POD.splitlines())


class Row(NamedTuple):
    """What grows: the sizes, what writes an input of a size into a folder, and the words behind `harden`."""

    sizes: tuple[int, ...]
    write: Callable[[Path, int], None]
    words: tuple[str, ...] = ("apply", "--no-companions", "--jobs", "1", ".")


def in_file(make: Callable[[int], str], name: str = "a.yaml") -> Callable[[Path, int], None]:
    """Return what writes one file."""

    def write(folder: Path, size: int) -> None:
        (folder / "a.yaml").write_text(POD.format(n=0), "utf-8")
        (folder / name).write_text(make(size), "utf-8")

    return write


def many(folder: Path, size: int) -> None:
    """Write so many files, a hundred to a folder."""
    for n in range(size):
        inner = folder / f"{n // 100}"
        inner.mkdir(exist_ok=True)
        (inner / f"web-{n}.yaml").write_text(POD.format(n=n), "utf-8")


def chain(folder: Path, size: int) -> None:
    """Write profiles that extend one another."""
    (folder / "a.yaml").write_text(POD.format(n=0), "utf-8")
    for n in range(size):
        above = "restricted" if n == 0 else f"./p{n - 1}.yaml"
        (folder / f"p{n}.yaml").write_text(f"extends: {above}\n", "utf-8")
    (folder / "last.yaml").write_text(f"extends: ./p{size - 1}.yaml\n", "utf-8")


def stream(size: int) -> str:
    """Return so many documents."""
    return "---\n".join(POD.format(n=n) for n in range(size))


def pods(size: int) -> str:
    """Return a List with so many pods."""
    items = "".join("- " + ITEM.format(n=n)[2:] for n in range(size))
    return f"apiVersion: v1\nkind: List\nitems:\n{items}"


def containers(size: int) -> str:
    """Return a pod with so many containers."""
    return POD.format(n=0) + "".join(f"  - name: c{n}\n    image: registry.example.com/c:{n}\n" for n in range(size))


def variables(size: int) -> str:
    """Return a pod with so many variables."""
    return POD.format(n=0) + "    env:\n" + "".join(f"    - name: V{n}\n      value: v{n}\n" for n in range(size))


def aliases(size: int) -> str:
    """Return a pod whose containers share a security context."""
    first = "  - name: c\n    image: c\n    securityContext: &s {runAsUser: 1000}\n"
    rest = "".join(f"  - name: c{n}\n    image: c\n    securityContext: *s\n" for n in range(size))
    return POD.partition("  - name")[0].format(n=0) + first + rest


def ports(size: int) -> str:
    """Return a workload, and a Service with so many ports in front of it."""
    listed = "".join(f"  - {{name: p{n}, port: {n + 1}}}\n" for n in range(size))
    labels = POD.format(n=0).replace("spec:", "  labels: {app: web}\nspec:")
    head = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports:\n"
    return f"{labels}---\n{head}{listed}"


ROWS: Mapping[str, Row] = {
    "files": Row((500, 1000, 2000, 4000), many),
    "documents in a stream": Row((500, 1000, 2000, 4000), in_file(stream)),
    "pods in a List": Row((250, 500, 1000, 2000), in_file(pods)),
    "containers": Row((50, 100, 200, 400), in_file(containers)),
    "env entries": Row((1000, 2000, 4000, 8000), in_file(variables)),
    "aliases": Row((50, 100, 200, 400), in_file(aliases)),
    "lines of `...`": Row((200_000, 400_000, 800_000, 1_600_000), in_file(lambda n: "...\n" * n, "b.yaml")),
    "ignore comments": Row(
        (8000, 16_000, 32_000, 64_000),
        in_file(lambda n: "# harden: ignore[run-as-non-root] because\n" * n + POD.format(n=0)),
    ),
    "blanks behind `(until`": Row(
        (100_000, 200_000, 400_000, 800_000),
        in_file(lambda n: f"# harden: ignore[run-as-non-root] (until{' ' * n}x\n{POD.format(n=0)}"),
    ),
    "a chain of profiles": Row(
        (400, 800, 1600, 3200), chain, ("check", "--profile", "./last.yaml", "a.yaml")
    ),
    "`*` in a glob": Row(
        (2000, 4000, 8000, 16_000),
        in_file(lambda n: "*a" * n + "\n", ".gitignore"),
    ),
    "ports of a Service": Row((1000, 2000, 4000, 8000), in_file(ports), ("graph", "a.yaml")),
    "companions": Row(
        (100, 200, 400, 800), companions.put, ("diff", "--companions", "--risk", "review", "--quiet", ".")
    ),
    "graph": Row((100, 200, 400, 800), companions.put, ("graph", ".")),
}  # fmt: skip


def seconds(row: Row, size: int, rounds: int) -> float:
    """Return the least time of a run over an input of this size."""
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            row.write(Path(name), size)
            times.append(process([*HARDEN, *row.words], cwd=name)())
    return min(times)


def exponent(sizes: list[int], times: list[float]) -> float:
    """Return the slope of the line through the logarithms of sizes and times."""
    xs, ys = [math.log(size) for size in sizes], [math.log(max(each, 1e-3)) for each in times]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def main() -> None:
    """Measure the rows and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--factor", type=int, default=1)
    chosen = options.parse_args()
    print("| what grows | sizes | s | exponent |")
    print("|---|---|---|---|")
    for name in chosen.rows or ROWS:
        row = ROWS[name]
        nothing = seconds(row, 1, chosen.rounds)
        sizes = [size * chosen.factor for size in row.sizes]
        times = [seconds(row, size, chosen.rounds) - nothing for size in sizes]
        slope = exponent(sizes, times)
        told = f"**{slope:.2f}**" if slope > MOST else f"{slope:.2f}"
        print(
            f"| {name} | {', '.join(f'{size:,}' for size in sizes)} "
            f"| {', '.join(f'{each:.2f}' for each in times)} | {told} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
