"""Owns what a companion is: a resource written beside the workloads, what is only offered, and what comes with it."""

from __future__ import annotations

from enum import IntEnum

from harden.model.finding import Finding
from harden.model.kube import Resource
from harden.model.record import Record


class Companion(Record):
    """A generated object; `text` is one YAML document that ends in a newline, with comments that say why.

    `namespace` is None where the object names none. `because` says in one sentence why the object stands there.
    """

    kind: str
    name: str
    namespace: str | None
    text: str
    because: str


class Offer(Record):
    """Something that is not generated; `message` says what and why not, `option` what would write it."""

    message: str
    option: str


class Severity(IntEnum):
    """How much a remark matters; the names are those of SARIF's levels."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


class Remark(Record):
    """What is said of one object of the bundle; the finding's paths start at the root of the object's document."""

    resource: Resource
    finding: Finding
    severity: Severity


class Step(Record):
    """Changes and new objects that are made together or not at all.

    `remarks` all carry changes, to one object or to several (that may stand in different files).
    """

    remarks: tuple[Remark, ...]
    companions: tuple[Companion, ...]


class Answer(Record):
    """Everything that one kind of companion has to say of a bundle.

    `remarks` stand on their own; those that carry changes are applied one by one.
    """

    companions: tuple[Companion, ...] = ()
    steps: tuple[Step, ...] = ()
    remarks: tuple[Remark, ...] = ()
    offers: tuple[Offer, ...] = ()
