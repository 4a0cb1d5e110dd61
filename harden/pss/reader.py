"""Turns plain data into a pod as the checks see it: decoding it and setting the API server's defaults."""

from __future__ import annotations

from collections.abc import Mapping

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
from harden.pss.pod import ALLOWED_SOURCES, FORBIDDEN_SOURCES, Container, Pod, Security, Volume

_SOURCES = ALLOWED_SOURCES.union(FORBIDDEN_SOURCES)
_EMPTY_DIR = ("emptyDir",)
_SPEC: Path = ("spec",)
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_CALLERS = frozenset((*_PROBES, "lifecycle"))
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


def read_pod(metadata: Mapping[str, object], spec: Mapping[str, object], *, is_pod: bool) -> Pod:
    """Return the pod as the API server sees it after decoding and defaulting; `is_pod` is False for a template.

    Raises MalformedPod. Defaults: pkg/apis/core/v1/defaults.go of Kubernetes 1.36 (volumes; host ports of Pods).
    """
    pod = Pod()
    if "annotations" in metadata:
        pod.annotations = text_map(metadata, "annotations", ("metadata",))
    _read_hosting(pod, spec)
    context = child(spec, "securityContext", _SPEC)
    if context is not None:
        inside = (*_SPEC, "securityContext")
        _read_security(pod, context, inside)
        if "sysctls" in context:
            sysctls = children(context, "sysctls", inside)
            pod.sysctls = tuple(text(sysctl, "name", (*inside, "sysctls", i)) for i, sysctl in enumerate(sysctls))
    copy_ports = is_pod and pod.host_network
    for field in ("initContainers", "containers"):
        if field in spec:
            _read_containers(pod.containers, spec, field, copy_ports=copy_ports)
    if "ephemeralContainers" in spec:
        _read_containers(pod.containers, spec, "ephemeralContainers", copy_ports=False)
    if "volumes" in spec:
        _read_volumes(pod.volumes, spec)
    if is_pod and pod.annotations and not pod.windows and not _is_unconfined(context):
        _copy_unconfined(pod)
    return pod


def _read_hosting(pod: Pod, spec: Mapping[str, object]) -> None:
    if "os" in spec:
        os = child(spec, "os", _SPEC)
        pod.windows = os is not None and text(os, "name", (*_SPEC, "os")) == "windows"
    if "hostUsers" in spec:
        pod.user_namespace = optional_flag(spec, "hostUsers", _SPEC) is False
    if "hostNetwork" in spec:
        pod.host_network = optional_flag(spec, "hostNetwork", _SPEC) is True
    if "hostPID" in spec:
        pod.host_pid = optional_flag(spec, "hostPID", _SPEC) is True
    if "hostIPC" in spec:
        pod.host_ipc = optional_flag(spec, "hostIPC", _SPEC) is True


def _read_containers(found: list[Container], spec: Mapping[str, object], field: str, *, copy_ports: bool) -> None:
    for index, data in enumerate(children(spec, field, _SPEC)):
        at: Path = ("spec", field, index)
        container = Container(text(data, "name", at))
        if "securityContext" in data:
            context = child(data, "securityContext", at)
            if context is not None:
                _read_container_security(container, context, (*at, "securityContext"))
        if "ports" in data:
            container.host_ports = _host_ports(data, at, copy_ports=copy_ports)
        if not _CALLERS.isdisjoint(data):
            container.hosts = _hosts(data, at)
        found.append(container)


def _read_security(into: Security, data: Mapping[str, object], at: Path) -> None:
    if "seLinuxOptions" in data:
        into.se_linux = _se_linux(data, at)
    if "seccompProfile" in data:
        into.seccomp = _profile_type(data, "seccompProfile", at)
    if "appArmorProfile" in data:
        into.app_armor = _profile_type(data, "appArmorProfile", at)
    if "runAsNonRoot" in data:
        into.run_as_non_root = optional_flag(data, "runAsNonRoot", at)
    if "runAsUser" in data:
        into.run_as_user = optional_whole(data, "runAsUser", at, bits=64)
    if "windowsOptions" in data:
        windows = child(data, "windowsOptions", at)
        if windows is not None:
            into.host_process = optional_flag(windows, "hostProcess", (*at, "windowsOptions")) is True


