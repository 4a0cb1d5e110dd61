"""Where build files are looked for."""

from __future__ import annotations

from harden.model.record import Record


class Ground(Record):
    """Where build files are looked for.

    `folders` are those that the run was given: without a Git work tree, nothing outside of them is looked at. `named`
    is the folder that was named for it, None: each manifest's own repository.
    """

    folders: tuple[str, ...] = ()
    named: str | None = None
