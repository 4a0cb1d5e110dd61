"""Finds what runs in a container: the image's own program, commands whose needs are known, or something else.

A script is read as far as its simple commands go; nothing is expanded and nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from harden.model.plain import is_number
from harden.model.record import Record
from harden.starts.reader import Container, Variable

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

Words = tuple[str, ...]

#: Shells that take a script for an argument.
_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
#: Words that start another program and change nothing for it.
_WRAPPERS = frozenset({"busybox", "dumb-init", "env", "exec", "nice", "nohup", "time", "tini"})
_KEYWORDS = frozenset(("!", "do", "done", "elif", "else", "fi", "if", "then", "until", "while", "{", "}"))
_BREAKS = frozenset({"&&", "||", ";", ";;", "|", "|&", "&", "(", ")"})
_TESTS = frozenset({"if", "elif", "while", "until", "!"})


class Command(Record):
    """A simple command: `words`, the absolute files that it writes to, and whether its failure ends the script."""

    words: Words
    writes: Words = ()
    counts: bool = True

    @property
    def name(self) -> str:
        """Return the name of its program."""
        return base(self.words[0])

    @property
    def harmless(self) -> bool:
        """Return whether it reads, waits or prints, and needs no rights for that; a download into a file does not."""
        if self.name == "wget":
            return any(word.startswith(("-O-", "-qO-", "--spider")) for word in self.words)
        if self.name == "curl":
            return not any(word in {"-o", "-O", "--output", "--remote-name"} for word in self.words)
        return self.name in HARMLESS


class Program(Record):
    """What runs in a container.

    `own` says that it is the image's own program; `entry` that it comes by way of the image's entrypoint, as shipped.
    Else `commands` are the simple commands that the manifest gives, and `whole` says that they are all of it.
    `arguments` are the words that the manifest hands to the image's own program.
    """

    own: bool
    entry: bool
    commands: tuple[Command, ...] = ()
    whole: bool = True
    arguments: Words = ()

    @property
    def name(self) -> str:
        """Return a word for people for what the manifest runs."""
        return self.commands[0].name if len(self.commands) == 1 else "the command"


def program_of(container: Container, facts: ImageFacts | None) -> Program:
    """Return what runs in a container.

    `command` takes the place of the image's entrypoint and its arguments, `args` of the arguments only (kubernetes,
    pkg/kubelet/container, MakeCommandAndArgs; OCI image-spec, config.md). Without entrypoint, the arguments are the
    command.
    """
    command, args = container.command, container.args
    if command is None and args is None:
        return Program(own=True, entry=True)
    if command is None and args is not None:
        if _feeds(args, facts):
            return Program(own=True, entry=True, arguments=args)
        # Official images have an entrypoint that runs what it is given, and looks at its first word.
        return _given(args)
    if command is not None and facts is not None and _is_own(command[0], facts):
        whole = tuple(facts.entrypoint or ())
        return Program(
            own=True, entry=bool(whole) and command[: len(whole)] == whole, arguments=(*command[1:], *(args or ()))
        )
    return _given(tuple(_expanded(word, container.env) for word in (*(command or ()), *(args or ()))))


def _expanded(word: str, variables: tuple[Variable, ...]) -> str:
    """Return a word with `$NAME` for each `$(NAME)` that the kubelet puts a variable in place of.

    Values are told nowhere, so that none stands in its place. Source: kubernetes, third_party/forked/golang/expansion:
    what names no variable stays, and the shell runs it.
    """
    for variable in variables if "$(" in word else ():
        word = word.replace(f"$({variable.name})", f"${variable.name}")
    return word


def _feeds(args: Words, facts: ImageFacts | None) -> bool:
    """Return whether arguments go to the image's own program: options, its name, or what is no other program.

    An address is none.
    """
    first = args[0]
    if facts is not None and _is_own(first, facts):
        return True
    if facts is not None and facts.entrypoint:
        return base(facts.entrypoint[0]) not in _SHELLS and base(first) not in _SHELLS
    if "://" in first:
        return True
    return "/" not in first.partition("=")[0] and base(first) not in _SHELLS | _WRAPPERS | KNOWN_PROGRAMS


def _is_own(word: str, facts: ImageFacts) -> bool:
    """Return whether a word names the image's program: that of its entrypoint or command, or the image itself."""
    name = base(word)
    if name in _SHELLS:
        return False
    shipped = {base(word) for word in (*(facts.entrypoint or ())[:2], *(facts.command or ())[:1])}
    last = facts.reference.last
    return name in shipped or name in {last, f"{last}-server", f"{last}d", "docker-entrypoint.sh"}


