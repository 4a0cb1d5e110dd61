"""What a pod mounts, and the emptyDirs that a container is given: names, mounts, no collisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from harden.controls._pods import names_of
from harden.model.finding import AppendItem, Change
from harden.model.kube import Container, Workload, dig
from harden.model.plain import as_list, as_word
from harden.model.record import Record
from harden.model.text import Plain

#: Folders that are links to others in the images of every big distribution (Filesystem Hierarchy Standard 3.0, 5.13).
_LINKS = (("/var/run", "/run"), ("/var/lock", "/run/lock"))
_LONGEST = 63
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Storage(Enum):
    """What stands behind a mount, as far as the owner of its files is concerned."""

    DATA = "data"  # the kubelet gives the files to the fsGroup
    SCRATCH = "scratch"  # an emptyDir: open to every user
    FILES = "files"  # configMap, secret, projected, downwardAPI: read-only; the kubelet gives them to the fsGroup
    FIXED = "fixed"  # hostPath, NFS and others: the owner stays what it is
    UNKNOWN = "unknown"


class Mount(Record):
    """A mount of a container: where, what is behind it, and whether it can be written; `volume` is its name.

    `of_node` says that it is a folder of the node.
    """

    path: str
    volume: str
    storage: Storage
    read_only: bool
    source: Mapping[str, object]
    of_node: bool = False


def mounts(workload: Workload, container: Container) -> tuple[Mount, ...]:
    """Return the mounts of a container, block devices left out."""
    volumes = _volumes(workload)
    return tuple(_mount(workload, volumes, data) for data in _mappings(container.get("volumeMounts")))


def mounted_empty_dirs(workload: Workload, container: Container) -> Iterator[Mapping[str, object]]:
    """Yield each emptyDir that a container mounts, once, as it is written."""
    names = names_of(container.get("volumeMounts"))
    for volume in as_list(workload.get("volumes")):
        folder = dig(volume, "emptyDir")
        if isinstance(folder, dict) and not names_of([volume]).isdisjoint(names):
            yield folder


def clean(path: str) -> str:
    """Return a path without a slash at its end, well-known links followed."""
    plain = _plain(path)
    for link, target in _LINKS:
        if plain == link or plain.startswith(link + "/"):
            return target + plain[len(link) :]
    return plain


def covers(mounted: str, path: str) -> bool:
    """Return whether `path` lies in what is mounted at `mounted`, or is the same place, by its name or by a link."""
    return any(
        above in {below, "/"} or below.startswith(above + "/")
        for above, below in ((_plain(mounted), _plain(path)), (clean(mounted), clean(path)))
    )


def _plain(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part not in {"", "."})


def uncovered(workload: Workload, container: Container, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of `paths` that lie in no mount of the container; none lies in another one that is returned."""
    held = [mount.path for mount in mounts(workload, container)]
    found: list[str] = []
    for path in sorted(dict.fromkeys(paths), key=lambda each: (clean(each).count("/"), each)):
        if not any(covers(above, path) for above in (*held, *found)):
            found.append(path)
    return tuple(found)


def empty_dirs(
    workload: Workload, container: Container, paths: Iterable[str], known: tuple[str, ...]
) -> tuple[Change, ...]:
    """Return the changes that put an emptyDir at each of `paths` that no mount holds; `known`: see `volume_name`."""
    changes: list[Change] = []
    for path in uncovered(workload, container, paths):
        name = volume_name(workload, container, path, known)
        changes.append(AppendItem((*container.path, "volumeMounts"), {"name": name, "mountPath": path}))
        changes.append(AppendItem((*workload.pod, "volumes"), {"name": name, "emptyDir": {}}))
    return tuple(changes)


