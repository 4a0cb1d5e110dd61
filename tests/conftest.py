"""Adds the options that the golden tests know, and the command line as most tests of it run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_session import Session


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expected files under golden/ from what harden does now; read the diff before you commit it",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Have one process alone rewrite expected files: what one test writes, others read."""
    return 0 if config.getoption("--update-golden") else None


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    """Return the command line, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Session(monkeypatch, capfdbinary)
