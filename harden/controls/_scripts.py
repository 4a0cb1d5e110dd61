"""What the command line of a container gives away: what it needs root for, and what it writes.

A script is read as far as its simple commands go; nothing is expanded and nothing is run.
"""

from __future__ import annotations

from itertools import pairwise

from harden.model.kube import Container
from harden.model.plain import is_number
from harden.model.record import Record

Words = tuple[str, ...]


class Script(Record):
    """The simple commands of a command line, in order; `whole` is False where there is more than simple commands."""

    commands: tuple[Words, ...]
    whole: bool


#: Programs that work as root only, or that nobody starts for anything else.
_ROOT_WORDS = """
adduser addgroup apk apt apt-get chgrp chown chroot dhclient dnf dpkg ethtool gosu groupadd insmod ip6tables iptables
iptables-legacy iptables-nft iptables-restore ldconfig losetup microdnf mkfs mkfs.ext4 mknod modprobe mount nft nsenter
pacman rpm setcap setpriv su su-exec sudo swapoff sysctl systemctl tc umount update-ca-certificates useradd usermod yum
zypper
"""
_ROOT_ONLY = frozenset(_ROOT_WORDS.split())
_OWNERS = frozenset({"chgrp", "chmod", "chown"})
#: Commands beside chown and chmod that leave nothing behind.
_IDLE_WORDS = ": [ cd date echo exit find id ls printf pwd set sleep stat test true whoami"
_IDLE = frozenset(_IDLE_WORDS.split())
#: Commands that write no files: tests, waits and prints.
_READING_WORDS = """
awk basename cat curl cut dig dirname env exec false getent grep head host hostname jq kubectl nc ncat netcat nslookup
pg_isready ping redis-cli seq sort tail timeout tr uname wait wc wget which
"""
_READERS = _IDLE | frozenset(_READING_WORDS.split())
#: Programs that take a script for an argument.
SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
_WRAPPERS = frozenset({"--", "busybox", "dumb-init", "env", "exec", "nice", "nohup", "tini", "time"})
_KEYWORD_WORDS = "! if then elif else fi for while until do done case esac { }"
_KEYWORDS = frozenset(_KEYWORD_WORDS.split())
_ENDS = frozenset({"&&", "||", ";", ";;", "|", "|&", "&", "(", ")"})


def command_line(container: Container) -> Words:
    """Return the words of `command` and `args`; what is no string is left out."""
    said: list[str] = []
    for key in ("command", "args"):
        value = container.get(key)
        said += [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    return tuple(said)


def script_of(container: Container) -> Script:
    """Return the commands that a container says itself; without `command` and `args` there are none."""
    words = _unwrapped(command_line(container))
    if not words:
        return Script((), whole=True)
    if _base(words[0]) not in SHELLS:
        return Script((words,), whole=True)
    at = next((i for i, word in enumerate(words[1:], 1) if word.startswith("-") and "c" in word[1:]), None)
    if at is None or at + 1 >= len(words):
        return Script((words,), whole=False)
    return _read(words[at + 1])


def root_need(container: Container) -> str | None:
    """Return the program in the container's command that needs root, None where none is seen."""
    for command in script_of(container).commands:
        name = _base(_program(command))
        if name in _ROOT_ONLY:
            return name
        if any(word.startswith(("/proc/sys/", "/sys/")) for word in _redirected(command)):
            return "a write below /proc/sys"
    return None


def starts(container: Container, programs: frozenset[str]) -> str | None:
    """Return the first of `programs` that a container's commands start, None where none of them does."""
    names = (_base(_program(command)) for command in script_of(container).commands)
    return next((name for name in names if name in programs), None)


def only_changes_owners(container: Container) -> tuple[Words, ...]:
    """Return the chown, chgrp and chmod commands of a container that does nothing else, nothing for any other one."""
    script = script_of(container)
    found: list[Words] = []
    if not script.whole:
        return ()
    for command in script.commands:
        name = _base(_program(command))
        if name in _OWNERS:
            found.append(_from_program(command))
        elif name not in _IDLE or _redirected(command) or "-delete" in command or "-exec" in command:
            return ()
    return tuple(found)


def owner_number(command: Words) -> int | None:
    """Return the group that a chown gives, or its user where it gives no group; None where that is no number."""
    for word in command[1:]:
        if word.startswith("-"):
            continue
        user, _, group = word.replace(".", ":").partition(":")
        number = group or user
        return int(number) if is_number(number) and _base(command[0]) != "chmod" else None
    return None


def targets(command: Words) -> Words:
    """Return the absolute paths that a command names."""
    return tuple(word for word in command[1:] if word.startswith("/"))


def unknown_writer(container: Container) -> str | None:
    """Return the first program whose writing cannot be told from the command line, None where nothing is written.

    Only commands that read, wait or print count as harmless, and writes into /dev and to a redirection there.
    """
    script = script_of(container)
    if not script.whole and not script.commands:
        return "a script"
    for command in script.commands:
        name = _base(_program(command))
        if name not in _READERS:
            return name if name[:1].isalnum() else "a script"
        if name == "wget" and not any(word.startswith(("-O-", "--spider", "-qO-")) for word in command):
            return name
        if name == "curl" and any(word in {"-o", "-O", "--output", "--remote-name"} for word in command):
            return name
        if any(not word.startswith("/dev/") for word in _redirected(command)):
            return "a redirection"
    return None


def _unwrapped(words: Words) -> Words:
    at = 0
    while at < len(words) - 1 and _base(words[at]) in _WRAPPERS:
        at += 1
    return words[at:]


def _read(script: str) -> Script:
    import shlex  # noqa: PLC0415 -- only scripts need it, and every start would pay for it

    commands: list[Words] = []
    whole = "$(" not in script and "`" not in script
    for line in script.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            tokens = list(lexer)
        except ValueError:
            return Script(tuple(commands), whole=False)
        for command in _split(tokens):
            plain = _without_keywords(command)
            whole = whole and plain == command
            if plain:
                commands.append(plain)
    return Script(tuple(commands), whole)


def _split(tokens: list[str]) -> list[Words]:
    found: list[list[str]] = [[]]
    for token in tokens:
        if token in _ENDS:
            found.append([])
        else:
            found[-1].append(token)
    return [tuple(command) for command in found if command]


def _without_keywords(command: Words) -> Words:
    start = next((at for at, word in enumerate(command) if word not in _KEYWORDS), len(command))
    return command[start:]


def _from_program(command: Words) -> Words:
    """Return the command without what stands before its program: assignments, wrappers, xargs and its options."""
    at, after_xargs = 0, False
    while at < len(command) - 1:
        word = command[at]
        if word == "xargs":
            after_xargs = True
        elif not (_base(word) in _WRAPPERS or "=" in word or (after_xargs and word.startswith("-"))):
            break
        at += 1
    return command[at:]


def _program(command: Words) -> str:
    return _from_program(command)[0]


def _redirected(command: Words) -> Words:
    """Return the files that output goes to; a number after `>&` is no file."""
    pairs = pairwise(command)
    return tuple(after for word, after in pairs if word in {">", ">>", ">|", "&>", ">&"} and not is_number(after))


def _base(word: str) -> str:
    return word.rpartition("/")[2]
