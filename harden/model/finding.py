"""Owns what a control says: findings, the symbolic changes that fix them, and how sure a fix is.

Here and in the other models the types are named tuples: as frozen as a frozen dataclass, eight times quicker to define
(every run pays for that at its start) and three times quicker to make.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from harden.model.record import Record
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


class SetField(Record):
    """Makes `path` hold `value` (a scalar, list or mapping); mappings on the way that are absent or null are made."""

    path: Path
    value: Plain

    def __eq__(self, other: object) -> bool:
        return type(other) is SetField and tuple.__eq__(self, other)

    def __hash__(self) -> int:
        return tuple.__hash__(self)


class AppendItem(Record):
    """Appends `value` to the list at `path`, which is made when it is absent or null."""

    path: Path
    value: Plain

    def __eq__(self, other: object) -> bool:
        return type(other) is AppendItem and tuple.__eq__(self, other)

    def __hash__(self) -> int:
        return tuple.__hash__(self)


class RemoveField(Record):
    """Removes the mapping entry or list item at `path` (indexes are those of the document as it was read)."""

    path: Path

    def __eq__(self, other: object) -> bool:
        return type(other) is RemoveField and tuple.__eq__(self, other)

    def __hash__(self) -> int:
        return tuple.__hash__(self)


Change = SetField | AppendItem | RemoveField


class Remote(Record):
    """A change in another document than the finding's own: the file's name, the 0-based document, the change."""

    source: str
    document: int
    change: Change


class Finding(Record):
    """One thing that a control found at one place, with the fix for it; a fix is applied whole or not at all.

    `path` is the place in the document. `message` says what is wrong. `changes` is empty exactly when `risk` is
    None: then there is no fix and `reason` says why. Otherwise `title` names the fix in a few words ("drop ALL") and
    `reason` says why the risk is what it is. `checks` are the official check ids that this finding can be about.
    `control` is stamped by the registry. `others` are the changes that the fix needs in other documents of the bundle
    (a Service that follows a port): they are made with the fix or not at all.
    """

    path: Path
    message: str
    reason: str
    risk: Risk | None = None
    title: str = ""
    changes: tuple[Change, ...] = ()
    checks: tuple[str, ...] = ()
    control: str = ""
    others: tuple[Remote, ...] = ()
