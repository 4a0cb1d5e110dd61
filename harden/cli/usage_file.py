"""Owns the file of --usage: reading it, and what to say where nothing asks for it."""

from __future__ import annotations

from pathlib import Path

from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.report import Problem, Stage
from harden.usage import Usage, read_usage

_CONTROL = "resources"


def usage_of(name: str) -> Usage:
    """Return what a file says of usage; raises HardenError where it cannot be read."""
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise HardenError(f"--usage: {name}: cannot be read: {error.strerror or error}") from error
    return read_usage(data, name)


def idle_usage(usage: Usage, profile: Profile) -> tuple[Problem, ...]:
    """Return a note on usage that no control of the profile asks for."""
    settings = profile.controls.get(_CONTROL)
    if settings is not None and settings.enabled:
        return ()
    said = f"nothing asks for it: {_CONTROL} is off in the profile {profile.name}"
    return (Problem(usage.name, Stage.NOTE, said, hint="--profile hardened has it, and so can a profile of yours"),)
