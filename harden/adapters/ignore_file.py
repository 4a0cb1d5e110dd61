"""Reads one of Git's ignore files as Git does (gitignore(5); git, dir.c and wildmatch.c)."""

from __future__ import annotations

import re

from harden.adapters.wildcards import DEEP, Dialect, tokens, whole
from harden.model.record import Record

_DIALECT = Dialect(negations="!^", escapes=True)
_SPECIAL = re.compile(r"[*?\[\\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ANY_STEPS = re.compile(r"\*\*+")
#: A path has at most so many characters (Linux: PATH_MAX), each of which a line can escape.
_LONGEST = 2 * 4096


class _Line(Record):
    """One rule: whether it takes back what earlier ones ignore, and whether it speaks of folders only."""

    number: int
    ignores: bool
    folders_only: bool


class IgnoreFile:
    """The rules of one ignore file; the last one that matches a path decides.

    Lines without wildcards, which most are, are looked up; the others are tried from the last one up.
    """

    def __init__(self, text: str) -> None:
        self._named: dict[str, list[_Line]] = {}
        self._placed: dict[str, list[_Line]] = {}
        self._patterns: list[tuple[re.Pattern[str], _Line]] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n")):
            self._add(number, line.removesuffix("\r"))
        self._patterns.reverse()

    def ignores(self, path: str, *, is_folder: bool) -> bool | None:
        """Return whether a path from the file's folder is ignored, None where no rule speaks of it."""
        found = (*self._named.get(path.rpartition("/")[2], ()), *self._placed.get(path, ()))
        best = max(
            (each for each in found if is_folder or not each.folders_only), key=lambda each: each.number, default=None
        )
        for pattern, line in self._patterns:
            if best is not None and line.number < best.number:
                break
            if (is_folder or not line.folders_only) and pattern.fullmatch(path) is not None:
                return line.ignores
        return None if best is None else best.ignores

    def _add(self, number: int, said: str) -> None:
        said = _without_blanks(said)
        if not said or said.startswith("#") or len(said) > _LONGEST:
            return
        line = _Line(number, not said.startswith("!"), said.endswith("/"))
        # An escaped `/` is one all the same.
        glob = _ESCAPED.sub(_unescaped_slash, said.removeprefix("!").removesuffix("/"))
        is_placed = "/" in glob
        glob = glob.removeprefix("/")
        if not glob or said.lstrip("!").startswith("\\/"):
            return
        if _SPECIAL.search(glob) is None:
            (self._placed if is_placed else self._named).setdefault(glob, []).append(line)
            return
        steps = [*([] if is_placed else [DEEP]), *glob.split("/")]
        found = [DEEP if _ANY_STEPS.fullmatch(step) else tokens(step, _DIALECT) for step in steps]
        known = [step for step in found if step is not None]
        if len(known) == len(found):
            self._patterns.append((re.compile(whole(known), re.DOTALL), line))


def _unescaped_slash(found: re.Match[str]) -> str:
    return "/" if found[1] == "/" else found[0]


def _without_blanks(line: str) -> str:
    """Return a line without the spaces at its end, but for one behind a backslash."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if escapes % 2 and len(bare) < len(line) else bare
