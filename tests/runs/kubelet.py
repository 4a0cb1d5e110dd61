"""Owns what the kubelet and the container runtime make of a pod: who runs, with what rights, on which files.

Written from Kubernetes and runtime behaviour, not from harden. Not modelled, because they need a cluster or a
runtime: seccomp and AppArmor profiles, cgroup limits, devices, user namespaces, SELinux.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from servers import HELPERS, PATH, Account, Folder, Server

Plain = Mapping[str, object]

#: The rights that containerd and CRI-O give by default (containerd, pkg/oci, defaultUnixCaps; the smaller CRI-O set is
#: within it). A process that is not root only keeps them in its bounding set.
DEFAULT_CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)


class RefusedError(Exception):
    """The kubelet does not start the container (CreateContainerConfigError)."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume: an emptyDir, the files of a ConfigMap or Secret, or a claim, which outlives the pod.

    `regroup` says whether fsGroup is applied at every start (Always), or only where the volume's root does not have it.
    `mode` is that of the files of a ConfigMap or Secret.
    """

    name: str
    kind: str
    files: Mapping[str, str] = field(default_factory=dict)
    mode: int = 0o644
    group: int | None = None
    regroup: bool = True


@dataclass(frozen=True, slots=True)
class Mount:
    volume: str
    path: str
    sub_path: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A container that is ready to start; `capabilities` is its bounding set, without CAP_."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    work_dir: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    capabilities: tuple[str, ...]
    no_new_privileges: bool
    read_only: bool
    mounts: tuple[Mount, ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that is ready to start: `init` run to their end one after the other, then `main`."""

    hostname: str
    sysctls: Mapping[str, str]
    volumes: tuple[Volume, ...]
    init: tuple[Container, ...]
    main: Container
    accounts: tuple[Account, ...]
    folders: tuple[Folder, ...]
    files: Mapping[str, str]
    links: Mapping[str, str]


def pod_spec(bundle: Sequence[Plain]) -> Plain:
    """Return the pod of the only workload in a bundle."""
    (workload,) = (item for item in bundle if item["kind"] in {"Deployment", "StatefulSet"})
    return _map(_map(_map(workload["spec"])["template"])["spec"])


def make_pod(bundle: Sequence[Plain], server: Server) -> Pod:
    """Return what is started for the only workload of a bundle, whose containers are this server's image, or helpers.

    Raises RefusedError where the kubelet would not start it.
    """
    spec = pod_spec(bundle)
    containers = [_container(bundle, spec, item, server) for item in _maps(spec.get("initContainers"))]
    (main,) = (_container(bundle, spec, item, server) for item in _maps(spec["containers"]))
    context = _map(spec.get("securityContext"))
    return Pod(
        hostname=server.name,
        sysctls={str(item["name"]): str(item["value"]) for item in _maps(context.get("sysctls"))},
        volumes=tuple(_volumes(bundle, spec)),
        init=tuple(containers),
        main=main,
        accounts=(server.account,),
        folders=server.folders,
        files=server.files,
        links=server.links,
    )


def verify_non_root(spec: Plain, container: Plain, server: Server) -> None:
    """Raise RefusedError where runAsNonRoot does not hold, or cannot be checked.

    Source: kubernetes, pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot: the number of the
    manifest counts; without one, that of the image, and a name is refused.
    """
    if _effective(spec, container, "runAsNonRoot") is not True:
        return
    user = _effective(spec, container, "runAsUser")
    if user is not None:
        if user == 0:
            raise RefusedError("container's runAsUser breaks non-root policy")
        return
    name = server.user.partition(":")[0]
    if name in {"", "0"}:
        raise RefusedError("container has runAsNonRoot and image will run as root")
    if not name.isdecimal():
        raise RefusedError(f"container has runAsNonRoot and image has non-numeric user ({name})")


def _container(bundle: Sequence[Plain], spec: Plain, item: Plain, main: Server) -> Container:
    image = str(item.get("image")).rpartition("/")[2].partition(":")[0]
    server = next((helper for helper in HELPERS if helper.name == image), main)
    verify_non_root(spec, item, server)
    context = _map(item.get("securityContext"))
    group = _map(spec.get("securityContext")).get("fsGroup")
    uid = _number(_effective(spec, item, "runAsUser"), 0 if server.user in {"", "root"} else server.account.uid)
    own = server.account.gid if uid == server.account.uid else 0
    return Container(
        name=str(item["name"]),
        argv=_argv(item, server),
        env={"PATH": PATH, "HOME": server.account.home, **server.env, **dict(_environment(bundle, item))},
        work_dir=str(item.get("workingDir", server.work_dir)),
        uid=uid,
        gid=_number(_effective(spec, item, "runAsGroup"), own),
        groups=(group,) if isinstance(group, int) else (),
        capabilities=_capabilities(_map(context.get("capabilities"))),
        no_new_privileges=context.get("allowPrivilegeEscalation") is False,
        read_only=context.get("readOnlyRootFilesystem") is True,
        mounts=tuple(_mounts(item)),
    )


