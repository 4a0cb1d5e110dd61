"""Owns scratch Git repositories: how they are made, and that nobody's settings have a say in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
#: The environment without anybody's settings of Git, and with those of the tests.
ENVIRONMENT = {**{key: value for key, value in os.environ.items() if not key.startswith("GIT_")}, **_SETTINGS}


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the Git that this process starts the settings of the tests, too."""
    for variable in [key for key in os.environ if key.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    for variable, value in _SETTINGS.items():
        monkeypatch.setenv(variable, value)


def git(*words: str, cwd: Path | None = None, data: bytes = b"") -> str:
    """Run Git, and return what it prints."""
    done = subprocess.run(["git", *words], cwd=cwd, env=ENVIRONMENT, input=data, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def commit(message: str = "change") -> None:
    """Commit everything that is there."""
    git("add", "--all", "--force")
    git("commit", "--quiet", "--allow-empty", "--message", message)


def begin() -> None:
    """Make a repository of what is there, with the branch main, and go on in the branch topic."""
    git("init", "--quiet", "--initial-branch=main")
    commit("base")
    git("checkout", "--quiet", "-b", "topic")
