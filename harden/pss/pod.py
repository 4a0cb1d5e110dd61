"""The pod as the checks see it: decoded, defaulted, and without nulls.

Plain classes with slots: as frozen dataclasses they would take five times as long to make and 2 ms more to import, and
every pod is judged twice. Only `harden.pss.reader` writes to them.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Volume sources that the restricted level forbids, in the order in which its check names one of several.
FORBIDDEN_SOURCES = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
)

#: Volume sources that the restricted level allows.
ALLOWED_SOURCES = frozenset(
    (
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
)

_NOTHING: Mapping[str, str] = {}


class Security:
    """What a pod and a container can both say of their security.

    `se_linux` is (type, user, role), "" for what is not set. `seccomp` and `app_armor` are the profile's type: None
    without a profile, "" for a profile without a type.
    """

    __slots__ = ("app_armor", "host_process", "run_as_non_root", "run_as_user", "se_linux", "seccomp")

    def __init__(self) -> None:
        self.se_linux: tuple[str, str, str] | None = None
        self.seccomp: str | None = None
        self.app_armor: str | None = None
        self.run_as_non_root: bool | None = None
        self.run_as_user: int | None = None
        self.host_process = False


class Container(Security):
    """A container of any kind; `host_ports` has no zeros, `hosts` are the hosts that its probes and hooks name."""

    __slots__ = (
        "added",
        "allow_privilege_escalation",
        "dropped",
        "host_ports",
        "hosts",
        "name",
        "privileged",
        "proc_mount",
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.privileged = False
        self.allow_privilege_escalation: bool | None = None
        self.proc_mount: str | None = None
        self.added: tuple[str, ...] = ()
        self.dropped: tuple[str, ...] = ()
        self.host_ports: tuple[int, ...] = ()
        self.hosts: tuple[str, ...] = ()


class Volume:
    """A volume and the names of the sources that it sets: one, unless the manifest is invalid."""

    __slots__ = ("name", "sources")

    def __init__(self, name: str, sources: tuple[str, ...]) -> None:
        self.name = name
        self.sources = sources


class Pod(Security):
    """A pod; `containers` are in the order init, regular, ephemeral."""

    __slots__ = (
        "annotations",
        "containers",
        "host_ipc",
        "host_network",
        "host_pid",
        "sysctls",
        "user_namespace",
        "volumes",
        "windows",
    )

    def __init__(self) -> None:
        super().__init__()
        self.annotations: Mapping[str, str] = _NOTHING
        self.windows = False
        self.user_namespace = False
        self.host_network = False
        self.host_pid = False
        self.host_ipc = False
        self.sysctls: tuple[str, ...] = ()
        self.containers: list[Container] = []
        self.volumes: list[Volume] = []
