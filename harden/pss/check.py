"""What a check is: an official id, a level, and a function for each version at which its rule changed."""

from __future__ import annotations

from collections.abc import Callable

from harden.model.finding import Level
from harden.model.kube import Version
from harden.model.record import Record
from harden.pss.pod import Pod

#: Why a check refuses a pod: the reason, which hardly varies, and the detail, which names containers and values.
Refusal = tuple[str, str]

#: Judges a pod; None admits it.
Judge = Callable[[Pod], Refusal | None]


class Revision(Record):
    """A check's rule from version `since` on; `overrides` are baseline ids that it replaces at the restricted level."""

    since: Version
    judge: Judge
    overrides: tuple[str, ...] = ()


class Check(Record):
    """One official check; `level` is the level that brings it in, `revisions` are oldest first."""

    id: str
    level: Level
    revisions: tuple[Revision, ...]

    def at(self, version: Version) -> Revision | None:
        """Return the revision that holds at `version`, None for a version older than the check."""
        holding = None
        for revision in self.revisions:
            if revision.since <= version:
                holding = revision
        return holding


def validate(checks: tuple[Check, ...]) -> None:
    """Raise ValueError where an id is used twice, versions do not increase, or an override cannot be one."""
    levels = {check.id: check.level for check in checks}
    if len(levels) != len(checks):
        raise ValueError("two checks have the same id")
    for check in checks:
        versions = [revision.since for revision in check.revisions]
        if not versions or versions != sorted(set(versions)):
            raise ValueError(f"{check.id}: revisions must be there, with increasing versions")
        if check.level is Level.PRIVILEGED:
            raise ValueError(f"{check.id}: the privileged level has no checks")
        for name in (name for revision in check.revisions for name in revision.overrides):
            if check.level is not Level.RESTRICTED or levels.get(name) is not Level.BASELINE:
                raise ValueError(
                    f"{check.id}: only a restricted check can override, and only a baseline check ({name})"
                )
