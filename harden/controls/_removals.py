"""The changes that more than one control needs, so that the same cause is always taken away by the same change.

The API server refuses some pairs of fields. A fix that writes one half of such a pair carries the change that takes
away the other half, and the pipeline merges equal changes: an invalid pair cannot come out, whichever fixes are
chosen.
"""

from __future__ import annotations

from harden.controls._images import facts_of
from harden.controls._pods import host_process_places, is_windows
from harden.controls._registry import Context
from harden.model.finding import Change, Level, RemoveField, SetField
from harden.model.kube import Container, Workload, dig
from harden.model.text import Path

_DEFAULT = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
)
#: What `capabilities.add` may hold. Source: policy/check_capabilities_baseline.go and check_capabilities_restricted.go.
BASELINE_CAPABILITIES = frozenset(_DEFAULT.split())
RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})


def asks_to_drop_all(context: Context) -> bool:
    """Return whether the restricted form of the capabilities check holds (level restricted, from 1.22)."""
    return context.level is Level.RESTRICTED and context.version >= (1, 22)


def allowed_capabilities(context: Context) -> frozenset[str]:
    """Return the names that `capabilities.add` may hold."""
    return RESTRICTED_CAPABILITIES if asks_to_drop_all(context) else BASELINE_CAPABILITIES


def plain_name(capability: str) -> str:
    """Return `capability` as the Pod Security Standards spell it: capitals, no CAP_ in front."""
    return capability.upper().removeprefix("CAP_")


def added(container: Container) -> list[tuple[int, str]]:
    """Return what `capabilities.add` holds, each with its 0-based index; a null item reads as ""."""
    found = container.get("securityContext", "capabilities", "add")
    if not isinstance(found, list):
        return []
    names = ["" if name is None else name for name in found]
    return [(index, name) for index, name in enumerate(names) if isinstance(name, str)]


def forbidden_capabilities(container: Container, context: Context) -> list[tuple[int, str]]:
    """Return the items of `capabilities.add` that no spelling makes legal, each with its 0-based index."""
    allowed = allowed_capabilities(context)
    return [(index, name) for index, name in added(container) if plain_name(name) not in allowed]


def remove_capabilities(container: Container, context: Context) -> tuple[Change, ...]:
    """Return the changes that take the forbidden items out of `capabilities.add`, which goes when it would be empty."""
    path = (*container.path, "securityContext", "capabilities", "add")
    found = container.get("securityContext", "capabilities", "add")
    forbidden = forbidden_capabilities(container, context)
    # The list stays where another fix adds to it: one that goes and one that comes do not agree.
    if isinstance(found, list) and len(forbidden) == len(found) and not kept_capabilities(container, context):
        return (RemoveField(path, " ".join(name for _, name in forbidden)),)
    return tuple(RemoveField((*path, index), name) for index, name in forbidden)


def kept_capabilities(container: Container, context: Context) -> tuple[str, ...]:
    """Return what `add` still lacks of the capabilities that the image's program has as file capabilities, if legal.

    Without them in the bounding set the kernel does not start the program (security/commoncap.c).
    """
    facts = facts_of(container, context)
    if facts is None or not facts.file_caps or "ALL" in _dropped(container):
        return ()
    present = {plain_name(name) for _, name in added(container)}
    return tuple(name for name in facts.file_caps if name in allowed_capabilities(context) and name not in present)


def _dropped(container: Container) -> list[object]:
    found = container.get("securityContext", "capabilities", "drop")
    return list(found) if isinstance(found, list) else []


def remove_privileged(workload: Workload, container: Container) -> tuple[Change, ...]:
    """Return the changes that end `privileged: true`; a Windows pod must not have the field at all.

    Bidirectional mounts go with it. Source: kubernetes, pkg/apis/core/validation/validation.go,
    validateMountPropagation ("available only to privileged containers").
    """
    path = (*container.path, "securityContext", "privileged")
    change: Change = RemoveField(path) if is_windows(workload) else SetField(path, value=False)
    return (change, *(RemoveField(place, "Bidirectional") for place in bidirectional_mounts(container)))


def bidirectional_mounts(container: Container) -> tuple[Path, ...]:
    """Return the paths of `mountPropagation: Bidirectional` among the mounts of a container."""
    found = container.get("volumeMounts")
    mounts = found if isinstance(found, list) else []
    key = "mountPropagation"
    return tuple(
        (*container.path, "volumeMounts", index, key)
        for index, mount in enumerate(mounts)
        if dig(mount, key) == "Bidirectional"
    )


def host_processes(workload: Workload) -> tuple[Change, ...]:
    """Return the changes that end every `windowsOptions.hostProcess: true` of the pod and its containers."""
    return tuple(SetField(place, value=False) for place in host_process_places(workload))
