"""Reads what containers are given: their environment and mounted texts, with ConfigMaps resolved as far as they show.

Values go no further than the search that asks for them: `place` and `key` name them for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.model.kube import Container, Resource, Workload, dig
from harden.model.plain import as_list, as_word
from harden.model.record import Record
from harden.model.text import Path

#: Folders that every user may write to in images that have them (Filesystem Hierarchy Standard 3.0, 3.18 and 5.15).
OPEN_TO_ALL = frozenset({"/tmp", "/var/tmp", "/dev/shm"})  # noqa: S108 - folders in a container


def untagged(image: str) -> str:
    """Return an image without tag and digest; the colon of a registry's port stands before a slash."""
    folder, slash, last = image.partition("@")[0].rpartition("/")
    return folder + slash + last.partition(":")[0]


class Given(Record):
    """A text that a container is given.

    `key` is the variable's name, or the key of a mounted ConfigMap; `value` is None where it comes from elsewhere.
    `path` is its place in the document of `resource`, which is None for the workload itself. `is_field` says that the
    value is a field of the pod itself (the downward API).
    """

    key: str
    value: str | None
    path: Path
    resource: Resource | None = None
    is_field: bool = False


class Brought(Record):
    """A ConfigMap or Secret that a volume brings in; `name` is None where no text names it.

    `keys` are those that it is asked for, "" for what is no text, and None for all of them.
    """

    kind: str
    name: str | None
    keys: tuple[str, ...] | None
    optional: bool


def brought(volume: object) -> Iterator[Brought]:
    """Yield the ConfigMaps and Secrets that a volume brings in, by itself or projected."""
    for source in (volume, *as_list(dig(volume, "projected", "sources"))):
        for kind, field, called in (
            ("ConfigMap", "configMap", "name"),
            ("Secret", "secret", "secretName" if source is volume else "name"),
        ):
            reference = dig(source, field)
            if isinstance(reference, Mapping):
                items = [dig(item, "key") for item in as_list(reference.get("items"))]
                keys = tuple(key if isinstance(key, str) else "" for key in items) if items else None
                name = reference.get(called)
                yield Brought(kind, name if isinstance(name, str) else None, keys, reference.get("optional") is True)


class ConfigMaps:
    """The ConfigMaps of a bundle by namespace and name."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._all: dict[tuple[str, str], Resource] = {}
        for each in resources:
            if (each.api_version, each.kind) == ("v1", "ConfigMap"):
                self._all.setdefault((each.effective_namespace, each.name), each)

    def environment(self, workload: Workload, container: Container) -> Iterator[Given]:
        """Yield the variables of a container, in the order of the manifest; those of `envFrom` as far as they show."""
        for at, variable in enumerate(as_list(container.get("env"))):
            name, value = dig(variable, "name"), dig(variable, "value")
            if not isinstance(name, str):
                continue
            reference = dig(variable, "valueFrom", "configMapKeyRef")
            is_field = dig(variable, "valueFrom", "fieldRef") is not None
            own = Given(name, value if isinstance(value, str) else None, (*container.path, "env", at), None, is_field)
            found = next(self._entries(workload, dig(reference, "name"), (dig(reference, "key"),)), None)
            yield own if found is None else found._replace(key=name)
        for source in as_list(container.get("envFrom")):
            yield from self._entries(workload, dig(source, "configMapRef", "name"), None)

    def mounted(self, workload: Workload) -> Iterator[Given]:
        """Yield the texts of the ConfigMaps that the pod's volumes bring in."""
        for volume in as_list(workload.get("volumes")):
            yield from self._in_volume(workload, volume)

    def mounted_in(self, workload: Workload, container: Container) -> Iterator[Given]:
        """Yield the texts of the ConfigMaps that a container mounts."""
        names = {as_word(dig(mount, "name")) for mount in as_list(container.get("volumeMounts"))} - {""}
        for volume in as_list(workload.get("volumes")):
            if as_word(dig(volume, "name")) in names:
                yield from self._in_volume(workload, volume)

    def _in_volume(self, workload: Workload, volume: object) -> Iterator[Given]:
        for each in brought(volume):
            if each.kind == "ConfigMap":
                yield from self._entries(workload, each.name, each.keys)

    def _entries(self, workload: Workload, name: object, keys: tuple[object, ...] | None) -> Iterator[Given]:
        each = self._all.get((workload.effective_namespace, name)) if isinstance(name, str) else None
        data = None if each is None else each.data.get("data")
        if each is None or not isinstance(data, Mapping):
            return
        for key, value in data.items():
            if isinstance(key, str) and isinstance(value, str) and (keys is None or key in keys):
                yield Given(key, value, (*each.path, "data", key), each)


#: For pods that nobody knows the neighbours of.
NO_CONFIG_MAPS = ConfigMaps(())


def is_sidecar(container: Container) -> bool:
    """Return whether an init container goes on running beside the others (KEP-753)."""
    return container.field == "initContainers" and container.get("restartPolicy") == "Always"


def stays(container: Container) -> bool:
    """Return whether a container stays up beside the others, so that somebody can connect to it."""
    return container.field == "containers" or is_sidecar(container)


#: Last parts of images that do not tell which program it is.
_NAMELESS = frozenset({"agent", "app", "controller", "core", "image", "main", "operator", "server"})


def spoken_image(image: str) -> str:
    """Return an image without registry, folders and digest: `postgres:15-alpine`.

    The folder stays where the rest does not tell which program it is: `vaultwarden/server`.
    """
    *folders, last = image.partition("@")[0].split("/")
    says_nothing = last.partition(":")[0] in _NAMELESS
    # The first part is a registry where it has a dot or a port (distribution/reference, splitDockerDomain).
    return f"{folders[-1]}/{last}" if says_nothing and folders and not {".", ":"} & set(folders[-1]) else last
