"""Owns what a control says: findings, the symbolic changes that fix them, and how sure a fix is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from harden.model.text import Path, Plain


class Level(Enum):
    """The three levels of the Pod Security Standards."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


class Risk(IntEnum):
    """How likely a fix stops a working workload; ordered, so `risk <= accepted` chooses."""

    SAFE = 0
    REVIEW = 1
    BREAKING = 2

    @property
    def word(self) -> str:
        """Return the lower-case word that people see and type."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class SetField:
    """Makes `path` hold `value` (a scalar, list or mapping); mappings on the way that are absent or null are made."""

    path: Path
    value: Plain


@dataclass(frozen=True, slots=True)
class AppendItem:
    """Appends `value` to the list at `path`, which is made when it is absent or null."""

    path: Path
    value: Plain


@dataclass(frozen=True, slots=True)
class RemoveField:
    """Removes the mapping entry or list item at `path` (indexes are those of the document as it was read)."""

    path: Path


Change = SetField | AppendItem | RemoveField


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a control found at one place, with the fix for it; a fix is applied whole or not at all.

    `path` is the place in the document. `message` says what is wrong. `changes` is empty exactly when `risk` is
    None: then there is no fix and `reason` says why. Otherwise `title` names the fix in a few words ("drop ALL") and
    `reason` says why the risk is what it is. `checks` are the official check ids that this finding can be about.
    `control` is stamped by the registry.
    """

    path: Path
    message: str
    reason: str
    risk: Risk | None = None
    title: str = ""
    changes: tuple[Change, ...] = ()
    checks: tuple[str, ...] = ()
    control: str = ""
