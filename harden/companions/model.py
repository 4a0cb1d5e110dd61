"""What a companion is: a resource written beside the workloads, what is only offered, and what comes with it."""

from __future__ import annotations

from harden.model.finding import Finding, ObjectKey, Risk, Severity
from harden.model.kube import Resource
from harden.model.record import Record


class Companion(Record):
    """A generated object; `text` is one YAML document that ends in a newline, with comments that say why.

    `namespace` is None where the object names none. `because` says in one sentence why the object stands there. `about`
    is the object that it is made for, None for a namespace; `lacks` says what is wrong without it. `risk` is how likely
    it stops something, and `reason` says why. `needs` are objects without which it would be wrong.
    """

    kind: str
    name: str
    namespace: str | None
    text: str
    because: str
    about: Resource | None = None
    lacks: str = ""
    risk: Risk = Risk.SAFE
    reason: str = ""
    needs: tuple[ObjectKey, ...] = ()


class Suggestion(Record):
    """Something that is not generated; `message` says what and why not, `option` what would write it.

    `of` is the kind of what is generated that it speaks of: without one of that kind it is not true.
    """

    message: str
    option: str
    of: str = ""


class Note(Record):
    """What is said of one object of the bundle; the finding's paths start at the root of the object's document."""

    resource: Resource
    finding: Finding
    severity: Severity


class Step(Record):
    """Changes and new objects that are made together or not at all.

    `remarks` all carry changes, to one object or to several (that may stand in different files).
    """

    remarks: tuple[Note, ...]
    companions: tuple[Companion, ...]


class Answer(Record):
    """Everything that one kind of companion has to say of a bundle.

    `remarks` stand on their own; those that carry changes are applied one by one.
    """

    companions: tuple[Companion, ...] = ()
    steps: tuple[Step, ...] = ()
    remarks: tuple[Note, ...] = ()
    offers: tuple[Suggestion, ...] = ()

    @property
    def created(self) -> tuple[Companion, ...]:
        """Return all objects, those that come in steps last."""
        return (*self.companions, *(each for step in self.steps for each in step.companions))
