"""Tests what happens where something that tests need from outside is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requirements


def test_missing_need_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        requirements.need(False, "no such thing")
    requirements.need(True, "no such thing")


def test_missing_need_fails_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARDEN_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no such thing"):
        requirements.need(False, "no such thing")
    requirements.need(True, "no such thing")


def test_folders_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    for variable, folder in (("HARDEN_CORPUS", requirements.corpus), ("HARDEN_PSA_FIXTURES", requirements.fixtures)):
        monkeypatch.setenv(variable, str(tmp_path))
        assert folder() == tmp_path
        monkeypatch.setenv(variable, str(tmp_path / "missing"))
        with pytest.raises(pytest.skip.Exception, match=variable):
            folder()


def test_oracle_named_by_the_environment_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HARDEN_REQUIRE_ALL", raising=False)
    monkeypatch.setenv("HARDEN_ORACLE", str(tmp_path / "missing"))
    with pytest.raises(pytest.skip.Exception, match="HARDEN_ORACLE names no program"):
        requirements.oracle()


ASK = """
import sys
from pathlib import Path
import requirements
requirements.ROOT = Path(sys.argv[1])
print("asks", flush=True)
print(requirements.kustomize())
"""


def test_what_several_processes_ask_for_is_made_once(tmp_path: Path) -> None:
    go, gate, log = tmp_path / "bin" / "go", tmp_path / "gate", tmp_path / "log"
    go.parent.mkdir()
    go.write_text(f'#!/bin/sh\necho called >>"{log}"\nread line <"{gate}"\n: >"$GOBIN/kustomize"\n')
    go.chmod(0o755)
    os.mkfifo(gate)
    kept = {name: value for name, value in os.environ.items() if name != "HARDEN_KUSTOMIZE"}
    places = {"PATH": f"{go.parent}{os.pathsep}{kept['PATH']}", "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", ASK, str(tmp_path)]
    askers = [subprocess.Popen(command, env={**kept, **places}, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for each in askers:
        assert each.stdout is not None
        assert each.stdout.readline() == "asks\n"
    # Whoever makes it waits until all of them have asked.
    opened = os.open(gate, os.O_RDWR)
    os.write(opened, b"go on\n" * len(askers))
    made = {each.communicate(timeout=60)[0] for each in askers}
    os.close(opened)
    assert len(made) == 1
    assert log.read_text() == "called\n"
