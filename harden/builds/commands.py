"""What shell commands of a build do to accounts: useradd, adduser, groupadd, lines of passwd, setcap."""

from __future__ import annotations

import getopt
import re
import shlex
from collections.abc import Container, Iterator, Mapping, Sequence

from harden.images.facts import LARGEST_ID
from harden.model.record import Record

_PASSWD = re.compile(r"(?<![\w.-])([a-z_][a-z0-9_-]*):[^:\s]*:(\d+):(\d+):")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}$]*))?\}|(\w+))")
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)|`([^`\n]*)`")
_NESTED = 3
_ASSIGNED = re.compile(r"(?:^|[\s;&|(])(\w+)=|\b(?:read(?:\s+-\w+)*|for)\s+(\w+)", re.MULTILINE)
_CAPABILITY = re.compile(r"cap_([a-z_]+)")
_NOISE = frozenset({"sudo", "if", "then", "else", "elif", "do", "!", "{", "exec", "command", "env", "time", "while"})

_USERADD = (
    "b:c:d:De:f:Fg:G:hk:K:lmMNop:P:rR:s:u:UZ:",
    (
        "base-dir= comment= home-dir= home= expiredate= inactive= gid= groups= skel= key= no-log-init create-home "
        "no-create-home no-user-group non-unique password= prefix= system root= shell= uid= user-group selinux-user="
    ),
)
_ADDUSER = (
    "h:g:s:G:SDHu:k:q",
    (
        "home= shell= uid= gid= ingroup= gecos= comment= system group disabled-password disabled-login no-create-home "
        "quiet allow-bad-names allow-all-names force-badname firstuid= lastuid= conf= debug add-extra-groups "
        "empty-password"
    ),
)
_GROUPADD = ("fg:hK:op:rR:P:U:", "force gid= key= non-unique password= system root= prefix= users=")
_USERMOD = (
    "ac:d:e:f:g:G:hl:Lmop:P:rR:s:u:Uv:V:w:W:Z:",
    (
        "append comment= home= expiredate= inactive= gid= groups= login= lock move-home non-unique password= prefix= "
        "remove root= shell= uid= unlock add-subuids= del-subuids= add-subgids= del-subgids= selinux-user="
    ),
)
_GROUPMOD = ("ag:hn:op:R:P:U:", "append gid= new-name= non-unique password= root= prefix= users=")
_DELUSER = (
    "frhRP:Z",
    "force remove root= prefix= selinux-user remove-home remove-all-files backup backup-to= quiet system conf= debug",
)
_ADDGROUP = ("g:S", "gid= system quiet firstgid= lastgid= conf= debug allow-bad-names force-badname")


class NewAccount(Record):
    """An account that a command makes; `uid` and `gid` are as written, None where they are not."""

    name: str
    uid: str | None
    gid: str | None
    is_system: bool
    program: str


class NewGroup(Record):
    """A group that a command makes, with its number as written."""

    name: str
    gid: str | None


class ChangedAccount(Record):
    """An account that a command changes; None is "stays as it is"."""

    name: str
    new_name: str | None
    uid: str | None
    gid: str | None


class ChangedGroup(Record):
    """A group that gets another number."""

    name: str
    gid: str


class GoneAccount(Record):
    """An account that a command takes away."""

    name: str


#: What a command does to accounts and groups.
Change = NewAccount | NewGroup | ChangedAccount | ChangedGroup | GoneAccount


def assigned(text: str) -> frozenset[str]:
    """Return the variables that a shell text sets by itself."""
    return frozenset(name for match in _ASSIGNED.finditer(text) for name in match.groups() if name)


def substitute(text: str, environment: Mapping[str, str], open_names: Container[str] = ()) -> str:
    """Return a shell text with the variables that are known put in; others stay, and all in `open_names`."""

    def value(match: re.Match[str]) -> str:
        if (match[1] or match[3]) in open_names:
            return match[0]
        known = environment.get(match[1] or match[3])
        return match[0] if known is None and match[2] is None else known if known is not None else match[2]

    return _VARIABLE.sub(value, text)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each simple command of a shell text, the program without its folder first.

    What a command puts into the words of another counts as a variable there, and follows as a command of its own.
    """
    inner: list[str] = []
    for _ in range(_NESTED):
        inner += [found for match in _SUBSTITUTION.finditer(text) for found in match.groups() if found]
        text = _SUBSTITUTION.sub("$_", text)
    text = "\n".join((text, *inner))
    for line in text.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in (*_words(line), ";"):
            if word and not word.strip(";&|()"):
                while words and (words[0] in _NOISE or re.fullmatch(r"\w+=.*", words[0])):
                    del words[0]
                if words:
                    yield [words[0].rpartition("/")[2], *words[1:]]
                words = []
            else:
                words.append(word)


def accounts(words: Sequence[str], *, red_hat: bool = False) -> Iterator[Change]:
    """Yield what a command does to an account or a group."""
    program, *rest = words
    if program == "useradd" or (program == "adduser" and red_hat):
        yield from _user("useradd", rest, _USERADD)
    elif program == "adduser":
        yield from _user("adduser", rest, _ADDUSER)
    elif program in {"groupadd", "addgroup"}:
        options, names = _options(rest, _GROUPADD if program == "groupadd" else _ADDGROUP)
        # `addgroup USER GROUP` makes nothing: it adds a user that is there.
        if len(names) == 1:
            yield NewGroup(names[0], options.get("-g", options.get("--gid")))
    elif program == "usermod":
        yield from _usermod(rest)
    elif program == "groupmod":
        options, names = _options(rest, _GROUPMOD)
        gid = options.get("-g", options.get("--gid"))
        if len(names) == 1 and gid is not None:
            yield ChangedGroup(names[0], gid)
    elif program in {"userdel", "deluser"}:
        # `deluser USER GROUP` takes a user out of a group.
        names = _options(rest, _DELUSER)[1]
        if len(names) == 1:
            yield GoneAccount(names[0])


def replaces_passwd(text: str) -> bool:
    """Return whether a shell text writes a new passwd file."""
    return re.search(r"(?<!>)>\s*/etc/passwd(?![\w.-])", text) is not None


def edits_passwd(words: Sequence[str]) -> bool:
    """Return whether a command may change lines of the passwd file that are there."""
    program, *rest = words
    is_meant = any(word.rstrip("-") == "/etc/passwd" for word in rest)
    return is_meant and program in {
        "sed",
        "perl",
        "mv",
        "cp",
        "ed",
        "ex",
        "awk",
        "gawk",
        "ln",
        "install",
        "rm",
        "python3",
    }


def passwd_lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, user and group of what looks like lines of a passwd file in a text."""
    for match in _PASSWD.finditer(text):
        uid, gid = number(match[2]), number(match[3])
        if uid is not None and gid is not None:
            yield match[1], uid, gid


def number(text: str | None) -> int | None:
    """Return a number of up to ten digits that Kubernetes takes as an id; None for everything else."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    return int(text) if int(text) <= LARGEST_ID else None


def file_capabilities(words: Sequence[str]) -> tuple[str, ...]:
    """Return the capabilities that a setcap gives a file, in capitals and without CAP_."""
    if words[0] != "setcap":
        return ()
    return tuple(name.upper() for word in words[1:] for name in _CAPABILITY.findall(word.lower()))


def _user(program: str, rest: Sequence[str], spec: tuple[str, str]) -> Iterator[NewAccount]:
    options, names = _options(rest, spec)
    # `adduser USER GROUP` makes nothing either.
    if len(names) > 1:
        return
    if not names:
        # Not understood: the last word is the account.
        yield from (NewAccount(word, "?", None, is_system=False, program=program) for word in rest[-1:])
        return
    uid = options.get("-u", options.get("--uid"))
    # -g is the group for useradd, and a mere comment for adduser of BusyBox.
    group = (options.get("-g") if program == "useradd" else options.get("-G")) or options.get("--ingroup")
    if uid is None and not {"-K", "--key", "--firstuid", "--conf"}.isdisjoint(options):
        uid = "?"
    system = any(word in options for word in ("-r", "-S", "--system"))
    yield NewAccount(names[0], uid, options.get("--gid", group), system, program)


def _usermod(rest: Sequence[str]) -> Iterator[ChangedAccount]:
    options, names = _options(rest, _USERMOD)
    if len(names) != 1:
        # Not understood: the last word is the account.
        yield from (ChangedAccount(word, None, "?", "?") for word in rest[-1:])
        return
    uid, gid = options.get("-u", options.get("--uid")), options.get("-g", options.get("--gid"))
    new = options.get("-l", options.get("--login"))
    if (uid, gid, new) != (None, None, None):
        yield ChangedAccount(names[0], new, uid, gid)


def _options(rest: Sequence[str], spec: tuple[str, str]) -> tuple[dict[str, str], list[str]]:
    try:
        options, names = getopt.gnu_getopt(list(rest), spec[0], spec[1].split())
    except getopt.GetoptError:
        return {}, []
    return dict(options), names


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return line.replace(";", " ; ").replace("&&", " && ").replace("'", "").replace('"', "").split()
