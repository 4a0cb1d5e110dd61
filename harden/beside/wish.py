"""Owns what a run is asked for beside hardening: which companions, for which namespaces, and where they go."""

from __future__ import annotations

from collections.abc import Callable

from harden.companions.settings import Settings
from harden.model.record import Record
from harden.model.report import Problem


class Wish(Record):
    """What is asked for.

    `owns` are namespaces that the bundle may decide for, `fallback` is the one of objects that name none, None where
    nobody said. `folder` takes all companions; None: they stand beside the manifests. `look` returns what a file holds,
    None where there is none; it is None itself for a stream, to which companions are appended. `unnamed` is a manifest
    that lies beside the files of the run and is not among them, "" where there is none.
    """

    settings: Settings
    owns: tuple[str, ...] = ()
    fallback: str | None = None
    folder: str | None = None
    look: Callable[[str], bytes | Problem | None] | None = None
    unnamed: str = ""

    @property
    def namespace(self) -> str:
        """Return the namespace of objects that name none: what was said, or that of kubectl."""
        return self.fallback or "default"
