"""Tells which variables, keys and options carry a secret, by their names, values and formats.

No value leaves this module: a verdict says in words what gave a secret away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from harden.model.record import Record
from harden.secrets.names import Hint, hint, words
from harden.secrets.values import Forms, is_placeholder, is_reference, shape, veto


class Verdict(Enum):
    """What a value is."""

    PLAIN = "plain"
    REFERENCE = "reference"  # it says where the secret comes from
    PLACEHOLDER = "placeholder"  # somebody has to fill it in
    DOUBTFUL = "doubtful"  # its name may mean anything
    SECRET = "secret"  # noqa: S105 - a word, not a password


class Judged(Record):
    """What a value is, and what shows it, in words without the value."""

    verdict: Verdict
    why: str = ""

    @property
    def is_secret(self) -> bool:
        """Return whether the value is a secret."""
        return self.verdict is Verdict.SECRET


_PLAIN = Judged(Verdict.PLAIN)
_REFERENCE = Judged(Verdict.REFERENCE)


def judge(name: str, value: str) -> Judged:
    """Return what the value of a variable, key or option is."""
    if not value.strip():
        return _PLAIN
    if is_reference(value):
        return _REFERENCE
    found = shape(value)
    if found is not None:
        return Judged(Verdict.SECRET, found)
    said = hint(name)
    return _PLAIN if said is Hint.NONE else _by_name(name, value, said)


def _by_name(name: str, value: str, said: Hint) -> Judged:
    last = words(name)[-1]
    if is_placeholder(value, name):
        return _PLAIN if said is Hint.VAGUE else Judged(Verdict.PLACEHOLDER, "a placeholder")
    if veto(value, is_strong=said is Hint.STRONG, is_address=last in {"URL", "DSN"}):
        return _PLAIN
    if said is Hint.VAGUE:
        return Judged(Verdict.DOUBTFUL, "its name may stand for a secret") if _is_random(value) else _PLAIN
    is_fit = said is not Hint.KEY or _fits_key(last, value)
    return Judged(Verdict.SECRET, "its name says so") if is_fit else _PLAIN


def _fits_key(last: str, value: str) -> bool:
    """Return whether a value may be what a name promises that promises less than a password."""
    bare = value.strip()
    if last == "URL":
        # Who can reach a host without TLS is in its network anyway: such a hook is no password.
        return bare.startswith("https://") and len(bare.split("/", 3)[-1]) >= 8
    if last == "DSN":
        return "@" in bare
    if last == "AUTH":
        return Forms.word.match(bare) is None
    return " " not in bare


def _is_random(value: str) -> bool:
    """Return whether a value looks drawn rather than written: long, without spaces, with digits among letters."""
    bare = value.strip()
    mixed = any(char.isdigit() for char in bare) and any(char.isalpha() for char in bare)
    return len(bare) >= 16 and mixed and re.fullmatch(r"[\w+/=.:-]+", bare) is not None


class Spoken(Record):
    """A secret among the words of a command line: the 0-based word, the option or variable, and what shows it."""

    at: int
    name: str
    why: str


_ASSIGNED = re.compile(
    r"(?:\A|[\s;&|(])(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"$`]+\"|'[^']+'|[^\s\"'$`;&|]+)"
)
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)(?:=(?P<value>.+))?\Z", re.DOTALL)


def spoken(line: Sequence[object]) -> Iterator[Spoken]:
    """Yield the secrets among the words of a command line; `line` is a list as it stands in the manifest."""
    for at, word in enumerate(line):
        if not isinstance(word, str):
            continue
        found = _in_word(word)
        before = line[at - 1] if at else None
        if found is None and isinstance(before, str) and not word.startswith("-"):
            option = _OPTION.match(before)
            if option is not None and option["value"] is None and judge(option["name"], word).is_secret:
                found = (option["name"], "its option says so")
        if found is not None:
            yield Spoken(at, *found)


def _in_word(word: str) -> tuple[str, str] | None:
    option = _OPTION.match(word)
    if option is not None and option["value"] is not None and "\n" not in word and " " not in option["name"]:
        judged = judge(option["name"], option["value"])
        return (option["name"], judged.why) if judged.is_secret else None
    for found in _ASSIGNED.finditer(word):
        judged = judge(found["name"], found["value"].strip("\"'"))
        if judged.is_secret:
            return found["name"], judged.why
    said = shape(word)
    return None if said is None else ("", said)


class Line(Record):
    """A secret in a text of settings: the 0-based line, the setting's name, and what shows it."""

    at: int
    name: str
    why: str


_SETTING = re.compile(r"\s*(?:-\s+)?[\"']?(?P<name>[A-Za-z_][\w./-]*)[\"']?\s*[:=]\s*(?P<value>\S.*?)\s*,?\s*\Z")
_DIRECTIVE = re.compile(r"\s*(?P<name>requirepass|masterauth)\s+(?P<value>\S+)\s*\Z")


def settings(text: str) -> Iterator[Line]:
    """Yield the secrets in a text of settings: a name, `=` or `:`, and a value in each line."""
    for at, line in enumerate(text.split("\n")):
        if line.lstrip()[:1] in {"#", ";", "/"}:
            continue
        found = _DIRECTIVE.match(line) or _SETTING.match(line)
        if found is not None:
            value = re.sub(r"\s+#.*\Z", "", found["value"]).strip("\"'")
            judged = judge(found["name"].rpartition("/")[2], value)
            if judged.is_secret and not _is_code(value):
                yield Line(at, found["name"], judged.why)
        elif (said := shape(line)) is not None:
            yield Line(at, "", said)


def _is_code(value: str) -> bool:
    """Return whether a value is part of a program rather than a setting."""
    return any(sign in value for sign in ("(", ")", "{", "[", "$", "=>", ";", "|", "<"))
