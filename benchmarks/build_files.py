"""Measures what build files cost: they are read for images only that are not known without them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

from timing import medians, process

SERVICES = 300
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s{n}}}
spec:
  selector: {{matchLabels: {{app: s{n}}}}}
  template:
    metadata: {{labels: {{app: s{n}}}}}
    spec:
      containers:
      - name: app
        image: {image}
"""
DOCKERFILE = 'FROM docker.io/library/node:22-alpine\nWORKDIR /srv\nCOPY . .\nUSER node\nCMD ["node", "server.js"]\n'
#: Runs harden and then prints how many Dockerfiles it opened.
COUNT = """\
import atexit, os, sys
opened = set()
sys.addaudithook(lambda event, args: event == "open" and str(args[0]).endswith("Dockerfile") and opened.add(args[0]))
atexit.register(lambda: os.write(2, f"\\nopened {len(opened)}".encode()))
from harden.cli import main
sys.argv = ["harden", *sys.argv[1:]]
main()
"""


def section(rounds: int, folder: Path) -> list[str]:
    """Return the section on a repository of services, each with a manifest and a Dockerfile."""
    trees = {
        "images that are known (nginx)": _tree(folder / "known", lambda _: "nginx:1.27"),
        "images that only Dockerfiles tell of": _tree(folder / "unknown", "registry.example.com/shop/s{}:1".format),
    }
    lines = {
        (name, option): ["check", *([option] if option else []), str(tree)]
        for name, tree in trees.items()
        for option in ("", "--no-build-files")
    }
    times = medians(max(5, rounds // 3), *(process([sys.executable, "-m", "harden", *line]) for line in lines.values()))
    rows = [
        f"| {name} | `harden check{option and f' {option}'}` | {_opened(line)} | {seconds:.2f} |"
        for ((name, option), line), seconds in zip(lines.items(), times, strict=True)
    ]
    return [
        f"## A repository of {SERVICES} services, each with a manifest and a Dockerfile",
        "",
        "| manifests name | command | Dockerfiles read | s |",
        "|---|---|---|---|",
        *rows,
        "",
        "Build files are read only for images that are not known without them.",
        "",
    ]


def _tree(folder: Path, image: Callable[[int], str]) -> Path:
    for n in range(SERVICES):
        service = folder / "src" / f"s{n}"
        service.mkdir(parents=True)
        (service / "Dockerfile").write_text(DOCKERFILE, "utf-8")
        (service / "deployment.yaml").write_text(MANIFEST.format(n=n, image=image(n)), "utf-8")
    return folder


def _opened(line: list[str]) -> int:
    done = run([sys.executable, "-c", COUNT, *line], capture_output=True, check=False, text=True)
    return int(done.stderr.rpartition("opened ")[2])