def _given(words: Words) -> Program:
    words = _unwrapped(words)
    if base(words[0]) not in _SHELLS:
        return Program(own=False, entry=False, commands=(Command(words),))
    at = next((at for at, word in enumerate(words[1:], 1) if word.startswith("-") and "c" in word[1:]), None)
    if at is None or at + 1 >= len(words):
        return Program(own=False, entry=False, commands=(Command(words),), whole=False)
    stops = any(word.startswith("-") and "e" in word[1:] for word in words[1 : at + 1])
    commands, whole = read_script(words[at + 1], stops=stops)
    if not whole:
        # What looks like a command may be the text of a file, or stand in a loop that goes on.
        commands = tuple(command._replace(counts=False) for command in commands)
    return Program(own=False, entry=False, commands=commands, whole=whole)


def _unwrapped(words: Words) -> Words:
    at = 0
    while at < len(words) - 1 and (base(words[at]) in _WRAPPERS or words[at] == "--" or _sets(words[:at], words[at])):
        at += 1
    return words[at:]


def _sets(before: Words, word: str) -> bool:
    """Return whether a word sets a variable for what `env` starts (env(1))."""
    return any(base(each) == "env" for each in before) and "=" in word.partition("/")[0]


def read_script(script: str, *, stops: bool) -> tuple[tuple[Command, ...], bool]:
    """Return the simple commands of a shell script, and whether there is nothing else in it.

    `stops` says that the shell ends at the first failure (-e). A command counts where its failure ends the script: it
    is the last one, or every command after it hangs on it by &&, or the shell stops anyway; never behind a test.
    """
    import shlex  # noqa: PLC0415 - only scripts need it

    found: list[tuple[list[str], str]] = []
    whole = "$(" not in script and "`" not in script and "<<" not in script
    for line in script.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            found += _split(list(lexer))
        except ValueError:
            return _commands(found, stops=stops), False
    return _commands(found, stops=stops), whole and not any(
        words[0] in {"for", "case", "function"} for words, _ in found
    )


def _split(tokens: list[str]) -> list[tuple[list[str], str]]:
    """Return the commands of a line, each with the word that joins it to the next."""
    found: list[tuple[list[str], str]] = []
    words: list[str] = []
    for token in [*tokens, ";"]:
        # Between [[ and ]], && and || join conditions.
        if token not in _BREAKS or (token in {"&&", "||"} and "[[" in words and "]]" not in words):
            words.append(token)
        elif words:
            found.append((words, token))
            words = []
    return found


def _commands(found: list[tuple[list[str], str]], *, stops: bool) -> tuple[Command, ...]:
    commands: list[Command] = []
    ends = True
    stops = stops or _sets_stop(found)
    for words, join in reversed(found):
        tested = any(word in _TESTS for word in words)
        stops_here = stops and join not in {"|", "|&"}
        ends = (join == "&&" and ends) or (join in {";", "&&"} and (stops_here or not commands))
        plain = _plain(words)
        if plain:
            commands.append(Command(plain, _written(words), counts=ends and join != "||" and not tested))
    return tuple(reversed(commands))


