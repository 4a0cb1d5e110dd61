"""Owns what several controls have to know of a pod before they can judge it."""

from __future__ import annotations

from harden.model.kube import Container, Version, Workload

#: From this version on the official checks know `spec.os.name` and relax for Windows pods.
WINDOWS_KNOWN: Version = (1, 25)

#: Why a Linux-only field is not written where an old version of a check still asks for it.
NOT_ON_WINDOWS = "a Windows pod must not set it; the check exempts Windows pods from 1.25"

#: From this version on the official checks relax for pods in a user namespace.
USER_NAMESPACES_KNOWN: Version = (1, 35)


def is_windows(workload: Workload) -> bool:
    """Return whether the pod says that it runs on Windows, where the API server forbids the Linux-only fields.

    Source: kubernetes, pkg/apis/core/validation, validateWindows.
    """
    return workload.get("os", "name") == "windows"


def in_user_namespace(workload: Workload) -> bool:
    """Return whether the pod asks for a user namespace of its own (`hostUsers: false`, KEP-127)."""
    return workload.get("hostUsers") is False


def user_of(workload: Workload, container: Container) -> object:
    """Return the `runAsUser` that holds for `container`: its own, else the pod's, else None."""
    own = container.get("securityContext", "runAsUser")
    return workload.get("securityContext", "runAsUser") if own is None else own


def is_number(value: object) -> bool:
    """Return whether `value` is a number; YAML's booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_root(user: object) -> bool:
    """Return whether `user` is uid 0."""
    return is_number(user) and user == 0


def is_plain_user(user: object) -> bool:
    """Return whether `user` is a numeric uid other than 0."""
    return is_number(user) and user != 0


def annotations_of(workload: Workload) -> dict[str, str]:
    """Return the annotations of the pod; null reads as "", and what is no string (so refused anyway) is left out."""
    found = workload.metadata.get("annotations")
    if not isinstance(found, dict):
        return {}
    texts = {key: "" if value is None else value for key, value in found.items()}
    return {key: value for key, value in texts.items() if isinstance(key, str) and isinstance(value, str)}


def environment(container: Container) -> list[dict[str, object]]:
    """Return the variables of a container as written."""
    found = container.get("env")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def quoted(names: list[str]) -> str:
    """Return `names` as people read a list of them: `"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
