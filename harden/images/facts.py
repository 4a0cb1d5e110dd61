"""The facts about one image, each with the place that states it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from harden.images.reference import Reference
from harden.model.plain import is_number
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.conditions import Condition


#: The largest user and group id that Kubernetes takes (apimachinery, util/validation, IsValidUserID).
LARGEST_ID = 2**31 - 1

#: Stands as the USER of an image of which a person says that it is a number other than 0, and not which.
SOME_NUMBER = "a number"


class Confidence(Enum):
    """How well the user is established, best first."""

    READ = "read"  # the number is written in the image's own Dockerfile, entrypoint or official manifest
    LEARNED = "learned"  # read from the image itself
    DERIVED = "derived"  # follows from a command or base image that was read
    RULE = "rule"  # follows from the image's name by a general rule


class Need(Enum):
    """What a start without root needs besides the user."""

    WRITABLE = "writable"  # emptyDirs at `writable`, also with a writable root
    WRITABLE_SEEDED = "writable_seeded"  # `writable_seeded` stay writable
    LOW_PORT = "low_port"  # a port below 1024 is moved, or made bindable
    ENV = "env"  # the variables of `nonroot_env`
    FILE_CAPS = "file_caps"  # `file_caps` stay in the bounding set


class ImageClass(Enum):
    """What kind of program an image is, for the sizes that it is given."""

    WEB = "web"
    WORKER = "worker"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    JVM = "jvm"
    PROXY = "proxy"
    SIDECAR = "sidecar"
    EXPORTER = "exporter"
    COLLECTOR = "collector"
    CONTROLLER = "controller"
    JOB = "job"


class FileReader(Enum):
    """What reads the file form of a variable; the entrypoint's is lost when a manifest replaces `command`."""

    ENTRYPOINT = "entrypoint"
    BINARY = "binary"


class FileMissing(Enum):
    """What happens when the file of a variable's file form is not there."""

    EXITS = "exits"
    DEFAULT = "default"  # the program starts on its default value
    EMPTY = "empty"


class Unit(Enum):
    """How a size is written in a variable, an argument or a configuration; all are powers of 1024."""

    SIZE = "size"  # a number with k, m, g or t, or kb, KiB and alike; bytes without
    MIB = "mib"  # a bare number of MiB
    GIB = "gib"  # a bare number of GiB
    JVM_OPTIONS = "jvm_options"  # options of a JVM: -Xmx4g, -XX:MaxDirectMemorySize=3g


class StrictFile(Record):
    """A file whose mode or owner its own program checks: a group that may read it, as fsGroup makes it, stops that.

    `path` starts with / or, where the folder depends on the configuration, with **/. `mode` is the widest that is
    taken, in octal digits. `since` names the first version that checks, where that is known.
    """

    path: str
    mode: str
    since: str | None = None


class PortFix(Record):
    """How to move ports below 1024: `moves` maps old to new ports; then any of variables, arguments, command.

    When only the program's configuration can move it, `moves` is empty and `config_file`, `config_directive` say where.
    """

    moves: Mapping[int, int] = MappingProxyType({})
    env: Mapping[str, str] = MappingProxyType({})
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    config_file: str | None = None
    config_directive: str | None = None


class DropIn(Record):
    """An image that can take this one's place without root; `<tag>` in `image` stands for the present tag."""

    image: str
    port_map: Mapping[int, int]
    ports: tuple[int, ...]
    uid: int
    gid: int


