"""What an image's start command shows: whether it wants root, or may write where only root may."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harden.builds.commands import commands
from harden.kube.containers import OPEN_TO_ALL

if TYPE_CHECKING:
    from harden.builds.built import Built

#: Returns the text of a file of the build context, None where there is none.
Script = Callable[[str], "str | None"]

#: Programs that want root, or change the user by themselves.
_ROOT_PROGRAMS = frozenset(
    {
        "gosu",
        "su-exec",
        "setpriv",
        "runuser",
        "su",
        "sudo",
        "supervisord",
        "s6-svscan",
        "cron",
        "crond",
        "sshd",
        "systemctl",
    }
    | {
        "service",
        "apachectl",
        "apache2-foreground",
        "httpd-foreground",
        "dockerd",
        "iptables",
        "chown",
        "apk",
        "apt-get",
    }
    | {"apt", "yum", "dnf", "mount", "setcap", "useradd", "adduser", "usermod"}
)
#: Those that are of use to a user who is not root, because they have the set-user-ID bit.
_GAINING = frozenset({"sudo", "doas", "su"})
_GAINED = re.compile(r"(?:^|[;&|(]|\b(?:then|do|else|exec|if|!))\s*(sudo|doas|su)\s", re.MULTILINE)
#: Programs that build, install or change files when the image starts: mostly in folders that belong to root.
_WRITERS = frozenset(
    {"npx", "bun", "go", "mvn", "mvnw", "gradle", "gradlew", "pip", "pip3", "poetry", "pipenv", "bundle", "composer"}
    | {"make", "cargo", "webpack", "vite", "ng", "react-scripts", "next", "nuxt", "nodemon", "sed", "cp", "mv", "mkdir"}
    | {"touch", "ln", "tee", "chmod", "install", "rm", "tar", "unzip", "wget", "rails", "rake", "ts-node-dev"}
)
_PACKAGE_MANAGERS = frozenset({"npm", "yarn", "pnpm"})
_WRITTEN = re.compile(r"(?<![0-9&=-])>>?\s*(?!/dev/|&)[\w./$\"'{]")
_HELPERS = frozenset({"tini", "dumb-init", "exec", "env", "nohup", "timeout", "wait", "trap"})
#: What configures a program, and the paths in it that name what is written: data, logs, sockets and scratch.
_CONFIG = re.compile(r"\.(?:conf|cfg|cnf|ini|toml)(?:\.\w+)?$")
_PATH = re.compile(r"(?<![\w./:@$}])/[\w.+-]+(?:/[\w.+-]+)*")
_WRITTEN_BELOW = ("/cache/", "/data/", "/home/", "/log/", "/logs/", "/mnt/", "/opt/", "/run/", "/srv/", "/var/")
#: How deep scripts may call scripts.
_DEPTH = 3


def root_word(built: Built, script: Script) -> str | None:
    """Return the program in the start command, or in a script of the repository that it runs, that wants root."""
    for program, _, where in _programs(built, script):
        if program in _ROOT_PROGRAMS:
            return f"{program}{where}"
    return None


def gaining_word(built: Built, script: Script) -> str:
    """Return what in the start gains privileges by its set-user-ID bit, and where that stands; "" for nothing."""
    for program, words, where in _programs(built, script):
        if program in _GAINING and (not words or posixpath.basename(words[0]) == program):
            return f"{program}{where}"
    return ""


def open_question(built: Built, script: Script) -> str | None:
    """Return what in the start command may need files of root; None where the command shows nothing of the kind."""
    for program, words, where in _programs(built, script):
        if program in _WRITERS or (program in _PACKAGE_MANAGERS and not _runs_node(words, script)):
            return f"{program}{where}"
        if program == "":
            return f"a script that is not in the repository{where}"
        if program == ">":
            return f"a redirection{where}"
    return None


def config_question(built: Built, script: Script) -> str | None:
    """Return what a configuration that is put into an image may ask for that its base's own does not; None: nothing.

    A file that comes from another stage is not to be seen, and may name any folder.
    """
    if built.changed:
        return built.changed
    facts = built.facts
    open_to = (*OPEN_TO_ALL, "/dev", *((facts.writable or ()) if facts is not None else ()))
    for source, target in (*built.copied, *built.brought):
        if not _is_config(source, target):
            continue
        text = script(source) if (source, target) in built.copied else None
        if text is None:
            return f"what {posixpath.basename(source)} in {target} asks for is not known"
        spoken = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", ";", "//")))
        if re.search(r"\bchroot\b", spoken) is not None:
            return f"{posixpath.basename(source)} says chroot"
        paths = (path for path in _PATH.findall(spoken) if path.startswith(_WRITTEN_BELOW))
        closed = next((path for path in paths if not any(f"{path}/".startswith(f"{each}/") for each in open_to)), None)
        if closed is not None:
            return f"{posixpath.basename(source)} names {closed}, which may belong to root"
    return None


def _is_config(source: str, target: str) -> bool:
    return target.startswith(("/etc/", "/docker-entrypoint.d")) or _CONFIG.search(source) is not None


def _programs(built: Built, script: Script) -> Iterator[tuple[str, list[str], str]]:
    """Yield each program of the start with its words, and where it stands when that is a script."""
    words = [*(built.entrypoint or ()), *(built.command or ())]
    yield from _of_words(words, built, script, "", 0)


def _of_words(
    words: list[str], built: Built, script: Script, where: str, depth: int
) -> Iterator[tuple[str, list[str], str]]:
    while words and posixpath.basename(words[0]) in _HELPERS:
        words = [word for word in words[1:] if word != "--"]
    if not words:
        return
    if posixpath.basename(words[0]) in {"sh", "bash", "ash"}:
        rest = [word for word in words[1:] if not word.startswith("-")]
        if any(word.startswith("-") and word.endswith("c") for word in words[1:2]) and rest:
            yield from _of_text(rest[0], built, script, where, depth)
            return
        words = rest or words
    yield posixpath.basename(words[0]), words, where
    # A script may start what its arguments name: gosu in the entry point, then the program in CMD.
    for word in words:
        if posixpath.basename(word) in _ROOT_PROGRAMS:
            yield posixpath.basename(word), words, where
    text = script_text(words[0], built, script)
    if text is not None and depth < _DEPTH:
        yield from _of_text(text, built, script, f" in {posixpath.basename(words[0])}", depth + 1)
    elif words[0].endswith(".sh"):
        yield "", words, f" ({posixpath.basename(words[0])})"


def _of_text(text: str, built: Built, script: Script, where: str, depth: int) -> Iterator[tuple[str, list[str], str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if _WRITTEN.search(lines) is not None:
        yield ">", [], where
    yield from ((match[1], [], where) for match in _GAINED.finditer(lines))
    for words in commands(lines):
        yield from _of_words(words, built, script, where, depth)


def script_text(word: str, built: Built, script: Script) -> str | None:
    """Return the text of a script that a COPY brings into the image under this name."""
    name = posixpath.basename(word)
    for source, target in built.copied:
        if name in {posixpath.basename(source), posixpath.basename(target)}:
            text = script(source)
        else:
            text = script(posixpath.join(source, name)) or script(posixpath.join(source, word.lstrip("./")))
        if text is not None and (name.endswith(".sh") or re.match(r"#!.*sh\b", text) is not None):
            return text
    return None


def _runs_node(words: list[str], script: Script) -> bool:
    """Return whether `npm start` or `npm run NAME` does no more than start a file with node."""
    names = [word for word in words[1:] if not word.startswith("-") and word != "run"]
    try:
        package = json.loads(script("package.json") or "{}")
    except (ValueError, RecursionError):
        return False
    scripts = package.get("scripts") if isinstance(package, dict) else None
    text = scripts.get(names[0]) if isinstance(scripts, dict) and names else None
    return isinstance(text, str) and re.fullmatch(r"(?:NODE_ENV=\w+ )?node [^&|;>]*", text) is not None
