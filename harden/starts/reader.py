"""Reads the pod as its start sees it: decoded from plain data; another type than the API has is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from harden.model.record import Record

#: A mapping of plain data.
Data = Mapping[str, object]

_NOTHING: Data = {}

#: Keys of a volume that are no source.
_NO_SOURCES = frozenset({"name"})


class Mount(Record):
    """A mount of a container: `path` absolute and plain, `volume` its name, `sub_path` "" where the root is mounted."""

    volume: str
    path: str
    sub_path: str = ""
    read_only: bool = False
    propagation: str = ""


class Volume(Record):
    """A volume: `kind` is the key of its source ("emptyDir", "persistentVolumeClaim"), `source` that one's value."""

    name: str
    kind: str
    source: Data = _NOTHING


class Variable(Record):
    """A variable of a container; `value` is None where the manifest takes it from elsewhere."""

    name: str
    value: str | None


class Security:
    """The security settings of a pod or a container; None is "not set". `strange` names fields of another type."""

    __slots__ = ("data", "strange", "where")

    def __init__(self, data: Data, where: str, strange: list[str]) -> None:
        self.data = data
        self.where = where
        self.strange = strange

    def flag(self, key: str) -> bool | None:
        """Return a boolean of the settings."""
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.strange.append(f"{self.where}.{key}")
        return None

    def number(self, key: str) -> int | None:
        """Return a whole number of the settings."""
        value = self.data.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.strange.append(f"{self.where}.{key}")
        return None


class Container(Record):
    """A container: `user`, `group`, `non_root` are its own settings, None where it has none.

    `command` and `args` are None where they are absent, as empty lists are the same to the kubelet. `strange` names
    the fields that cannot be read.
    """

    field: str
    name: str
    image: str | None
    command: tuple[str, ...] | None
    args: tuple[str, ...] | None
    env: tuple[Variable, ...]
    env_from: bool
    ports: tuple[int, ...]
    mounts: tuple[Mount, ...]
    devices: tuple[str, ...]
    stays: bool
    user: int | None
    group: int | None
    non_root: bool | None
    privileged: bool
    escalation: bool | None
    read_only: bool
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    profile: str
    strange: tuple[str, ...]


class Pod(Record):
    """A pod's spec; `groups` are supplementalGroups, `policy` is fsGroupChangePolicy ("" where it is not set)."""

    containers: tuple[Container, ...]
    volumes: Mapping[str, Volume]
    user: int | None
    group: int | None
    non_root: bool | None
    fs_group: int | None
    policy: str
    groups: tuple[int, ...]
    sysctls: Mapping[str, str]
    host_network: bool
    host_users: bool | None
    windows: bool
    profile: str
    strange: tuple[str, ...]


#: Returns what a container is: what is known of its data, or what reading it gives.
Keep = Callable[[str, int, Data, Callable[[], Container]], Container]


def _as_it_is(_field: str, _at: int, _data: Data, read: Callable[[], Container]) -> Container:
    return read()


def read_pod(spec: Data, keep: Keep = _as_it_is) -> Pod:
    """Return the pod of a spec; raises nothing, whatever stands there. `keep` may know a container by its data.

    Source of the names: kubernetes, staging/src/k8s.io/api/core/v1/types.go.
    """
    strange: list[str] = []
    context = mapping(spec.get("securityContext"))
    security = Security(context, "securityContext", strange)
    return Pod(
        containers=tuple(_containers(spec, keep)),
        volumes={volume.name: volume for volume in _volumes(spec)},
        user=security.number("runAsUser"),
        group=security.number("runAsGroup"),
        non_root=security.flag("runAsNonRoot"),
        fs_group=security.number("fsGroup"),
        policy=word(context.get("fsGroupChangePolicy")),
        groups=tuple(item for item in items(context.get("supplementalGroups")) if isinstance(item, int)),
        sysctls={word(item.get("name")): scalar(item.get("value")) for item in mappings(context.get("sysctls"))},
        host_network=spec.get("hostNetwork") is True,
        host_users=Security(spec, "spec", strange).flag("hostUsers"),
        windows=_is_windows(spec, context),
        profile=word(mapping(context.get("seccompProfile")).get("type")),
        strange=tuple(strange),
    )


