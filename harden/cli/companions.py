"""Owns what the command line asks of companions."""

from __future__ import annotations

from pathlib import Path

from harden.adapters import files
from harden.beside import Company, Wish
from harden.cli.images_known import Lookup
from harden.cli.request import Request
from harden.companions.settings import owned, read
from harden.errors import HardenError
from harden.model.profile import Profile


def company(request: Request, profile: Profile, look_up: Lookup) -> Company:
    """Return what makes the companions of a run; raises HardenError for wrong settings and options."""
    asked = request.beside
    folder = asked.folder
    if folder is not None and request.is_stream:
        raise HardenError("--companions-dir: a stream's companions are appended to it")
    if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
        raise HardenError(f"--companions-dir: {folder} is no folder")
    wish = Wish(
        settings=read(profile.companions),
        owns=(*owned(profile.companions), *asked.owns),
        fallback=asked.namespace,
        folder=None if folder is None else Path(folder).as_posix(),
        look=None if request.is_stream else files.look,
    )
    return Company(wish, profile, images=look_up)
