"""Says where new keys of a pod or container stand, as a careful person would write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
#: A new key goes before the first of these siblings, else to the end of its mapping. People write the pod's
#: securityContext just before the containers; a container has no such sibling, so there it comes last.
_BEFORE: dict[str, tuple[str, ...]] = {
    "os": ("nodeSelector", "securityContext", *_CONTAINERS),
    "securityContext": _CONTAINERS,
    "serviceAccountName": ("securityContext", *_CONTAINERS),
}
#: The order of new keys among themselves above a securityContext, and inside of one.
_FIRST = ("os", "serviceAccountName", "automountServiceAccountToken")
_INSIDE = (
    "runAsNonRoot",
    "runAsUser",
    "runAsGroup",
    "fsGroup",
    "fsGroupChangePolicy",
    "allowPrivilegeEscalation",
    "privileged",
    "readOnlyRootFilesystem",
    "capabilities",
    "seccompProfile",
)


def before(fields: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the siblings that new keys go before; `fields` are those that controls judge (`spec.hostUsers`)."""
    return dict.fromkeys(_of_pod(fields), ("securityContext", *_CONTAINERS)) | _BEFORE


def order(fields: Iterable[str]) -> tuple[str, ...]:
    """Return the order of new keys among themselves; a key that it lacks comes last."""
    others = [name for name in _of_pod(fields) if name not in _FIRST]
    return (*_FIRST, *others, *_INSIDE)


def _of_pod(fields: Iterable[str]) -> list[str]:
    """Return the keys of the pod's own spec among these fields, sorted."""
    return sorted({found[1] for field in fields if (found := re.fullmatch(r"spec\.(\w+)", field))})
