"""Owns which findings of a document are fixed and which are held, with the reason."""

from __future__ import annotations

from typing import NamedTuple

from harden.model.finding import Change, Finding


class Held(NamedTuple):
    """A finding that is not fixed; `reason` says why, for people."""

    finding: Finding
    reason: str


class Plan(NamedTuple):
    """What is to be done to one document; every finding is in exactly one of the two."""

    chosen: tuple[Finding, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return all changes of the chosen findings, in their order; equal ones may repeat."""
        return tuple(change for finding in self.chosen for change in finding.changes)

    def without(self, refused: dict[int, str]) -> Plan:
        """Return the plan with the chosen findings at these indexes held for the reasons given."""
        held = tuple(Held(self.chosen[at], reason) for at, reason in refused.items())
        return Plan(tuple(f for at, f in enumerate(self.chosen) if at not in refused), (*self.held, *held))
