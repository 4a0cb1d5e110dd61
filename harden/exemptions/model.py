"""The records of an exemption: for which control, why, until when, where it stands and what it is about."""

from __future__ import annotations

from enum import Enum

from harden.model.record import Record
from harden.model.text import Path

#: The beginning of an annotation's key; the id of the control follows.
ANNOTATION = "kube-harden.io/exempt."


class Origin(Enum):
    """Where a person wrote an exemption."""

    ANNOTATION = "annotation"
    COMMENT = "comment"
    CONFIG = "harden.yaml"


class WholeWorkload(Record):
    """A whole workload: the 0-based document of the file, and the workload's path in it."""

    document: int
    workload: Path


class Places(Record):
    """What begins on one line of a workload: the outermost paths that do."""

    document: int
    workload: Path
    paths: tuple[Path, ...]


class Scope(Record):
    """Workloads by globs; an empty tuple stands for all. `base` is the absolute folder that `paths` hold from."""

    base: str
    paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


class Exemption(Record):
    """One decision about one control.

    `until` is the last day that it holds, as YYYY-MM-DD, None where it has no end. `line` is 1-based, in `file`.
    `owner` is who answers for it, "" where nobody is named.
    """

    control: str
    reason: str
    until: str | None
    origin: Origin
    file: str
    line: int
    about: WholeWorkload | Places | Scope
    owner: str = ""

    @property
    def said(self) -> str:
        """Return reason, owner and end date as people write them."""
        known = (("owner", self.owner or None), ("until", self.until))
        told = ", ".join(f"{key} {value}" for key, value in known if value is not None)
        return f"{self.reason} ({told})" if told else self.reason

    def is_expired(self, today: str) -> bool:
        """Return whether its last day is before `today`, given as YYYY-MM-DD."""
        return self.until is not None and self.until < today
