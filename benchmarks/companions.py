"""Measures runs with companions over growing bundles: seconds and memory for each doubling of the workloads.

    python benchmarks/companions.py [SIZE ...]

A bundle has a Deployment, a Service and a ConfigMap for each workload, ten to a namespace; each names another.
The processor's time of a whole process is told, and the most memory that it held at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

SIZES = (125, 250, 500, 1_000, 2_000, 5_000)
PER_NAMESPACE = 10
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-{space}\n"
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  namespace: team-{space}
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
        env:
        - name: UPSTREAM_URL
          value: http://web-{before}.team-{other}:80
        envFrom:
        - configMapRef:
            name: web-{n}
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web-{n}
  namespace: team-{space}
spec:
  selector:
    app: web-{n}
  ports:
  - port: 80
    targetPort: 8080
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-{n}
  namespace: team-{space}
data:
  LEVEL: info
"""


def put(folder: Path, size: int) -> None:
    """Write a bundle of so many workloads, a file each."""
    for space in range(-(-size // PER_NAMESPACE)):
        (folder / f"team-{space}.yaml").write_text(NAMESPACE.format(space=space), "utf-8")
    for n in range(size):
        before = max(n - 1, 0)
        text = WORKLOAD.format(n=n, space=n // PER_NAMESPACE, before=before, other=before // PER_NAMESPACE)
        (folder / f"web-{n}.yaml").write_text(text, "utf-8")


def measured(folder: Path) -> tuple[float, float]:
    """Return the seconds and the megabytes of a run that writes companions in a folder."""
    command = [sys.executable, "-m", "harden", "apply", "--companions", "--risk", "review", "--quiet", "."]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1), status
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def rows(sizes: Iterable[int]) -> Iterator[str]:
    """Measure every size and yield a table."""
    yield "| workloads | s | ms a workload | MB |"
    yield "|---|---|---|---|"
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            put(Path(name), size)
            seconds, memory = measured(Path(name))
        yield f"| {size:,} | {seconds:.1f} | {seconds * 1000 / size:.1f} | {memory:.0f} |"


def section() -> list[str]:
    """Return what the results say of bundles."""
    title = "## Companions over growing bundles: a Deployment, a Service and a ConfigMap for each workload"
    return [title, "", *rows(SIZES), "", "Memory is the most that the process held at once.", ""]


def main() -> None:
    """Measure every size and print a table."""
    for row in rows([int(word) for word in sys.argv[1:]] or SIZES):
        print(row, flush=True)


if __name__ == "__main__":
    main()
