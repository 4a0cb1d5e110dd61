"""The records of what a control says: findings, the symbolic changes that fix them, and how sure a fix is.

Here and in the other models the types are named tuples: as frozen as a frozen dataclass, eight times quicker to define
(every run pays for that at its start) and three times quicker to make.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from harden.model.kube import Resource
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
    """Removes the mapping entry or list item at `path` (indexes are those of the document as it was read).

    `item` is what people call it, "" where the path says enough; two that differ in nothing else are equal.
    """

    path: Path
    item: str = ""

    def __eq__(self, other: object) -> bool:
        return type(other) is RemoveField and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


Change = SetField | AppendItem | RemoveField


def moved(change: Change, path: Path) -> Change:
    """Return the change that does the same at another path."""
    # What `_replace` does takes three times as long, and every fix that is tried comes through here.
    if isinstance(change, RemoveField):
        return RemoveField(path, change.item)
    return type(change)(path, change.value)


class Remote(Record):
    """A change in another document than the finding's own: the file's name, the 0-based document, the change."""

    source: str
    document: int
    change: Change


class Condition(Record):
    """Says that the value at `path` is one of `values`, or with `negated` none of them; None stands for absent."""

    path: Path
    values: tuple[Plain, ...]
    negated: bool = False


class Lean(Record):
    """What a fix leans on: in the result, all conditions of at least one of `ways` hold.

    `control` is the one whose fix brings that about, `without` says what is the case without it ("container "db" may
    run as root"). With `is_moot` there is nothing to fix then, and nothing is left open.
    """

    control: str
    without: str
    ways: tuple[tuple[Condition, ...], ...]
    is_moot: bool = False


class Severity(IntEnum):
    """How much a finding on an object that runs no pods matters; the names are those of SARIF's levels."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """Return the lower-case word that reports use."""
        return self.name.lower()


#: The kind, namespace (None: it names none) and name of an object.
ObjectKey = tuple[str, str | None, str]


class GeneratedObject(Record):
    """An object that a fix creates; `text` is one YAML document that ends in a newline, with comments that say why.

    `namespace` is None where the object names none. `reason` says in one sentence why the object stands there.
    """

    kind: str
    name: str
    namespace: str | None
    text: str
    reason: str

    @property
    def key(self) -> ObjectKey:
        """Return what tells it from other objects."""
        return self.kind, self.namespace, self.name


class Fix(Record):
    """The way to end a finding; it is made whole or not at all.

    `changes` are those in the finding's own document, at least one; `elsewhere` are those in other documents of the
    bundle (a Service that follows a port). `creates` are new objects, with which a fix may do without changes; `needs`
    are those that other fixes have to create for this one to be right. `reason` says why the risk is what it is.
    `leans_on` must hold in the finding's document as it will be: it stands there already, or another fix that is made
    brings it; else this fix is held, too. `evidence` are the facts that it rests on, each with its source.
    """

    risk: Risk
    reason: str
    changes: tuple[Change, ...]
    elsewhere: tuple[Remote, ...] = ()
    leans_on: tuple[Lean, ...] = ()
    creates: tuple[GeneratedObject, ...] = ()
    needs: tuple[ObjectKey, ...] = ()
    evidence: tuple[str, ...] = ()


class Because(Enum):
    """What keeps a finding from being fixed; a program decides by this, and people read the text beside it."""

    NO_FIX = "no-fix"  # a person has to decide
    ROOT_CHOSEN = "root-chosen"  # somebody wrote that it may run as root: a person has to decide
    NODE_FOLDER = "node-folder"  # it uses a folder of the node as root: a person has to decide
    NEEDS_FACTS = "needs-facts"  # what is known of an image does not tell how to fix it
    WRONG_TYPE = "wrong-type"  # the fix would go through a value of the wrong type
    NO_FIELD = "no-field"  # its kind has no such field, or not for everybody
    SWITCHED_OFF = "switched-off"  # the fix would change what a control judges that the profile switches off
    RISK = "risk"  # its risk is not accepted
    NO_NEARER = "no-nearer"  # it is breaking, and the pod is refused all the same
    OUTSIDE = "outside"  # the change that the run is limited to did not touch it
    EXEMPT = "exempt"  # an exemption lets it stand
    EXPIRED = "expired"  # an exemption let it stand, until it expired
    TOUCHES_EXEMPT = "touches-exempt"  # its fix would change what another exemption lets stand
    UNREAD_EXEMPTION = "unread-exemption"  # an exemption of the workload cannot be read
    CONFLICT = "conflict"  # another fix wants something else at the same place
    LEANS = "leans"  # it is right only together with another fix, which is not made
    MOOT = "moot"  # another fix takes away what it is about
    CANNOT_APPLY = "cannot-apply"  # the text has no place for it, a shared anchor for example
    SYNTAX = "syntax"  # its file has a syntax error
    VERIFY = "verify"  # the result failed its verification
    NOT_WRITTEN = "not-written"  # its file could not be written
    DECLINED = "declined"  # a person was asked and left it
    NEEDS_OPTION = "needs-option"  # an option would have to allow it


class Held(Record):
    """Why a finding is not fixed: what keeps it, and what people are told.

    `images` are those, as written, that reading would tell what is missing.
    """

    because: Because
    text: str
    images: tuple[str, ...] = ()


class NoFix(Record):
    """Says why harden offers no fix, and what a person can do."""

    reason: str
    because: Because = Because.NO_FIX


class Finding(Record):
    """One thing that a control found at one place, with its fix or the reason why there is none.

    `path` is the place in the document. `message` says what is wrong. `checks` are the official check ids that this
    finding can be about. `control` is stamped by the registry. `severity` counts for what no official check is about.
    `cis` are the sections of the CIS Kubernetes Benchmark that it is about, None for all that its control is about.
    """

    path: Path
    message: str
    fix: Fix | NoFix
    checks: tuple[str, ...] = ()
    control: str = ""
    severity: Severity = Severity.WARNING
    cis: tuple[str, ...] | None = None

    @property
    def risk(self) -> Risk | None:
        """Return the risk of the fix, None where there is no fix."""
        return self.fix.risk if isinstance(self.fix, Fix) else None

    @property
    def reason(self) -> str:
        """Return why the fix has its risk, or why there is no fix."""
        return self.fix.reason

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what the fix changes in the finding's own document, nothing where there is no fix."""
        return self.fix.changes if isinstance(self.fix, Fix) else ()

    @property
    def creates(self) -> tuple[GeneratedObject, ...]:
        """Return the objects that the fix creates, nothing where there is no fix."""
        return self.fix.creates if isinstance(self.fix, Fix) else ()

    @property
    def needs(self) -> tuple[ObjectKey, ...]:
        """Return the objects that other fixes have to create, nothing where there is no fix."""
        return self.fix.needs if isinstance(self.fix, Fix) else ()

    @property
    def elsewhere(self) -> tuple[Remote, ...]:
        """Return what the fix changes in other documents, nothing where there is no fix."""
        return self.fix.elsewhere if isinstance(self.fix, Fix) else ()


class ObjectFinding(Record):
    """A finding on one object of the bundle; paths start at the root of the object's document.

    `resource` is None for what no object stands for. `also` tells of what the same fix changes in further objects.
    `of` is the kind of created objects that it speaks of: it is only told where there is one.
    """

    resource: Resource | None
    finding: Finding
    also: tuple[ObjectFinding, ...] = ()
    of: str = ""
