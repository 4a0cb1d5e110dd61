"""Completion in real shells on a terminal, and by what the scripts of zsh and fish ask the program."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path

import pytest
from cli_session import as_program, run_alone
from requirements import tool

#: What is typed before the tab, and what the line becomes.
TYPED = [
    ("harden che", "harden check "),
    ("harden check --ri", "harden check --risk "),
    ("harden check --risk br", "harden check --risk breaking "),
    ("harden diff -p hard", "harden diff -p hardened "),
    ("harden check --select seccomp", "harden check --select seccomp-profile "),
    ("harden diff --color al", "harden diff --color always "),
    ("harden explain capabilities_b", "harden explain capabilities_baseline "),
    ("harden explain seccomp-p", "harden explain seccomp-profile "),
    ("harden check --pss-version la", "harden check --pss-version latest "),
    ("harden images le", "harden images learn "),
]
ASKED = [
    ("harden check --risk ", ["safe", "review", "breaking"]),
    ("harden check --color a", ["auto", "always"]),
    ("harden check --ignore app", ["app-armor-profile"]),
    ("harden graph --format m", ["mermaid"]),
    ("harden pro", ["profile"]),
    ("harden post-render --fail-on w", ["waiting"]),
    ("harden patch --format flux-", ["flux-helm"]),
    ("harden helm-plugin i", ["install"]),
]


#: What each shell reads at its start: completion, and Ctrl-G, which prints the line as it is and takes it away.
STARTS = {
    "bash": """PS1='> '
bind 'set bell-style none'
eval "$(harden --show-completion)"
show() { printf '[[%s]]' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-g": show'
echo ready
""",
    "zsh": """PS1='> '
autoload -Uz compinit; compinit -u -d "$ZDOTDIR/dump"
eval "$(harden --show-completion)"
show() { print -r -- "[[$BUFFER]]"; BUFFER=; zle reset-prompt }
zle -N show
bindkey '^G' show
echo ready
""",
    "fish": """set fish_greeting
function fish_prompt; echo '> '; end
harden --show-completion | source
function show; echo "[["(commandline)"]]"; commandline ''; commandline -f repaint; end
bind \\cg show
echo ready
""",
}


class Shell:
    """An interactive shell on a terminal of its own, with the completion of harden."""

    def __init__(self, name: str, folder: Path) -> None:
        script = as_program(folder / "bin")
        (folder / "fish").mkdir()
        for place in ("rc", ".zshrc", "fish/config.fish"):
            (folder / place).write_text(STARTS[name])
        self.ours, theirs = pty.openpty()
        options = ["--noprofile", "--rcfile", str(folder / "rc")] if name == "bash" else []
        places = dict.fromkeys(("HOME", "ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
        path = f"{script.parent}:{os.environ['PATH']}"
        self.process = subprocess.Popen(
            [name, *options, "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**os.environ, **places, "PATH": path, "TERM": "xterm"},
            start_new_session=True,
            # fish ends where the terminal is not its own.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - there is one thread
        )
        os.close(theirs)
        self.read("ready\r\n")

    def read(self, until: str) -> str:
        said, end = "", time.monotonic() + 30
        while until not in said and time.monotonic() < end:
            if select.select([self.ours], [], [], 1)[0]:
                said += os.read(self.ours, 4096).decode("utf-8", "replace")
        return said

    def complete(self, typed: str) -> str:
        """Return the line that a tab behind `typed` leaves."""
        # A shell that looks for a completion reads on when it has it.
        os.write(self.ours, f"{typed}\t\x07".encode())
        return self.read("]]").rpartition("[[")[2].partition("]]")[0]

    def close(self) -> None:
        os.write(self.ours, b"\x15exit\n")
        self.process.wait(30)
        os.close(self.ours)


@pytest.mark.parametrize("name", STARTS)
def test_a_shell_completes_commands_options_and_values(name: str, tmp_path: Path) -> None:
    tool(name)
    shell = Shell(name, tmp_path)
    try:
        # They all get their words from the same program: one line of each kind shows that a shell takes them.
        for typed, line in TYPED if name == "bash" else TYPED[:: len(TYPED) // 4]:
            assert shell.complete(typed) == line, typed
    finally:
        shell.close()


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
