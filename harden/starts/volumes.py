"""Judges whether the user of a container may use what is mounted: who owns volumes, and what fsGroup does to them."""

from __future__ import annotations

from collections.abc import Iterator

from harden.model.start import Topic
from harden.starts.case import Case, Statements, case_of, doubt, yes
from harden.starts.commands import changes_owners
from harden.starts.neighbours import Storage
from harden.starts.places import within
from harden.starts.reader import Container, Mount, Volume, mapping, mappings, texts
from harden.starts.settings import mounted_texts

#: Volumes whose files the kubelet writes itself.
_FILES = frozenset({"configMap", "downwardAPI", "projected", "secret"})
#: Volumes in which the kubelet sets no owners: their plugins have no call of SetVolumeOwnership, or say that they
#: support none (kubernetes, pkg/volume/nfs, hostpath, cephfs, glusterfs: Attributes.Managed is false).
_KEPT = frozenset({"cephfs", "glusterfs", "hostPath", "nfs", "azureFile", "quobyte"})
#: Words in the name of a provisioner whose volumes are shared folders, not disks.
_SHARED_WORDS = ("azurefile", "azure-file", "cephfs", "cifs", "efs", "filestore", "nfs", "smb", "file.csi")
_ONCE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})


def check(case: Case) -> Statements:
    """Yield whether a user other than root gets at each mount.

    Files of root are what an unmodified image finds, too: where the image's authors ship it with a user of its own, an
    empty volume of root stops it as well.
    """
    if case.process.root is not False:
        yield from _root(case)
        return
    for mount in case.container.mounts:
        yield from _mounted(case, mount)
    for name in case.container.devices:
        # A block device belongs to root, unless device_ownership_from_security_context is set on the node (containerd
        # and CRI-O).
        yield doubt(Topic.OWNERS, f'whether user {_user(case)} may use the block device "{name}" depends on the node')


def _root(case: Case) -> Statements:
    """Yield what root cannot open without CAP_DAC_OVERRIDE: files of others that are closed (capabilities(7))."""
    if case.process.root is None or "DAC_OVERRIDE" in case.process.bounding:
        return
    for mount in case.container.mounts:
        volume = case.pod.volumes.get(mount.volume)
        if volume is not None and volume.kind in _KEPT:
            yield doubt(
                Topic.OWNERS, f'files of others in volume "{mount.volume}" are closed to root without DAC_OVERRIDE'
            )


def _user(case: Case) -> str:
    return str(case.process.uid) if case.process.uid is not None else "of the image"


def _mounted(case: Case, mount: Mount) -> Statements:
    volume = case.pod.volumes.get(mount.volume)
    if volume is not None and volume.kind in _FILES:
        yield from _files(case, mount, volume)
    elif volume is not None and volume.kind == "emptyDir":
        # 0777, and with fsGroup the group's too (kubernetes, pkg/volume/emptydir/empty_dir.go, perm); a subPath is made
        # with the mode of the volume (pkg/volume/util/subpath/subpath_linux.go, doSafeMakeDir).
        yield yes(Topic.OWNERS, f'the emptyDir "{mount.volume}" is open to every user')
    elif volume is not None and volume.kind == "image":
        yield yes(Topic.OWNERS, f'the image volume "{mount.volume}" is only read')
    else:
        yield from _data(case, mount, volume)


def _files(case: Case, mount: Mount, volume: Volume) -> Statements:
    """Yield whether the files of a ConfigMap, Secret or projection can be read.

    They belong to root with defaultMode, 0644 where nothing is said; with fsGroup they are the group's, which may read
    them (kubernetes, pkg/volume/util/atomic_writer.go; pkg/volume/volume_linux.go, roMask 0440).
    """
    if case.pod.fs_group is not None or not any(not _readable(case, mode) for mode in _modes(volume)):
        return
    yield doubt(
        Topic.OWNERS, f'the files of volume "{mount.volume}" belong to root and are closed to user {_user(case)}'
    )


def _readable(case: Case, mode: int) -> bool:
    return bool(mode & 0o004) or (0 in case.process.groups and bool(mode & 0o040))


def _modes(volume: Volume) -> Iterator[int]:
    sources = [volume.source, *mappings(volume.source.get("sources"))]
    inner = [part for source in sources for part in source.values() if isinstance(part, dict)]
    for source in (volume.source, *inner):
        found = [source.get("defaultMode"), *(item.get("mode") for item in mappings(source.get("items")))]
        yield from (mode for mode in found if isinstance(mode, int) and not isinstance(mode, bool))


