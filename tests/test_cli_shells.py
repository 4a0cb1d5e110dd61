"""Completion in shells: bash for real, on a terminal; zsh and fish by what their scripts ask the program."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_session import ROOT, run_alone

#: What is typed before the tab, and what the line becomes.
TYPED = [
    ("harden che", "harden check "),
    ("harden check --ri", "harden check --risk "),
    ("harden check --risk br", "harden check --risk breaking "),
    ("harden diff -p hard", "harden diff -p hardened "),
    ("harden check --select seccomp", "harden check --select seccomp-profile "),
    ("harden diff --color al", "harden diff --color always "),
    ("harden explain capa", "harden explain capabilities "),
    ("harden images le", "harden images learn "),
]
ASKED = [
    ("harden check --risk ", ["safe", "review", "breaking"]),
    ("harden check --color a", ["auto", "always"]),
    ("harden check --ignore app", ["app-armor-profile"]),
    ("harden graph --format m", ["mermaid"]),
    ("harden pro", ["profile"]),
    ("harden post-render --fail-on w", ["waiting"]),
]


class Bash:
    """An interactive bash on a terminal of its own, with the completion of harden."""

    def __init__(self, folder: Path) -> None:
        script = folder / "bin" / "harden"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harden "$@"\n')
        script.chmod(0o755)
        (folder / "rc").write_text(
            "PS1='> '\nbind 'set bell-style none'\neval \"$(harden --show-completion)\"\necho ready\n"
        )
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--rcfile", str(folder / "rc"), "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{script.parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "TERM": "dumb",
            },
            start_new_session=True,
        )
        os.close(theirs)
        self.read("ready\r\n> ")

    def read(self, until: str) -> str:
        said, end = "", time.monotonic() + 30
        while until not in said and time.monotonic() < end:
            if select.select([self.ours], [], [], 1)[0]:
                said += os.read(self.ours, 4096).decode()
        return said

    def complete(self, typed: str, until: str) -> str:
        """Return the line that a tab behind `typed` leaves."""
        os.write(self.ours, f"{typed}\t".encode())
        said = self.read(until)
        os.write(self.ours, b"\x15")  # Ctrl-U takes the line away
        return said

    def close(self) -> None:
        os.write(self.ours, b"\x15exit\n")
        self.process.wait(30)
        os.close(self.ours)


def test_bash_completes_commands_options_and_values(tmp_path: Path) -> None:
    bash = Bash(tmp_path)
    try:
        for typed, line in TYPED:
            assert line in bash.complete(typed, line), typed
    finally:
        bash.close()


@pytest.mark.parametrize(("line", "words"), ASKED)
def test_zsh(line: str, words: list[str]) -> None:
    done = run_alone(env={"_HARDEN_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line})
    assert [word for word in words if f'"{word}"' in done.text] == words, done.text + done.err


@pytest.mark.parametrize(("line", "words"), ASKED)
def test_fish(line: str, words: list[str]) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = run_alone(env={"_HARDEN_COMPLETE": "complete_fish", **asked})
    assert [text.split("\t")[0] for text in done.text.splitlines()] == words, done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_has_a_script(shell: str) -> None:
    done = run_alone("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert (done.code, f"complete_{shell}" in done.text) == (0, True)
