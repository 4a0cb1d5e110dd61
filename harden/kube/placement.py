"""Owns where new keys of a pod or container stand, as a careful person would write them."""

from __future__ import annotations

#: A new key goes before the first of these siblings, else to the end of its mapping. People write the pod's
#: securityContext just before the containers; a container has no such sibling, so there it comes last.
BEFORE: dict[str, tuple[str, ...]] = {
    "automountServiceAccountToken": ("securityContext", "initContainers", "containers", "ephemeralContainers"),
    "os": ("nodeSelector", "securityContext", "initContainers", "containers", "ephemeralContainers"),
    "securityContext": ("initContainers", "containers", "ephemeralContainers"),
    "serviceAccountName": ("securityContext", "initContainers", "containers", "ephemeralContainers"),
}

#: The order of new keys among themselves inside a securityContext, and above it.
ORDER: tuple[str, ...] = (
    "os",
    "serviceAccountName",
    "automountServiceAccountToken",
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
