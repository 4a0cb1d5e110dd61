"""Runs harden's command line within a test, and in a process of its own; writes it as a program for others to run."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harden.cli import main

ROOT = Path(__file__).parents[1]

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web  # kept
spec:
  containers:
  - name: web
    image: nginx
"""
#: A pod with nothing to fix at restricted.
FINE = """\
apiVersion: v1
kind: Pod
metadata:
  name: fine
spec:
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    seccompProfile:
      type: RuntimeDefault
  containers:
  - name: fine
    image: registry.example.com/fine:1
    securityContext:
      allowPrivilegeEscalation: false
      capabilities:
        drop:
        - ALL
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def last(self) -> str:
        return self.text.splitlines()[-1]


@dataclass(frozen=True, slots=True)
class Session:
    """Runs commands in this process, in the current folder."""

    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes]

    def __call__(self, *words: str, stdin: bytes = b"") -> Done:
        self.capture.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["harden", *words])
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self.capture.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, out, err.decode())


def run_alone(*words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
    """Run `python -m harden` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "harden", *words],
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr.decode())


def as_program(folder: Path) -> Path:
    """Write a program harden, which is this one, into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "harden"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m harden "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


def put(**texts: str | bytes) -> None:
    """Write files; `d__a_yaml` is d/a.yaml."""
    for key, text in texts.items():
        path = Path(key.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def tree() -> dict[str, bytes]:
    """Return every file below the current folder with its bytes."""
    return {path.as_posix(): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}
