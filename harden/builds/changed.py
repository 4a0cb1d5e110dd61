"""What the commands of a build change in an image: its accounts, and files that the program of its base reads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harden.builds import commands
from harden.builds.accounts import take_command, take_lines
from harden.builds.distributions import family_by_package
from harden.builds.recipe import Instruction
from harden.builds.starting import Script, script_text

if TYPE_CHECKING:
    from harden.builds.built import Built

_CONFIG = re.compile(r"\.(?:conf|cfg|cnf|ini|toml|template)(?:\.\w+)?$")
_REDIRECTED = re.compile(r"(?<![0-9&=-])>>?\s*[\"']?([\w./${}-]+)")
#: Folders below /etc that say nothing to the program of an image.
_APART = (
    "/etc/apk/",
    "/etc/apt/",
    "/etc/group",
    "/etc/localtime",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/ssl/",
    "/etc/timezone",
    "/etc/yum.repos.d/",
)
#: Programs that write into the files that they name, and those that decide who may read or write them.
_WRITERS = frozenset(
    {"sed", "perl", "tee", "cp", "mv", "ln", "install", "curl", "wget", "envsubst", "patch", "crudini"}
)
_CLOSING = frozenset({"chown", "chgrp", "setfacl"})
_OPEN_MODE = re.compile(r"(?:0?[0-7]*[4-7]|[ugoa]*\+[rwxXst]+)(?:,[ugoa]*\+[rwxXst]+)*")


def run(built: Built, item: Instruction, known: Mapping[str, str], script: Script) -> None:
    """Do to an image what a RUN does; `known` are the variables that it sees, `script` reads a file of the context."""
    text = " ".join(item.args) if not item.is_json else " ".join(f"'{word}'" for word in item.args)
    text = f"{text}\n{item.heredoc}"
    own = commands.assigned(text)
    text = commands.substitute(text, {name: value for name, value in known.items() if name not in own}, own)
    found = list(commands.commands(text))
    if built.family is None:
        programs = {words[0] for words in found}
        built.family = next(iter(filter(None, map(family_by_package, sorted(programs)))), None)
    take_lines(built, text)
    for words in found:
        take_command(built, words)
        _take_script(built, words, script)
    if not built.changed:
        what = _redirected(text) or next(filter(None, (_changes(built, words) for words in found)), "")
        built.changed = f"what {what} in line {item.line} changes is not known" if what else ""


def _take_script(built: Built, words: Sequence[str], script: Script) -> None:
    """Do what a script of the repository does that a command starts; its variables are not known."""
    names = [word for word in words[1:] if not word.startswith("-")] if words[0] in {"sh", "bash", "."} else [words[0]]
    text = script_text(names[0], built, script) if names else None
    if text is not None:
        take_lines(built, text)
        for inner in commands.commands(text):
            take_command(built, inner)


def copied_privately(path: str, item: Instruction) -> str:
    """Return what a COPY with a mode shuts off from other users, in words; "" for none."""
    mode = item.flag("chmod")
    if mode is None or _OPEN_MODE.fullmatch(mode) is not None:
        return ""
    return f"{path}:{item.line} copies files with mode {mode}, which other users may not be able to read"


def _redirected(text: str) -> str:
    return next((f"a redirection to {path}" for path in _REDIRECTED.findall(text) if _is_read(path)), "")


def _changes(built: Built, words: Sequence[str]) -> str:
    program, *rest = words
    plain = [word for word in rest if not word.startswith("-")]
    if program == "chmod":
        return "" if plain and _OPEN_MODE.fullmatch(plain[0]) is not None else program
    if program in _CLOSING:
        return "" if plain and _is_of_base(built, plain[0]) else program
    if program == "rm":
        # Without a folder that it writes to, a program that is not root cannot make it anew.
        kept = ("/var/run/", "/var/cache/", "/var/lib/", "/var/log/", "/run/", "/data")
        own = ("/var/cache/apk", "/var/cache/apt", "/var/cache/dnf", "/var/cache/yum", "/var/lib/apt", "/var/log/")
        return program if any(word.startswith(kept) and not word.startswith(own) for word in plain) else ""
    return program if program in _WRITERS and any(map(_is_read, plain)) else ""


def _is_of_base(built: Built, owner: str) -> bool:
    facts = built.facts
    who = owner.partition(":")[0]
    return facts is not None and facts.uid is not None and who in {facts.user_name, str(facts.uid)}


def _is_read(path: str) -> bool:
    """Return whether the program of an image may read a file as its configuration."""
    name = path.strip("'\"")
    if name.startswith(_APART) or name.startswith("/tmp/"):  # noqa: S108 - the name is all that is meant
        return False
    return name.startswith("/etc/") or _CONFIG.search(posixpath.basename(name)) is not None
