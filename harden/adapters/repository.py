"""Says where in a Git repository a run stands."""

from __future__ import annotations

from pathlib import Path

from harden.adapters.ignore import is_root
from harden.model.report import Standpoint


def standpoint() -> Standpoint:
    """Return where the current folder stands in its repository."""
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if is_root(str(folder))), here)
    below = here.relative_to(root).as_posix()
    return Standpoint(root.as_posix(), "" if below == "." else below)