def _read_container_security(into: Container, data: Mapping[str, object], at: Path) -> None:
    _read_security(into, data, at)
    if "privileged" in data:
        into.privileged = optional_flag(data, "privileged", at) is True
    if "allowPrivilegeEscalation" in data:
        into.allow_privilege_escalation = optional_flag(data, "allowPrivilegeEscalation", at)
    if "procMount" in data:
        into.proc_mount = optional_text(data, "procMount", at)
    if "capabilities" in data:
        capabilities = child(data, "capabilities", at)
        if capabilities is not None:
            inside = (*at, "capabilities")
            into.added = texts(capabilities, "add", inside)
            into.dropped = texts(capabilities, "drop", inside)


def _se_linux(data: Mapping[str, object], at: Path) -> tuple[str, str, str] | None:
    options = child(data, "seLinuxOptions", at)
    if options is None:
        return None
    inside = (*at, "seLinuxOptions")
    return text(options, "type", inside), text(options, "user", inside), text(options, "role", inside)


def _profile_type(data: Mapping[str, object], key: str, at: Path) -> str | None:
    profile = child(data, key, at)
    if profile is None:
        return None
    inside = (*at, key)
    if "localhostProfile" in profile:
        optional_text(profile, "localhostProfile", inside)
    return text(profile, "type", inside)


def _host_ports(data: Mapping[str, object], at: Path, *, copy_ports: bool) -> tuple[int, ...]:
    found = []
    for index, port in enumerate(children(data, "ports", at)):
        inside = (*at, "ports", index)
        own = optional_whole(port, "containerPort", inside, bits=32)
        host = optional_whole(port, "hostPort", inside, bits=32) if "hostPort" in port else None
        if copy_ports and not host:
            host = own
        if host:
            found.append(host)
    return tuple(found)


def _hosts(data: Mapping[str, object], at: Path) -> tuple[str, ...]:
    found: list[str] = []
    for key in _PROBES:
        if key in data:
            _add_hosts(found, data, key, at)
    lifecycle = child(data, "lifecycle", at)
    if lifecycle is not None:
        for key in _HOOKS:
            _add_hosts(found, lifecycle, key, (*at, "lifecycle"))
    return tuple(found)


def _add_hosts(found: list[str], data: Mapping[str, object], key: str, at: Path) -> None:
    handler = child(data, key, at)
    if handler is None:
        return
    for action in ("httpGet", "tcpSocket"):
        call = child(handler, action, (*at, key)) if action in handler else None
        host = "" if call is None else text(call, "host", (*at, key, action))
        if host:
            found.append(host)


def _read_volumes(found: list[Volume], spec: Mapping[str, object]) -> None:
    for index, data in enumerate(children(spec, "volumes", _SPEC)):
        sources: tuple[str, ...] = ()
        for key, value in data.items():
            if value is None or key not in _SOURCES:
                continue
            if not isinstance(value, dict):
                raise refusal((*_SPEC, "volumes", index, key), "a mapping", value)
            sources = (*sources, key)
        found.append(Volume(text(data, "name", (*_SPEC, "volumes", index)), sources or _EMPTY_DIR))


def _is_unconfined(context: Mapping[str, object] | None) -> bool:
    """Return whether the pod-level AppArmor profile is just what the annotation "unconfined" stands for."""
    profile = None if context is None else context.get("appArmorProfile")
    if not isinstance(profile, dict):
        return False
    return profile.get("type") == "Unconfined" and profile.get("localhostProfile") is None


def _copy_unconfined(pod: Pod) -> None:
    """Copy the AppArmor annotation of each container to its field, where that makes a difference to a verdict.

    Only "unconfined" does: the other values are copied as profiles that every level allows. The server copies where the
    container has no profile of its own and the pod's is another one (pkg/registry/core/pod/strategy.go, 1.36).
    """
    for container in pod.containers:
        if container.app_armor is None and pod.annotations.get(_APP_ARMOR + container.name) == "unconfined":
            container.app_armor = "Unconfined"
