"""Holds what is said of a container's start: whether it starts, by which evidence, and what is missing to know it."""

from __future__ import annotations

from enum import Enum

from harden.model.record import Record


class Start(Enum):
    """Whether a container starts."""

    YES = "yes"  # and every part of that has its evidence
    UNKNOWN = "unknown"  # something is missing, which is named
    NO = "no"  # and it is known what stops it

    @property
    def rank(self) -> int:
        """Return 0 for no, 1 for unknown, 2 for yes."""
        return {"no": 0, "unknown": 1, "yes": 2}[self.value]


class Topic(Enum):
    """What a doubt is about."""

    MANIFEST = "manifest"  # a field of the manifest cannot be read: a placeholder, another type
    PLATFORM = "platform"  # it depends on the node: its runtime, its kernel, Windows
    IMAGE = "image"  # nothing is known of the image
    COMMAND = "command"  # what the manifest's command does is not known
    TAG = "tag"  # the facts were read for other tags
    USER = "user"  # whether it starts as the user it gets
    CAPABILITIES = "capabilities"  # what it needs as root
    FILE_CAPABILITIES = "file-capabilities"  # whether its program has capabilities on its file
    WRITES = "writes"  # where it writes to
    OWNERS = "owners"  # whether it may read and write what is mounted
    MODES = "modes"  # whether its own files keep the modes that it wants
    PORTS = "ports"  # whether it may listen where it does
    ENVIRONMENT = "environment"  # what its variables hold
    CONFIGURATION = "configuration"  # what the configuration that is mounted asks for


class Doubt(Record):
    """One thing that is missing for a verdict; `text` says what.

    `fields` are those facts of the image that the doubt is about: of two with one text, one may be new.
    """

    topic: Topic
    text: str
    fields: tuple[str, ...] = ()


class ContainerStart(Record):
    """Whether one container of a pod starts.

    `field` is containers or initContainers, `image` as written, None where the manifest names none. `reason` is one
    sentence without a full stop: what stops it, the first thing that is missing, or why it starts. `evidence` names
    what each part of the verdict rests on; `doubts` are all things that are missing, also where the verdict is no.
    """

    name: str
    field: str
    image: str | None
    verdict: Start
    reason: str
    evidence: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


class Setback(Enum):
    """How the start of a container got worse, the worst first."""

    STOPS = "stops"  # it does not start any more
    LOSES = "loses"  # it is not known any more that it starts
    DEPENDS = "depends"  # it was not known before, and depends on something more that nobody knows


class Worse(Record):
    """A container whose start is worse after a change; `before` is None for a container that is new.

    `topics` are those that the doubts are about which the change has brought, in their order; () where it stops.
    """

    name: str
    field: str
    image: str | None
    setback: Setback
    before: Start | None
    after: Start
    reason: str
    topics: tuple[Topic, ...] = ()
