"""Says what of a workload the change did not touch that a run is limited to."""

from __future__ import annotations

from harden.model.finding import Because, Held
from harden.model.record import Record

OUTSIDE = Held(Because.OUTSIDE, "outside of the change")


class Outside(Record):
    """What of a workload the change did not touch: all of it, or the findings with these 0-based indexes."""

    is_whole: bool = False
    findings: frozenset[int] = frozenset()


NOTHING_OUTSIDE = Outside()
