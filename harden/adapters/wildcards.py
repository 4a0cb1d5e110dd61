"""Turns globs into regular expressions that take time in proportion to the path, whatever the glob.

A step of a path is matched by pieces of a fixed length between its `*`: each piece is taken where it first fits, and
that choice is never gone back on (an atomic group); only the last one has to stand at the end. The same holds for the
steps between `**`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from harden.model.record import Record

#: What stands for any characters within a step, and for any steps.
STAR, DEEP = "*", "**"
#: One character of a step.
_CHARACTER = "[^/]"
#: The character classes of POSIX, for ASCII, as Git has them (git, wildmatch.c).
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Dialect(Record):
    """How globs are written: what negates a set, and whether a backslash takes a character's meaning away."""

    negations: str
    escapes: bool


def tokens(glob: str, dialect: Dialect) -> list[str] | None:
    """Return a step as STAR, and regular expressions that match one character each; None for what matches nothing."""
    found: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            if found[-1:] != [STAR]:
                found.append(STAR)
        elif char == "?":
            found.append(_CHARACTER)
        elif char == "[":
            inside = _set(glob, at, dialect)
            if inside is None:
                if dialect.escapes:
                    return None
                found.append(re.escape("["))
            else:
                found.append(inside[0])
                at = inside[1]
        elif char == "\\" and dialect.escapes:
            if at == len(glob):
                return None
            found.append(re.escape(glob[at]))
            at += 1
        else:
            found.append(re.escape(char))
    return found


def whole(steps: Sequence[Sequence[str] | str]) -> str:
    """Return the regular expression of a path: steps as `tokens` gives them, and DEEP for any number of steps.

    Behind a DEEP at the end stands at least one character.
    """
    groups: list[list[str]] = [[]]
    for step in steps:
        if step == DEEP:
            groups.append([])
        else:
            groups[-1].append(_step(step))
    first, *rest = groups
    if not rest:
        return "/".join(first)
    said = "".join(f"{step}/" for step in first)
    for group in rest[:-1]:
        if group:
            said += f"(?>(?:[^/]*/)*?{''.join(f'{step}/' for step in group)})"
    return said + (f"(?:[^/]*/)*{'/'.join(rest[-1])}" if rest[-1] else ".+")


def _step(step: Iterable[str]) -> str:
    pieces = [""]
    for token in step:
        if token == STAR:
            pieces.append("")
        else:
            pieces[-1] += token
    first, *rest = pieces
    if not rest:
        return first
    said = first + "".join(f"(?>[^/]*?{piece})" for piece in rest[:-1] if piece)
    return f"(?>{said}[^/]*{rest[-1]}(?=/|\\Z))"


def _set(glob: str, at: int, dialect: Dialect) -> tuple[str, int] | None:
    """Return what a set matches, whose `[` stands before `at`, and where it ends; None where it is no set."""
    negated = at < len(glob) and glob[at] in dialect.negations
    start = at + negated
    inside: list[str] = []
    at = start
    while at < len(glob) and (glob[at] != "]" or at == start):
        end = glob.find(":]", at) if glob.startswith("[:", at) else -1
        if end > 0 and dialect.escapes:
            if glob[at + 2 : end] not in _CLASSES:
                return None
            inside.append(f"[:{glob[at + 2 : end]}:]")
            at = end + 2
            continue
        # An escaped character keeps its backslash, by which `\\-` differs from the `-` of a range.
        width = 2 if glob[at] == "\\" and dialect.escapes else 1
        inside.append(glob[at : at + width])
        at += width
    if at >= len(glob):
        return None
    said = "".join(_ranges(inside))
    return (f"[^/{said}]" if negated else f"(?!/)[{said}]"), at + 1


def _ranges(inside: list[str]) -> Iterator[str]:
    """Yield the members of a set as a regular expression has them; one that goes down has its first (wildmatch.c)."""
    at = 0
    while at < len(inside):
        low = inside[at]
        if low.startswith("[:"):
            yield _CLASSES[low[2:-2]]
            at += 1
        elif inside[at + 1 : at + 2] == ["-"] and at + 2 < len(inside) and not inside[at + 2].startswith("[:"):
            high = inside[at + 2][-1:]
            yield f"{_char(low)}-{_char(high)}" if low[-1:] <= high else _char(low)
            at += 3
        else:
            yield _char(low)
            at += 1


def _char(said: str) -> str:
    return f"\\U{ord(said[-1]):08x}"


def spread(steps: Sequence[str]) -> Iterator[list[str]]:
    """Yield what the steps of a glob stand for where `**` may be a part of a step: within one, or across many.

    Each such step doubles the number; from the fourth on, it stays within its step.
    """
    mixed = [at for at, step in enumerate(steps) if DEEP in step and step != DEEP][:3]
    for choice in range(1 << len(mixed)):
        found: list[str] = []
        for at, step in enumerate(steps):
            if at in mixed and choice >> mixed.index(at) & 1:
                parts = re.split(r"\*\*+", step, maxsplit=1)
                found += [f"{parts[0]}*", DEEP, f"*{parts[1]}"]
            else:
                found.append(step if step == DEEP else re.sub(r"\*\*+", "*", step))
        yield [step for step, following in pairwise([*found, ""]) if not (step == following == DEEP)]
