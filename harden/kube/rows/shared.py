"""What the rows of several kinds have in common."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.kinds import PodTemplate

TEMPLATE = (PodTemplate(("spec", "template")),)

#: Fields of a pod's spec that fixes may write.
WRITTEN = (
    "automountServiceAccountToken", "hostUsers", "os", "securityContext", "serviceAccountName", "volumes",
)  # fmt: skip

#: What operators confine their containers with.
CONFINED: Mapping[str, object] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def without(*allowed: str) -> tuple[tuple[str, ...], ...]:
    """Return the fields that fixes may write but for these: the schema has no others."""
    return tuple((field,) for field in WRITTEN if field not in allowed)


def since(release: str, *fields: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return fields of a pod that a schema has only from a release on."""
    return tuple(((field,), release) for field in fields or ("hostUsers",))


def at(*paths: str) -> tuple[PodTemplate, ...]:
    """Return plain pod templates at dotted paths."""
    return tuple(PodTemplate(tuple(path.split("."))) for path in paths)