def _data(case: Case, mount: Mount, volume: Volume | None) -> Statements:
    """Yield whether the files of a data volume go to the fsGroup, or have been given to the user otherwise."""
    name = mount.volume
    helper = _prepared(case, name)
    if helper is not None:
        yield yes(Topic.OWNERS, f'init container {helper} gives volume "{name}" to the user')
        return
    if _untouched(case, mount, volume):
        yield yes(Topic.OWNERS, f'{case.image} writes nothing in volume "{name}"')
        return
    kept = _kept(case, volume, name)
    if kept is not None:
        yield doubt(
            Topic.OWNERS, f'the files of volume "{name}" keep their owner ({kept}), who may shut out {_whom(case)}'
        )
    elif case.pod.fs_group is None:
        yield doubt(Topic.OWNERS, f'a new volume "{name}" belongs to root, and no fsGroup gives it to {_whom(case)}')
    else:
        yield yes(Topic.OWNERS, f'the files of volume "{name}" go to fsGroup {case.pod.fs_group}')


def _untouched(case: Case, mount: Mount, volume: Volume | None) -> bool:
    """Return whether it is known that the image does not write to a mount, and nothing in the manifest names it.

    A folder of the node is mounted to be used; then its owners count, whatever facts say.
    """
    facts = case.facts
    if facts is None or not case.program.own or facts.writable is None or facts.volumes is None:
        return False
    if not facts.reaches("writable", "volumes") or (volume is not None and volume.kind == "hostPath"):
        return False
    written = (*facts.writable, *facts.volumes, *facts.writable_seeded)
    if any(within(path, mount.path) or within(mount.path, path) for path in written):
        return False
    texts = mounted_texts(case.pod, case.container, case.neighbours)
    said = (*case.program.arguments, *(variable.value for variable in case.container.env), *texts)
    return all(text is not None and mount.path not in text for text in said)


def _whom(case: Case) -> str:
    return f"user {_user(case)}"


def _kept(case: Case, volume: Volume | None, name: str) -> str | None:
    """Return why the kubelet leaves the owners of a data volume alone, None where it gives the files to the fsGroup."""
    if volume is None:
        return _claimed(case.neighbours.template(name))
    if volume.kind == "persistentVolumeClaim":
        claim = volume.source.get("claimName")
        if volume.source.get("readOnly") is True:
            return "the claim is mounted read-only"
        return _claimed(case.neighbours.claim(claim if isinstance(claim, str) else ""))
    if volume.kind == "ephemeral":
        spec = mapping(mapping(volume.source.get("volumeClaimTemplate")).get("spec"))
        return _claimed(Storage(texts(spec.get("accessModes"))))
    if volume.kind in _KEPT:
        return volume.kind
    return f"{volume.kind}: what its driver does is not known" if volume.kind in {"csi", "flexVolume"} else None


def _claimed(storage: Storage | None) -> str | None:
    """Return why fsGroup does not reach a claim; its default policy is ReadWriteOnceWithFSType.

    Source: kubernetes, pkg/volume/csi/csi_mounter.go, supportsFSGroup: with it only volumes with a type of file system
    and ReadWriteOnce are changed, with File all, with None none. External-provisioner sends ext4 where a StorageClass
    names no type (--default-fstype, as drivers of disks set it).
    """
    if storage is None:
        return "what backs the claim is not known"
    if storage.kind in _KEPT:
        return storage.kind
    if storage.policy in {"None", "File"}:
        return None if storage.policy == "File" else f"fsGroupPolicy None of {storage.provisioner}"
    if storage.modes and not _ONCE & set(storage.modes):
        return f"{storage.modes[0]}, which the default fsGroupPolicy leaves out"
    if any(word in storage.provisioner for word in _SHARED_WORDS):
        return f"{storage.provisioner} shares folders"
    return None if storage.modes else "the accessModes of the claim are not known"


def _prepared(case: Case, volume: str) -> str | None:
    """Return the init container that changes, as root, the owner of what is in a volume; None where none does."""
    if case.container.field == "initContainers":
        return None
    for other in _before(case):
        if changes_owners(case_of(case.pod, other, case.images, case.neighbours), volume):
            return other.name
    return None


def _before(case: Case) -> tuple[Container, ...]:
    return tuple(container for container in case.pod.containers if container.field == "initContainers")
