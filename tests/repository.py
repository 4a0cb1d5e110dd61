"""A scratch Git repository in the current folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

#: Nobody's settings have a say.
_ENV = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(*words: str, cwd: Path | None = None, data: bytes = b"") -> str:
    """Run Git, and return what it prints."""
    done = subprocess.run(["git", *words], cwd=cwd, env=_ENV, input=data, capture_output=True, check=True)
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
