"""Matches paths with the globs of --include and --exclude.

A glob without `/` is held against the name of a file or folder (`*.yaml`, `testdata`), one with `/` against its path
from the current folder (`deploy/*.yaml`, `**/charts`). `*` and `?` stay within one step of a path, `**` crosses steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property


class Globs:
    """A set of globs; those with `/` hold from the folder `here` (an absolute path), unless absolute."""

    def __init__(self, globs: Iterable[str], here: str) -> None:
        self._globs = [glob.removeprefix("./").rstrip("/") for glob in globs]
        self._here = here.rstrip("/")

    # Compiled when first asked for: a run on named files asks for none.
    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        return _any_of([_pattern(glob) for glob in self._globs if glob and "/" not in glob])

    @cached_property
    def _paths(self) -> re.Pattern[str] | None:
        start = re.escape(f"{self._here}/")
        paths = [glob for glob in self._globs if "/" in glob]
        return _any_of([("" if glob.startswith("/") else start) + _pattern(glob) for glob in paths])

    def matches(self, path: str, name: str) -> bool:
        """Return whether a glob matches `path`, an absolute one, or `name`, its last step."""
        if self._names is not None and self._names.fullmatch(name) is not None:
            return True
        return self._paths is not None and self._paths.fullmatch(path) is not None


def _any_of(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.DOTALL) if patterns else None


def _pattern(glob: str) -> str:
    said, at = "", 0
    while at < len(glob):
        piece = _piece(glob, at)
        at += len(piece)
        said += _meaning(piece)
    return said


def _piece(glob: str, at: int) -> str:
    """Return what stands at `at`: `**/`, `**`, a whole `[set]`, or one character."""
    for word in ("**/", "**"):
        if glob.startswith(word, at):
            return word
    if glob[at] != "[":
        return glob[at]
    # The first character of a set may be `]`, so that `[]]` is a set; a `[` that is never closed stands for itself.
    closing = glob.find("]", at + (3 if glob.startswith("[!", at) else 2))
    return glob[at : closing + 1] if closing > 0 else "["


def _meaning(piece: str) -> str:
    if piece in _MEANINGS:
        return _MEANINGS[piece]
    if len(piece) == 1:
        return re.escape(piece)
    inside = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("&", "\\&").replace("~", "\\~")
    return f"[^/{inside[1:]}]" if inside[0] == "!" else f"(?!/)[{inside.replace('^', chr(92) + '^')}]"


_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
