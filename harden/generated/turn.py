"""The records of one round of companions: what was found, planned, and chosen."""

from __future__ import annotations

from harden.engine.edit import Rewrite
from harden.generated.exemptions import ObjectExemptions
from harden.generated.plan import Plan
from harden.model.finding import Held, ObjectFinding
from harden.model.record import Record


class Chosen(Record):
    """A plan, and why it is held; None where it is made, or would be."""

    plan: Plan
    held: Held | None


class Turn(Record):
    """What was found and planned in one round; `number` is the 0-based round."""

    number: int
    found: tuple[ObjectFinding, ...]
    plans: tuple[Plan, ...]
    decisions: ObjectExemptions

    def chosen(self, rewrite: Rewrite) -> list[Chosen]:
        """Return each plan with what the round did with it."""
        return [Chosen(plan, rewrite.held(plan.found.finding)) for plan in self.plans]
