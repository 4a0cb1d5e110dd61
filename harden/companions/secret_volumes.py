"""The volume by which a pod gets the files of a Secret: one for each Secret and workload, with the used keys.

Files of such a volume belong to root, whoever runs: the kubelet writes them, and gives them to `fsGroup` where there is
one (kubernetes v1.36, pkg/volume/secret/secret.go, SetUpAt; pkg/volume/volume_linux.go, SetVolumeOwnership, which adds
0440). So 0400 is for root alone, 0440 for the group, and without a group every user of the container has to read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.model.finding import AppendItem, Change
from harden.model.kube import Container, Workload, dig
from harden.model.text import Path, Plain

#: Where Secrets are mounted, each in a folder of its own name.
ROOT = "/run/secrets"
_GROUP, _ALL = 0o440, 0o444
_LONGEST = 63
#: Folders in which a new mount would cover or be covered, if something is mounted there.
_TAKEN = ("/run/secrets", "/var/run/secrets")


def folder(secret: str) -> str:
    """Return the folder that a Secret is mounted to."""
    return f"{ROOT}/{secret}"


def in_the_way(container: Container, secret: str) -> str | None:
    """Return the mount that keeps a Secret from its folder, None where nothing does."""
    mine = _volume_name(secret)
    mounts = container.get("volumeMounts")
    for mount in mounts if isinstance(mounts, list) else ():
        path = dig(mount, "mountPath")
        if isinstance(path, str) and dig(mount, "name") != mine:
            bare = path.rstrip("/")
            if bare in {*_TAKEN, *(f"{root}/{secret}" for root in _TAKEN)}:
                return bare
    return None


class Volume:
    """The volume of a Secret in a workload, as it is and as it is to be."""

    def __init__(self, workload: Workload, secret: str) -> None:
        self._workload = workload
        self._secret = secret
        self._items: dict[str, str] = {}
        self._containers: dict[Path, Container] = {}
        self._optional = False
        self._at, self._held = self._existing()

    def add(self, container: Container, key: str, file: str | None, *, optional: bool) -> str:
        """Ask for a key as a file in a container; return the file's path."""
        name = file or key
        self._items.setdefault(name, key)
        self._containers.setdefault(container.path, container)
        self._optional = self._optional or optional
        return f"{folder(self._secret)}/{name}"

    def has(self, container: Container, key: str) -> bool:
        """Return whether the container has this key as a file already."""
        return self._held.get(key) == key and self._is_mounted(container)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what is missing of the volume and its mounts."""
        return (*self._volume(), *self._mounts())

    def _existing(self) -> tuple[int | None, Mapping[str, str]]:
        volumes = self._workload.get("volumes")
        for at, volume in enumerate(volumes if isinstance(volumes, list) else ()):
            items = dig(volume, "secret", "items")
            is_mine = dig(volume, "name") == _volume_name(self._secret)
            if is_mine and dig(volume, "secret", "secretName") == self._secret and isinstance(items, list):
                return at, {str(dig(item, "path")): str(dig(item, "key")) for item in items}
        return None, {}

    def _volume(self) -> Iterator[Change]:
        pod = self._workload.pod
        missing: list[Plain] = [
            {"key": key, "path": name} for name, key in sorted(self._items.items()) if self._held.get(name) != key
        ]
        if self._at is not None:
            for item in missing:
                yield AppendItem((*pod, "volumes", self._at, "secret", "items"), item)
            return
        group = self._workload.get("securityContext", "fsGroup")
        mode = _GROUP if isinstance(group, int) else _ALL
        source: dict[str, Plain] = {"secretName": self._secret, "defaultMode": mode, "items": missing}
        if self._optional:
            source["optional"] = True
        yield AppendItem((*pod, "volumes"), {"name": _volume_name(self._secret), "secret": source})

    def _mounts(self) -> Iterator[Change]:
        for container in self._containers.values():
            if not self._is_mounted(container):
                mount: dict[str, Plain] = {
                    "name": _volume_name(self._secret),
                    "mountPath": folder(self._secret),
                    "readOnly": True,
                }
                yield AppendItem((*container.path, "volumeMounts"), mount)

    def _is_mounted(self, container: Container) -> bool:
        mounts = container.get("volumeMounts")
        return self._at is not None and any(
            dig(mount, "name") == _volume_name(self._secret) and dig(mount, "mountPath") == folder(self._secret)
            for mount in (mounts if isinstance(mounts, list) else ())
        )


def is_free(workload: Workload, secret: str) -> bool:
    """Return whether no other volume of the pod has the name that this Secret's would have."""
    volumes = workload.get("volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        if dig(volume, "name") == _volume_name(secret):
            return dig(volume, "secret", "secretName") == secret and isinstance(dig(volume, "secret", "items"), list)
    return True


def _volume_name(secret: str) -> str:
    """Return a volume's name (a label: RFC 1123) for a Secret, whose name may have dots."""
    return re.sub(r"[^a-z0-9-]", "-", f"secret-{secret}")[:_LONGEST].rstrip("-")
