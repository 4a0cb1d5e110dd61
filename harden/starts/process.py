"""Says what the kubelet and the runtime make of the security settings: user, groups, capabilities, and what is locked.

A container's own settings come before its pod's (kubernetes, pkg/securitycontext/util.go,
DetermineEffectiveSecurityContext).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harden.model.plain import is_number
from harden.model.record import Record
from harden.starts.reader import Container, Pod

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: The capabilities that a container has by default (containerd, pkg/oci/spec.go, defaultUnixCaps). CRI-O gives nine of
#: them (pkg/config, DefaultCapabilities): what needs one of the others did not start there before either.
DEFAULT_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
#: All that Linux has (capabilities(7)).
ALL_CAPABILITIES = DEFAULT_CAPABILITIES | frozenset(
    (
        *("AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK"),
        *("IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST"),
        *("PERFMON", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE"),
        *("SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM"),
    )
)


class Process(Record):
    """The first process of a container.

    `uid` is None where its number is not known, `root` None where it is not known whether that is 0. `own_user` says
    that it is the user of the image itself. `groups` are those that are known. `bounding` is the bounding set: that of
    a process as root is its effective set too, any other user has none until a file gives one. `reduced` says that it
    lacks one that containers have by default. `locked` is no_new_privs.
    """

    uid: int | None
    root: bool | None
    own_user: bool
    groups: frozenset[int]
    bounding: frozenset[str]
    reduced: bool
    locked: bool
    read_only: bool
    non_root: bool
    user_set: bool

    @property
    def effective(self) -> frozenset[str]:
        """Return what a process of this user may do at once: root all of its bounding set, others nothing.

        Runtimes set no ambient capabilities for another user (kubernetes, KEP-2763, which is not done).
        """
        return self.bounding if self.root is not False else frozenset()


class ImageUser(Record):
    """The USER of an image: its number and group where they are known; `name` where it is none, None where unknown.

    Where it is known without number and name, it is some number other than 0.
    """

    uid: int | None
    gid: int | None
    name: str | None
    known: bool


def image_user(facts: ImageFacts | None) -> ImageUser:
    """Return the user that an image has itself; one without USER starts as root (OCI image-spec, config.md, User)."""
    if facts is None or facts.default_user is None:
        return ImageUser(None, None, None, known=False)
    if facts.is_some_number:
        return ImageUser(None, None, None, known=True)
    user, _, group = facts.default_user.partition(":")
    gid = int(group) if is_number(group) else None
    if user in {"", "root"}:
        return ImageUser(0, 0 if gid is None else gid, None, known=True)
    if is_number(user):
        uid = int(user)
        return ImageUser(uid, facts.gid if gid is None and facts.uid == uid else gid, None, known=True)
    named = facts.user_name == user or facts.user_name is None
    return ImageUser(facts.uid if named else None, facts.gid if named and gid is None else gid, user, known=True)


def process_of(pod: Pod, container: Container, facts: ImageFacts | None) -> Process:
    """Return the first process of a container.

    Sources: kubernetes, pkg/kubelet/kuberuntime/security_context.go, determineEffectiveSecurityContext (the image's
    user where the manifest names none); containerd, internal/cri/server/container_create.go, and CRI-O,
    internal/factory/container: a user without a group has the one of the image's /etc/passwd, else 0;
    `allowPrivilegeEscalation: false` is no_new_privs (pkg/securitycontext/util.go, AddNoNewPrivileges).
    """
    own = image_user(facts)
    wanted = container.user if container.user is not None else pod.user
    uid = own.uid if wanted is None else wanted
    same = wanted is None or (own.known and wanted == own.uid)
    non_root = container.non_root if container.non_root is not None else pod.non_root
    # Where the kubelet asks for another user than root, what starts is none, whoever it is.
    root = (None if not own.known and non_root is not True else False) if uid is None else uid == 0
    bounding = bounding_set(container)
    return Process(
        uid=uid,
        root=root,
        own_user=same,
        groups=_groups(pod, container, facts, uid, own),
        bounding=bounding,
        reduced=not bounding >= DEFAULT_CAPABILITIES,
        locked=container.escalation is False and not container.privileged,
        read_only=container.read_only,
        non_root=non_root is True,
        user_set=wanted is not None,
    )


def _groups(
    pod: Pod, container: Container, facts: ImageFacts | None, uid: int | None, own: ImageUser
) -> frozenset[int]:
    wanted = container.group if container.group is not None else pod.group
    found: list[int | None] = [wanted, pod.fs_group, *pod.groups]
    if wanted is None:
        in_passwd = facts.gid if facts is not None and facts.uid is not None and facts.uid == uid else None
        found.append(own.gid if uid == own.uid and own.gid is not None else in_passwd)
    return frozenset(gid for gid in found if gid is not None)


def bounding_set(container: Container) -> frozenset[str]:
    """Return the bounding set of a container.

    Source: containerd, internal/cri/opts (WithCapabilities): ALL in `add` gives everything, then ALL in `drop` takes
    everything, then the rest of `add` is given, and the rest of `drop` is taken. A privileged container has all.
    """
    if container.privileged:
        return ALL_CAPABILITIES
    start = ALL_CAPABILITIES if "ALL" in container.added else DEFAULT_CAPABILITIES
    if "ALL" in container.dropped:
        start = frozenset()
    return (start | _without_all(container.added)) - _without_all(container.dropped)


def _without_all(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in names if name != "ALL")