def _is_windows(spec: Data, context: Data) -> bool:
    """Return whether the pod runs on Windows: it says so, selects such nodes, or has settings only Windows knows."""
    selector = mapping(spec.get("nodeSelector"))
    return (
        word(mapping(spec.get("os")).get("name")) == "windows"
        or word(selector.get("kubernetes.io/os")) == "windows"
        or word(selector.get("beta.kubernetes.io/os")) == "windows"
        or context.get("windowsOptions") is not None
    )


def _containers(spec: Data, keep: Keep) -> Iterator[Container]:
    for field in ("initContainers", "containers"):
        for at, data in enumerate(mappings(spec.get(field))):
            yield keep(field, at, data, partial(_container, field, at, data))


def _container(field: str, at: int, data: Data) -> Container:
    strange: list[str] = []
    name = word(data.get("name")) or f"{field}[{at}]"
    context = mapping(data.get("securityContext"))
    security = Security(context, "securityContext", strange)
    capabilities = mapping(context.get("capabilities"))
    image = data.get("image")
    return Container(
        field=field,
        name=name,
        image=image if isinstance(image, str) and image else None,
        command=texts(data.get("command")) or None,
        args=texts(data.get("args")) or None,
        env=tuple(_variables(data)),
        env_from=bool(items(data.get("envFrom"))),
        ports=tuple(_ports(data)),
        mounts=tuple(_mounts(data)),
        devices=tuple(word(item.get("name")) for item in mappings(data.get("volumeDevices"))),
        stays=field == "containers" or data.get("restartPolicy") == "Always",
        user=security.number("runAsUser"),
        group=security.number("runAsGroup"),
        non_root=security.flag("runAsNonRoot"),
        privileged=security.flag("privileged") is True,
        escalation=security.flag("allowPrivilegeEscalation"),
        read_only=security.flag("readOnlyRootFilesystem") is True,
        added=_capabilities(capabilities, "add", strange),
        dropped=_capabilities(capabilities, "drop", strange),
        profile=word(mapping(context.get("seccompProfile")).get("type")),
        strange=tuple(strange),
    )


def _capabilities(data: Data, key: str, strange: list[str]) -> tuple[str, ...]:
    """Return names as the runtime reads them: in capitals, without CAP_."""
    value = data.get(key)
    if value is not None and not isinstance(value, list):
        strange.append(f"securityContext.capabilities.{key}")
    return tuple(name.upper().removeprefix("CAP_") for name in texts(value))


def _variables(data: Data) -> Iterator[Variable]:
    for item in mappings(data.get("env")):
        elsewhere = item.get("valueFrom") is not None
        value = item.get("value")
        yield Variable(word(item.get("name")), None if elsewhere else scalar(value))


def _ports(data: Data) -> Iterator[int]:
    for item in mappings(data.get("ports")):
        number = item.get("containerPort")
        if isinstance(number, int) and not isinstance(number, bool):
            yield number


def _mounts(data: Data) -> Iterator[Mount]:
    for item in mappings(data.get("volumeMounts")):
        yield Mount(
            volume=word(item.get("name")),
            path=word(item.get("mountPath")),
            sub_path=word(item.get("subPath")) or word(item.get("subPathExpr")),
            read_only=item.get("readOnly") is True,
            propagation=word(item.get("mountPropagation")),
        )


def _volumes(spec: Data) -> Iterator[Volume]:
    """Yield the volumes; one without any source is an emptyDir (pkg/apis/core/v1/defaults.go, SetDefaults_Volume)."""
    for item in mappings(spec.get("volumes")):
        sources = [key for key, value in item.items() if key not in _NO_SOURCES and value is not None]
        kind = sources[0] if sources else "emptyDir"
        yield Volume(word(item.get("name")), kind, mapping(item.get(kind)))


def mapping(value: object) -> Data:
    """Return a mapping, an empty one for anything else."""
    return value if isinstance(value, Mapping) else _NOTHING


def items(value: object) -> Sequence[object]:
    """Return the items of a list, none for anything else."""
    return value if isinstance(value, list | tuple) else ()


def mappings(value: object) -> Iterator[Data]:
    """Yield the mappings of a list."""
    yield from (item for item in items(value) if isinstance(item, Mapping))


def texts(value: object) -> tuple[str, ...]:
    """Return the strings of a list; what is no string is left out."""
    return tuple(item for item in items(value) if isinstance(item, str))


def word(value: object) -> str:
    """Return a string, "" for anything else."""
    return value if isinstance(value, str) else ""


def scalar(value: object) -> str:
    """Return a scalar as text, "" for null and what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""
