"""Faults while files are written: each is the old one or the new one, and the next run ends like any other.

Environment: HARDEN_KILLS is the number of random moments at which a run is killed (default: 4; `make fuzz` takes 200).
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from requirements import tool

WEB = """apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 20m, memory: 32Mi}}
"""
OLD = {"web.yaml": WEB.encode(), "kustomization.yaml": b"resources:\n- web.yaml\n"}
HARDEN = [sys.executable, "-m", "harden", "apply", "-p", "hardened", "--companions", "."]
#: What writes; `openat` and `write` are counted from the first temporary file on.
CALLS = ("openat", "write", "fsync", "link", "fchmod", "rename")
STRAY = re.compile(r"\.harden-[0-9]+-[0-9a-f]{16}\.tmp")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what a run without faults comes to."""
    folder = planted(tmp_path_factory.mktemp("new"))
    run(folder)
    found = tree(folder)
    assert len(found) > len(OLD) + 3
    return found


def planted(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in OLD.items():
        (folder / name).write_bytes(data)
    return folder


def run(folder: Path, *before: str) -> int:
    done = subprocess.run([*before, *HARDEN], cwd=folder, capture_output=True, check=False, timeout=120)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode


def check(folder: Path, new: dict[str, bytes], *, strays: bool = False) -> None:
    """Assert that each file is old or new, that everything listed is there, and that a further run ends as without."""
    found = tree(folder)
    assert strays or not any(map(STRAY.fullmatch, found)), sorted(found)
    own = {name: data for name, data in found.items() if STRAY.fullmatch(name) is None}
    assert all(data in {OLD.get(name), new.get(name)} for name, data in own.items()), sorted(own)
    listed = own["kustomization.yaml"].decode().split("- ")[1:]
    assert {line.strip() for line in listed} <= own.keys()
    if own["web.yaml"] == new["web.yaml"]:
        assert "harden-service-account-shop.yaml" in own, "a workload names an account that is not there"
    if "harden-resource-quota-shop.yaml" in own:
        assert "harden-limit-range-shop.yaml" in own, "half a pair"
    for name in found.keys() - own.keys():
        os.utime(folder / name, (0, 0))
    run(folder)
    assert tree(folder) == new


def calls(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Yield each call that writes, with its number among those of its name."""
    folder, log = planted(tmp_path / "traced"), tmp_path / "log"
    run(folder, "strace", "-f", "-qq", "-o", str(log), "-e", f"trace={','.join(CALLS)}")
    numbers = dict.fromkeys(CALLS, 0)
    began = False
    for line in log.read_text().splitlines():
        name = line.split(maxsplit=1)[1].partition("(")[0]
        if name not in numbers:
            continue
        numbers[name] += 1
        began = began or ".harden-" in line
        if began and not line.split("(", 1)[1].startswith(("1,", "2,")) and (name != "openat" or ".harden-" in line):
            yield name, numbers[name]


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_each_call_that_writes_may_fail(tmp_path: Path, new: dict[str, bytes], error: str) -> None:
    tool("strace")
    found = list(calls(tmp_path))
    assert {name for name, _ in found} == set(CALLS)
    # All of them with the first error; the second one goes the same way, so that some are enough.
    for number, (call, when) in enumerate(found):
        if error == "EIO" and number % 5:
            continue
        folder = planted(tmp_path / f"{call}-{when}")
        inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        code = run(folder, *inject, "-e", f"inject={call}:error={error}:when={when}")
        # A link that cannot be made is done without.
        assert code == (1 if call == "link" else 4), (call, when)
        check(folder, new)


def test_a_file_that_is_too_large_is_listed_nowhere(tmp_path: Path, new: dict[str, bytes]) -> None:
    """The shell counts in blocks of 512 or 1,024 bytes: the largest companion is larger than the limit."""
    folder = planted(tmp_path / "small")
    (folder / "web.yaml").write_bytes(OLD["web.yaml"])
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *HARDEN], cwd=folder, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 4, done.stderr
    check(folder, new)


def test_killed_at_random_moments(tmp_path: Path, new: dict[str, bytes]) -> None:
    tool("strace")
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    found = list(calls(tmp_path))
    for number in range(int(os.environ.get("HARDEN_KILLS", "4"))):
        folder = planted(tmp_path / f"killed-{number}")
        call, when = chance.choice([*found, *(("unlink", at) for at in range(1, 5))])
        name = chance.choice(["KILL", "TERM", "HUP", "INT"])
        inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        code = run(folder, *inject, "-e", f"inject={call}:signal={name}:when={when}")
        assert code in {128 + signal.Signals[f"SIG{name}"], -signal.Signals[f"SIG{name}"]}, (seed, call, when, name)
        check(folder, new, strays=name == "KILL" or call == "unlink")
