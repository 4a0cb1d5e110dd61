"""Owns pods at the corners of the rules: every listed value once, and the combinations that chance seldom meets.

Each pod is one that the restricted level admits, but for what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

from pss_generator import APP_ARMOR, SECCOMP, SECCOMP_POD, SOURCES, SYSCTLS
from pss_oracle import Case

CAPABILITIES = (
    *("AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN"),
    *("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE"),
    *("LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST"),
    *("NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT"),
    *("SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME"),
    *("SYS_TTY_CONFIG", "WAKE_ALARM", "ALL", "CAP_CHOWN", "chown", "", None),
)
ANNOTATIONS = (
    *("runtime/default", "docker/default", "localhost/", "localhost/x", "localhost", "localhostx", "unconfined"),
    *("Unconfined", "RuntimeDefault", "", None, " runtime/default"),
)
UNCONFINED: tuple[object, ...] = (
    *(None, {"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Unconfined", "localhostProfile": None}),
    *({"type": "Unconfined", "localhostProfile": ""}, {"type": None}, {}),
)


def corners() -> Iterator[Case]:
    """Yield the pods; always the same ones."""
    yield _pod({"containers": [_container(f"c{i}", added=[capability]) for i, capability in enumerate(CAPABILITIES)]})
    yield _pod(
        {
            "securityContext": {
                **_SHARED,
                "sysctls": [{"name": sysctl, "value": "1"} for sysctl in SYSCTLS if isinstance(sysctl, str)],
            }
        }
    )
    for source in (*SOURCES, None):
        yield _pod({"volumes": [{"name": "v"} if source is None else {"name": "v", source: {}}]})
    for first, second in pairwise(SOURCES):
        # The later one first: its place in the manifest must not matter.
        yield _pod({"volumes": [{second: {}, first: {}}]})
    for value in ANNOTATIONS:
        yield _pod({}, {APP_ARMOR + "app": value})
        yield _pod({}, {SECCOMP + "app": value, SECCOMP_POD: value, SECCOMP + "other": "unconfined"})
    yield from _app_armor()
    for network, port in product((True, False), ({}, {"hostPort": 0}, {"hostPort": 9}, {"containerPort": 0})):
        yield from _ports(network=network, port={"containerPort": 80, **port})


def _app_armor() -> Iterator[Case]:
    annotation: dict[str, object] = {APP_ARMOR + "app": "unconfined"}
    for of_pod, of_container, windows, kind in product(
        UNCONFINED, UNCONFINED[:3], (True, False), ("Pod", "Deployment")
    ):
        container = _container("app")
        container["securityContext"] = {**_OWN, "appArmorProfile": of_container}
        spec: dict[str, object] = {
            "securityContext": {**_SHARED, "appArmorProfile": of_pod},
            "containers": [container],
            "os": {"name": "windows" if windows else "linux"},
        }
        yield _pod(spec, annotation, kind=kind)


def _ports(*, network: bool, port: dict[str, object]) -> Iterator[Case]:
    for field, kind in product(("initContainers", "containers", "ephemeralContainers"), ("Pod", "Deployment")):
        yield _pod({"hostNetwork": network, field: [{**_container("app"), "ports": [port]}]}, kind=kind)


_SHARED: dict[str, object] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
_OWN: dict[str, object] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def _container(name: str, added: list[str | None] | None = None) -> dict[str, object]:
    return {"name": name, "securityContext": {**_OWN, "capabilities": {"drop": ["ALL"], "add": added}}}


def _pod(spec: dict[str, object], annotations: dict[str, object] | None = None, *, kind: str = "Pod") -> Case:
    metadata: dict[str, object] = {} if annotations is None else {"annotations": annotations}
    return Case(kind, metadata, {"securityContext": _SHARED, "containers": [_container("app")], **spec})