def volume_name(workload: Workload, container: Container, path: str, known: tuple[str, ...]) -> str:
    """Return the name of the volume for `path`: the same from every control, a DNS label, and free in the pod.

    Containers do not share these folders, as they did not share the root file system that they take the place of, nor
    do two folders of one container. `known` are all that may get one, whichever control asks.
    """
    names = [each.name for each in workload.containers if each.field != "ephemeralContainers"]
    words = path if len(names) == 1 else f"{container.name} {path}"
    name = _slug(words) or "root"
    rivals = sorted(other for other in {*known, path} if _slug(other) == _slug(path))
    # Of containers `web` and `web-cache`, /cache/x of the one and /x of the other would have one name.
    alike = any(other.startswith(f"{container.name}-") and name.startswith(f"{other}-") for other in names)
    if len(name) > _LONGEST - 3 or rivals[0] != path or alike:
        name = f"{name[: _LONGEST - 12].rstrip('-')}-{_mark(words)}"
    taken = set(_volumes(workload)) | _claimed(workload)
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)


def _slug(words: str) -> str:
    spaced = "".join(each if each in _NAME_CHARACTERS else " " for each in words.lower())
    return "-".join(spaced.split())


def needs_group_to_read(mount: Mount) -> bool:
    """Return whether files of a configMap, secret or projection can be read by their owner, root, only.

    Source: kubernetes, pkg/volume/util/atomic_writer.go and pkg/volume/volume_linux.go: the files belong to root, and
    the fsGroup may read them.
    """
    if mount.storage is not Storage.FILES:
        return False
    modes = [_mode(mount.source.get("defaultMode"))]
    modes += [_mode(item.get("mode")) for item in _mappings(mount.source.get("items"))]
    return any(mode is not None and not mode & 0o004 for mode in modes)


def _mode(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mount(workload: Workload, volumes: Mapping[str, Mapping[str, object]], data: Mapping[str, object]) -> Mount:
    path, name = as_word(data.get("mountPath")), as_word(data.get("name"))
    volume = volumes.get(name)
    if volume is None:
        # A StatefulSet's mount of no volume of the pod is one of its volumeClaimTemplates.
        storage = Storage.DATA if workload.kind == "StatefulSet" else Storage.UNKNOWN
        return Mount(path, name, storage, data.get("readOnly") is True, {})
    storage, source = _storage(volume)
    read_only = data.get("readOnly") is True or source.get("readOnly") is True or storage is Storage.FILES
    return Mount(path, name, storage, read_only, source, volume.get("hostPath") is not None)


def _storage(volume: Mapping[str, object]) -> tuple[Storage, Mapping[str, object]]:
    """Return what a volume is; source: kubernetes, pkg/volume/*, which of them support ownership by group."""
    kinds = {
        "persistentVolumeClaim": Storage.DATA,
        "ephemeral": Storage.DATA,
        "emptyDir": Storage.SCRATCH,
        "configMap": Storage.FILES,
        "secret": Storage.FILES,
        "projected": Storage.FILES,
        "downwardAPI": Storage.FILES,
        "image": Storage.FILES,
        "csi": Storage.UNKNOWN,
    }
    for kind, source in volume.items():
        if kind != "name" and source is not None:
            return kinds.get(kind, Storage.FIXED), source if isinstance(source, dict) else {}
    return Storage.SCRATCH, {}


def _volumes(workload: Workload) -> dict[str, Mapping[str, object]]:
    return {as_word(volume.get("name")): volume for volume in _mappings(workload.get("volumes"))}


def _claimed(workload: Workload) -> set[str]:
    return {
        as_word(data.get("name"))
        for container in workload.containers
        for data in _mappings(container.get("volumeMounts"))
    } | {
        as_word(data.get("name"))
        for container in workload.containers
        for data in _mappings(container.get("volumeDevices"))
    }


def _mappings(value: object) -> Iterator[dict[str, Plain]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _mark(text: str) -> str:
    """Return eight characters that stand for a name too long to be written out (FNV-1a, 32 bits)."""
    mark = 0x811C9DC5
    for byte in text.encode("utf-8"):
        mark = ((mark ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{mark:08x}"
