"""Matches paths with the globs of --include and --exclude.

A glob without `/` is held against the name of a file or folder (`*.yaml`, `testdata`), one with `/` against its path
from the current folder (`deploy/*.yaml`, `**/charts`). `*` and `?` stay within one step of a path, `**` crosses steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from harden.adapters.wildcards import DEEP, Dialect, spread, tokens, whole


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
        return _any_of([f"{'' if Path(glob).is_absolute() else start}(?:{_pattern(glob)})" for glob in paths])

    def matches(self, path: str, name: str) -> bool:
        """Return whether a glob matches `path`, an absolute one, or `name`, its last step."""
        if self._names is not None and self._names.fullmatch(name) is not None:
            return True
        return self._paths is not None and self._paths.fullmatch(path) is not None


def _any_of(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.DOTALL) if patterns else None


def _pattern(glob: str) -> str:
    steps = glob.split("/")
    return "|".join(whole([_tokens(step) for step in choice]) for choice in spread(steps))


def _tokens(step: str) -> list[str] | str:
    # A `[` that is never closed stands for itself, so that there are always tokens.
    return DEEP if step == DEEP else tokens(step, _DIALECT) or []


_DIALECT = Dialect(negations="!", escapes=False)
