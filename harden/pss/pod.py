"""Owns the pod as the checks see it: decoded, defaulted as the API server does, and without nulls.

Everything here is a NamedTuple: a frozen dataclass takes four times as long to make, and every pod is judged twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harden.model.text import Path
from harden.pss.decode import (
    child,
    children,
    optional_flag,
    optional_text,
    optional_whole,
    refusal,
    text,
    text_map,
    texts,
)

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

_SOURCES = ALLOWED_SOURCES.union(FORBIDDEN_SOURCES)
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


class SELinux(NamedTuple):
    """The parts of seLinuxOptions that are judged; "" where one is not set."""

    type: str
    user: str
    role: str


class Security(NamedTuple):
    """A securityContext, of a pod or of a container; fields that only containers have keep their default for a pod.

    `seccomp` and `app_armor` are the profile's type: None without a profile, "" for a profile without a type.
    """

    se_linux: SELinux | None = None
    seccomp: str | None = None
    app_armor: str | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    host_process: bool | None = None
    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = None
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


class Container(NamedTuple):
    """A container of any kind; `host_ports` has no zeros, `hosts` are the hosts that its probes and hooks name."""

    name: str
    security: Security
    host_ports: tuple[int, ...]
    hosts: tuple[str, ...]


class Volume(NamedTuple):
    """A volume and the names of the sources that it sets: one, unless the manifest is invalid."""

    name: str
    sources: frozenset[str]


class Pod(NamedTuple):
    """A pod; `containers` are in the order init, regular, ephemeral."""

    annotations: Mapping[str, str]
    windows: bool
    user_namespace: bool
    host_network: bool
    host_pid: bool
    host_ipc: bool
    security: Security
    sysctls: tuple[str, ...]
    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]


_NO_SECURITY = Security()
_EMPTY_DIR = frozenset(("emptyDir",))


def read_pod(metadata: Mapping[str, object], spec: Mapping[str, object], *, is_pod: bool) -> Pod:
    """Return the pod as the API server sees it after decoding and defaulting; `is_pod` is False for a template.

    Raises MalformedPod. Defaults: pkg/apis/core/v1/defaults.go of Kubernetes 1.36 (volumes; host ports of Pods).
    """
    at: Path = ("spec",)
    annotations = text_map(metadata, "annotations", ("metadata",)) if "annotations" in metadata else {}
    os = child(spec, "os", at)
    windows = os is not None and text(os, "name", (*at, "os")) == "windows"
    host_network = optional_flag(spec, "hostNetwork", at) is True
    context = child(spec, "securityContext", at)
    inside = (*at, "securityContext")
    containers = [
        *_containers(spec, "initContainers", copy_ports=is_pod and host_network),
        *_containers(spec, "containers", copy_ports=is_pod and host_network),
        *_containers(spec, "ephemeralContainers", copy_ports=False),
    ]
    if is_pod and not windows and annotations:
        copied = _is_unconfined(context)
        containers = [_copy_unconfined(one, annotations, pod_has_it=copied) for one in containers]
    return Pod(
        annotations,
        windows,
        optional_flag(spec, "hostUsers", at) is False,
        host_network,
        optional_flag(spec, "hostPID", at) is True,
        optional_flag(spec, "hostIPC", at) is True,
        _NO_SECURITY if context is None else _shared_security(context, inside),
        () if context is None else _names(context, "sysctls", inside),
        tuple(containers),
        _volumes(spec, at),
    )


def _containers(spec: Mapping[str, object], field: str, *, copy_ports: bool) -> list[Container]:
    found = []
    for index, data in enumerate(children(spec, field, ("spec",))):
        at: Path = ("spec", field, index)
        context = child(data, "securityContext", at)
        found.append(
            Container(
                text(data, "name", at),
                _NO_SECURITY if context is None else _container_security(context, (*at, "securityContext")),
                _host_ports(data, at, copy_ports=copy_ports),
                _hosts(data, at),
            )
        )
    return found


def _shared_security(data: Mapping[str, object], at: Path) -> Security:
    windows = child(data, "windowsOptions", at)
    return Security(
        _se_linux(data, at),
        _profile_type(data, "seccompProfile", at),
        _profile_type(data, "appArmorProfile", at),
        optional_flag(data, "runAsNonRoot", at),
        optional_whole(data, "runAsUser", at, bits=64),
        None if windows is None else optional_flag(windows, "hostProcess", (*at, "windowsOptions")),
    )


def _container_security(data: Mapping[str, object], at: Path) -> Security:
    capabilities = child(data, "capabilities", at)
    inside = (*at, "capabilities")
    shared = _shared_security(data, at)
    return Security(
        *shared[:6],
        optional_flag(data, "privileged", at),
        optional_flag(data, "allowPrivilegeEscalation", at),
        optional_text(data, "procMount", at),
        () if capabilities is None else texts(capabilities, "add", inside),
        () if capabilities is None else texts(capabilities, "drop", inside),
    )


def _se_linux(data: Mapping[str, object], at: Path) -> SELinux | None:
    options = child(data, "seLinuxOptions", at)
    if options is None:
        return None
    at = (*at, "seLinuxOptions")
    return SELinux(text(options, "type", at), text(options, "user", at), text(options, "role", at))


def _profile_type(data: Mapping[str, object], key: str, at: Path) -> str | None:
    profile = child(data, key, at)
    return None if profile is None else text(profile, "type", (*at, key))


def _host_ports(data: Mapping[str, object], at: Path, *, copy_ports: bool) -> tuple[int, ...]:
    if "ports" not in data:
        return ()
    found = []
    for index, port in enumerate(children(data, "ports", at)):
        inside = (*at, "ports", index)
        host = optional_whole(port, "hostPort", inside, bits=32)
        own = optional_whole(port, "containerPort", inside, bits=32)
        if copy_ports and not host:
            host = own
        if host:
            found.append(host)
    return tuple(found)


def _hosts(data: Mapping[str, object], at: Path) -> tuple[str, ...]:
    found = [host for key in _PROBES if key in data for host in _handler_hosts(data, key, at)]
    lifecycle = child(data, "lifecycle", at)
    if lifecycle is not None:
        inside = (*at, "lifecycle")
        found += [host for key in _HOOKS for host in _handler_hosts(lifecycle, key, inside)]
    return tuple(found)


def _handler_hosts(data: Mapping[str, object], key: str, at: Path) -> list[str]:
    handler = child(data, key, at)
    if handler is None:
        return []
    found = []
    for action in ("httpGet", "tcpSocket"):
        call = child(handler, action, (*at, key))
        host = "" if call is None else text(call, "host", (*at, key, action))
        if host:
            found.append(host)
    return found


def _names(data: Mapping[str, object], key: str, at: Path) -> tuple[str, ...]:
    return tuple(text(item, "name", (*at, key, index)) for index, item in enumerate(children(data, key, at)))


def _volumes(spec: Mapping[str, object], at: Path) -> tuple[Volume, ...]:
    found = []
    for index, data in enumerate(children(spec, "volumes", at)):
        inside = (*at, "volumes", index)
        sources = []
        for key, value in data.items():
            if value is None or key not in _SOURCES:
                continue
            if not isinstance(value, dict):
                raise refusal((*inside, key), "a mapping", value)
            sources.append(key)
        found.append(Volume(text(data, "name", inside), frozenset(sources) if sources else _EMPTY_DIR))
    return tuple(found)


def _is_unconfined(context: Mapping[str, object] | None) -> bool:
    """Return whether the pod-level AppArmor profile is just what the annotation "unconfined" stands for."""
    at = ("spec", "securityContext")
    profile = None if context is None else child(context, "appArmorProfile", at)
    if profile is None:
        return False
    inside = (*at, "appArmorProfile")
    return text(profile, "type", inside) == "Unconfined" and optional_text(profile, "localhostProfile", inside) is None


def _copy_unconfined(container: Container, annotations: Mapping[str, str], *, pod_has_it: bool) -> Container:
    """Return the container with its AppArmor annotation copied to its field, if that makes a difference to a verdict.

    Only "unconfined" does: the other values are copied as profiles that every level allows. The server copies where the
    container has no profile of its own and the pod's is another one (pkg/registry/core/pod/strategy.go, 1.36).
    """
    if pod_has_it or container.security.app_armor is not None:
        return container
    if annotations.get(_APP_ARMOR + container.name) != "unconfined":
        return container
    return container._replace(security=container.security._replace(app_armor="Unconfined"))