class ImageFacts(Record):
    """What is known about an image; None is "not established", an empty tuple "established to be none".

    `origins` maps the name of each stated field to the place that states it ("databases.yaml:12", "rule distroless").
    `matched` holds the patterns and rules that applied, the most specific first; `notes` and `sources` are theirs.
    `evidence` is what people are shown of where the facts come from. `read_for` holds the globs of the tags that were
    read, `reaches_tag` says whether how the image starts was read for its tag, and `outside` names the fields that
    were read for other tags only: nothing that rests on those is sure; `doubt` says why, where other tags are not it.
    `own` names the fields that a project's own files state. `gains` is the program by which its start gains privileges,
    as build files show it ("sudo in run.sh").
    """

    reference: Reference
    matched: tuple[str, ...]
    origins: Mapping[str, str]
    image_class: ImageClass | None = None
    uid: int | None = None
    gid: int | None = None
    user_name: str | None = None
    default_user: str | None = None
    confidence: Confidence = Confidence.READ
    runs_as_nonroot: bool | None = None
    nonroot_needs: tuple[Need, ...] = ()
    nonroot_env: Mapping[str, str] = MappingProxyType({})
    ports: tuple[int, ...] | None = None
    low_port_fix: PortFix | None = None
    volumes: tuple[str, ...] | None = None
    writable: tuple[str, ...] | None = None
    writable_seeded: tuple[str, ...] = ()
    file_env: tuple[str, ...] | None = None
    file_env_suffix: str = "_FILE"
    file_env_since: str | None = None
    file_env_in: FileReader = FileReader.ENTRYPOINT
    file_missing: FileMissing = FileMissing.EXITS
    file_env_never: tuple[str, ...] = ()
    drop_in: DropIn | None = None
    shell: bool | None = None
    root_caps: tuple[str, ...] | None = None
    file_caps: tuple[str, ...] = ()
    host_access: str | None = None
    api_client: bool | None = None
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    root_reason: str | None = None
    stays_root: bool | None = None
    strict_files: tuple[StrictFile, ...] = ()
    config_writes: tuple[str, ...] = ()
    size_env: Mapping[str, Unit] = MappingProxyType({})
    size_args: Mapping[str, Unit] = MappingProxyType({})
    size_config: Mapping[str, Unit] = MappingProxyType({})
    when: tuple[Condition, ...] = ()
    evidence: str = ""
    read_for: tuple[str, ...] = ()
    reaches_tag: bool = True
    outside: frozenset[str] = frozenset()
    gains: str = ""
    own: frozenset[str] = frozenset()
    doubt: str = ""

    def reaches(self, *names: str) -> bool:
        """Return whether each of these fields was read for the image's tag, as far as it is stated."""
        return self.outside.isdisjoint(names)

    @property
    def reach_doubt(self) -> str | None:
        """Return in words that the facts were read for other tags; None where they were read for this one."""
        if self.reaches_tag:
            return None
        if self.doubt:
            return self.doubt
        from harden.images.reach import spoken  # noqa: PLC0415 - only facts that do not reach need words

        tag = self.reference.tag
        this = "what this digest is" if tag is None else tag
        if not self.read_for:
            return f"which tags the facts were read for is not known, so not whether they hold for {this}"
        return f"facts were read for {spoken(self.read_for)}, not {this}"

    def needs(self, what: str) -> bool:
        """Return whether a start without root takes this: the value of a `Need`, which few of those who ask import."""
        return any(need.value == what for need in self.nonroot_needs)

    @property
    def user_known(self) -> bool:
        """Return whether it is known how the image runs without root, or that it cannot."""
        found = self.uid is not None or self.runs_as_nonroot is False or self.host_access is not None
        return found or self.is_some_number

    @property
    def is_some_number(self) -> bool:
        """Return whether a person says that it starts as a number other than 0, and nobody which."""
        return self.default_user == SOME_NUMBER

    @property
    def starts_as_root(self) -> bool | None:
        """Return whether the image itself starts as root; None where its USER is not known.

        A USER that is a name is not root to the runtime, yet the kubelet cannot tell (kubernetes,
        pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot).
        """
        if self.default_user is None:
            return None
        return self.default_user.partition(":")[0] in {"root", "0", ""}

    @property
    def is_built(self) -> bool:
        """Return whether a Dockerfile says how it starts."""
        return self.evidence.startswith("Dockerfile ")

    @property
    def starts_as_name(self) -> bool:
        """Return whether the image's USER is a name other than root, which the kubelet cannot check."""
        user = (self.default_user or "0").partition(":")[0]
        return not (is_number(user) or user in {"", "root"} or self.is_some_number)

    @property
    def is_learnable(self) -> bool:
        """Return whether reading the image itself would tell something that is needed: the user that it starts as."""
        return not (self.user_known or self.starts_as_root)

    @property
    def low_ports(self) -> tuple[int, ...]:
        """Return the known ports below 1024."""
        return tuple(port for port in self.ports or () if port < 1024)
