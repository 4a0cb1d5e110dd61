"""Says what reports tell beside findings, where somebody asks for it."""

from __future__ import annotations

from harden.model.record import Record


class Telling(Record):
    """What reports tell beside findings; each costs time, so each is told to those alone who use it.

    `starts`: of each container whether it starts. `identifies`: of each finding what it is known by. `proposes`: of a
    check the texts that `apply` would write.
    """

    starts: bool = False
    identifies: bool = False
    proposes: bool = False
