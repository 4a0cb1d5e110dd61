"""Finds what the API server, the kubelet and the node must take before a container is made."""

from __future__ import annotations

from harden.model.start import Topic
from harden.starts.case import Case, Statements, doubt, no, yes

#: What every kubelet lets a pod set (kubernetes, pkg/kubelet/sysctl/safe_sysctls.go, and the versions there).
_SAFE = frozenset(
    (
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"),
        *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout"),
        *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time"),
        *("net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem"),
    )
)


def check(case: Case) -> Statements:
    """Yield what refuses a container, or depends on its node."""
    yield from _strange(case)
    yield from _privileged(case)
    yield from _sysctls(case)
    if case.pod.host_users is False:
        # KEP-127; containerd from 2.0, CRI-O from 1.25; idmapped mounts are a matter of each file system.
        yield doubt(Topic.PLATFORM, "hostUsers: false needs a runtime, a kernel and volumes that know user namespaces")
    profile = case.container.profile or case.pod.profile
    if profile == "Localhost":
        yield doubt(Topic.PLATFORM, "whether the seccomp profile is on the node is not known")


def _strange(case: Case) -> Statements:
    """Yield the fields that have another type than the API's: a placeholder that is filled in later, or a mistake."""
    for field in (*case.pod.strange, *case.container.strange):
        yield doubt(Topic.MANIFEST, f"{field} is no value that Kubernetes reads")


def _privileged(case: Case) -> Statements:
    """Yield what validation ties to `privileged`.

    Source: kubernetes, pkg/apis/core/validation/validation.go, ValidateSecurityContext and validateMountPropagation.
    """
    container = case.container
    refused = "the API server refuses allowPrivilegeEscalation: false"
    if container.privileged and container.escalation is False:
        yield no(Topic.MANIFEST, f"{refused} beside privileged: true")
    elif container.escalation is False and "SYS_ADMIN" in container.added:
        yield no(Topic.MANIFEST, f"{refused} beside the capability SYS_ADMIN")
    if not container.privileged and any(mount.propagation == "Bidirectional" for mount in container.mounts):
        yield no(Topic.MANIFEST, "the API server refuses mountPropagation: Bidirectional without privileged: true")


def _sysctls(case: Case) -> Statements:
    """Yield what the kubelet says to sysctls: none of the network's with hostNetwork, none that is not allowed.

    Source: kubernetes, pkg/kubelet/sysctl/allowlist.go, validateSysctl ("not allowed with host net enabled").
    """
    for name in case.pod.sysctls:
        if case.pod.host_network and name.startswith("net."):
            yield no(Topic.PLATFORM, f"the kubelet refuses sysctl {name} with hostNetwork")
        elif name not in _SAFE:
            yield doubt(Topic.PLATFORM, f"whether the node's kubelet allows sysctl {name} is not known")


def shipped(case: Case) -> Statements:
    """Yield that nothing is known of an image, or that it runs as its authors ship it."""
    if case.container.image is None:
        yield doubt(Topic.IMAGE, "the manifest names no image")
    elif case.facts is None:
        yield doubt(Topic.IMAGE, f"nothing is known of {case.container.image}{case.looks}")
    elif case.program.own and case.process.own_user:
        yield yes(Topic.USER, f"{case.image} runs as the user that its authors ship it with")
