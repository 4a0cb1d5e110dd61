"""Notices settings under the names and in the places that they used to have: they are read, and that is said."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.report import Problem, Stage
from harden.settings import companion_keys
from harden.settings.keys import CONTROLS, VERSION_NAMES
from harden.settings.settings import Settings


def old_names(file: Settings) -> Iterator[Problem]:
    """Yield a note for each old name or place in a profile or harden.yaml, with the one that it has now."""
    told, old = VERSION_NAMES
    if old in file.data:
        yield _note(file, (old,), old, told)
    companions = file.data.get(companion_keys.NAME)
    for key in companions if isinstance(companions, dict) else ():
        if key in companion_keys.CONTROLS:
            yield _note(file, (companion_keys.NAME, key), f"{companion_keys.NAME}.{key}", f"{CONTROLS.name}.{key}")


def _note(file: Settings, keys: tuple[str, ...], old: str, now: str) -> Problem:
    return Problem(file.name, Stage.NOTE, f"{old} is now called {now}; it is read all the same", file.lines.get(keys))