def _sets_stop(found: list[tuple[list[str], str]]) -> bool:
    return any(
        words[0] == "set" and any(word.startswith("-") and "e" in word for word in words[1:]) for words, _ in found
    )


def _plain(words: list[str]) -> Words:
    """Return a command without keywords, assignments, wrappers and redirections before and behind its program."""
    at = 0
    while at < len(words) and (words[at] in _KEYWORDS or "=" in words[at].partition("/")[0]):
        at += 1
    rest = words[at:]
    cut = next((at for at, word in enumerate(rest) if set(word) <= set("<>&|")), len(rest))
    kept = rest[:cut]
    if kept and is_number(kept[-1]) and cut < len(rest):
        kept = kept[:-1]
    return _unwrapped(tuple(kept)) if kept else ()


def _written(words: list[str]) -> Words:
    """Return the absolute files that the output of a command goes to, devices left out."""
    pairs = pairwise(words)
    return tuple(
        after
        for word, after in pairs
        if word in {">", ">>", ">|", "&>"} and after.startswith("/") and after[:5] != "/dev/"
    )


def base(word: str) -> str:
    """Return the last part of a path; of `/` all of it."""
    return word.rpartition("/")[2] or word


class Need(Record):
    """What a program cannot do without: root, capabilities, or a privileged container (`nodes`)."""

    capabilities: frozenset[str]
    privileged: bool = False
    file_system: bool = False


def _needs(
    names: str, *capabilities: str, privileged: bool = False, file_system: bool = False
) -> Iterator[tuple[str, Need]]:
    need = Need(frozenset(capabilities), privileged, file_system)
    yield from ((name, need) for name in names.split())


#: Programs that do their work as root only, and the capabilities that it takes. Sources: capabilities(7) for each
#: capability; the manual page of each program. Package managers change owners and users (apt: the user _apt). An
#: unprivileged container has /proc/sys read-only (containerd, pkg/oci/spec.go, ReadonlyPaths).
ROOT_PROGRAMS: dict[str, Need] = dict(
    (
        *_needs("chown chgrp", "CHOWN"),
        *_needs("sysctl", privileged=True),
        *_needs("iptables ip6tables iptables-legacy iptables-nft iptables-restore nft ipset tc ethtool", "NET_ADMIN"),
        *_needs("apt apt-get dpkg", "CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID", file_system=True),
        *_needs("apk dnf microdnf yum rpm zypper pacman", "CHOWN", "DAC_OVERRIDE", file_system=True),
        *_needs("gosu su su-exec setpriv runuser", "SETGID", "SETUID"),
        *_needs("adduser addgroup useradd usermod groupadd update-ca-certificates ldconfig", file_system=True),
        *_needs("mount umount losetup swapoff swapon", "SYS_ADMIN"),
        *_needs("nsenter", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"),
        *_needs("chroot", "SYS_CHROOT"),
        *_needs("modprobe insmod", "SYS_MODULE"),
        *_needs("mknod", "MKNOD"),
        *_needs("setcap", "SETFCAP"),
        *_needs("tcpdump", "NET_RAW"),
    )
)

#: Programs that read, wait or print: they need no rights and write nothing.
_HARMLESS_WORDS = """

: [ [[ (( awk basename break cat cd continue cut date dig dirname echo exit export false getent grep head host hostname
id jq kubectl ls mysqladmin nc ncat netcat nslookup pg_isready ping printenv printf psql pwd redis-cli seq set sleep
sort tail test timeout tr trap true uname uniq unset wait wc which whoami
"""
HARMLESS = frozenset(_HARMLESS_WORDS.split())

#: Programs that write where their arguments say.
_WRITER_WORDS = "cp mkdir mv rm touch ln tar sed tee chmod install"
WRITERS = frozenset(_WRITER_WORDS.split())

KNOWN_PROGRAMS = frozenset(ROOT_PROGRAMS) | HARMLESS | WRITERS | {"curl", "wget"}