def _argv(item: Plain, server: Server) -> tuple[str, ...]:
    """Return what is started: `command` also takes the place of the image's CMD."""
    command, args = _words(item.get("command")), _words(item.get("args"))
    if command:
        return command + args
    return server.entrypoint + (args or server.command)


def _environment(bundle: Sequence[Plain], item: Plain) -> Iterator[tuple[str, str]]:
    for variable in _maps(item.get("env")):
        source = _map(variable.get("valueFrom"))
        if not source:
            yield str(variable["name"]), str(variable.get("value", ""))
            continue
        ((kind, reference),) = source.items()
        files = _files(
            bundle, {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}[kind], _map(reference)["name"]
        )
        yield str(variable["name"]), files[str(_map(reference)["key"])]


def _capabilities(capabilities: Plain) -> tuple[str, ...]:
    dropped = {word.removeprefix("CAP_") for word in _words(capabilities.get("drop"))}
    kept = () if "ALL" in dropped else tuple(name for name in DEFAULT_CAPABILITIES if name not in dropped)
    return tuple(sorted({*kept, *(word.removeprefix("CAP_") for word in _words(capabilities.get("add")))}))


def _mounts(item: Plain) -> Iterator[Mount]:
    for mount in _maps(item.get("volumeMounts")):
        yield Mount(
            volume=str(mount["name"]),
            path=str(mount["mountPath"]),
            sub_path=str(mount.get("subPath", "")),
            read_only=mount.get("readOnly") is True,
        )


def _volumes(bundle: Sequence[Plain], spec: Plain) -> Iterator[Volume]:
    """Yield the volumes; fsGroupChangePolicy is about claims only, the others live as long as the pod."""
    context = _map(spec.get("securityContext"))
    group = context.get("fsGroup")
    group = group if isinstance(group, int) else None
    for volume in _maps(spec.get("volumes")):
        name = str(volume["name"])
        if "emptyDir" in volume:
            yield Volume(name, "emptyDir", group=group)
        elif "persistentVolumeClaim" in volume:
            yield Volume(name, "claim", group=group, regroup=context.get("fsGroupChangePolicy") != "OnRootMismatch")
        else:
            kind, called = ("ConfigMap", "name") if "configMap" in volume else ("Secret", "secretName")
            source = _map(volume["configMap" if kind == "ConfigMap" else "secret"])
            files = _files(bundle, kind, source[called])
            items = {str(item["path"]): files[str(item["key"])] for item in _maps(source.get("items"))}
            yield Volume(name, "files", items or files, _number(source.get("defaultMode"), 0o644), group)
    (workload,) = (item for item in bundle if item["kind"] in {"Deployment", "StatefulSet"})
    for claim in _maps(_map(workload["spec"]).get("volumeClaimTemplates")):
        always = context.get("fsGroupChangePolicy") != "OnRootMismatch"
        yield Volume(str(_map(claim["metadata"])["name"]), "claim", group=group, regroup=always)


def _files(bundle: Sequence[Plain], kind: str, name: object) -> dict[str, str]:
    (found,) = (item for item in bundle if item["kind"] == kind and _map(item["metadata"])["name"] == name)
    coded = _map(found.get("data"))
    if kind == "Secret":
        coded = {key: base64.b64decode(str(value)).decode() for key, value in coded.items()}
    return {key: str(value) for key, value in {**coded, **_map(found.get("stringData"))}.items()}


def _effective(spec: Plain, container: Plain, key: str) -> object:
    """Return a field of the container's securityContext, or the pod's (pkg/securitycontext/util.go)."""
    own = _map(container.get("securityContext")).get(key)
    return _map(spec.get("securityContext")).get(key) if own is None else own


def _map(value: object) -> Plain:
    return value if isinstance(value, Mapping) else {}


def _maps(value: object) -> tuple[Plain, ...]:
    return tuple(_map(item) for item in value) if isinstance(value, Sequence) else ()


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, Sequence) else ()


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
