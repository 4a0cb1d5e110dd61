"""Owns the files of a pod: its volumes as the kubelet makes them, and its containers' roots as a runtime mounts them.

Works in mount namespaces only: whatever it mounts is left to them.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kubelet import Container, Mount, Pod, Volume

_DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"))


def make_volume(volume: Volume, place: Path) -> None:
    """Make a volume at `place/NAME`; a claim once only.

    An emptyDir is open to all (kubernetes, pkg/volume/emptydir/empty_dir.go, perm 0777).
    """
    path = place / volume.name
    if volume.kind != "claim" or not path.exists():
        path.mkdir(parents=True, exist_ok=True)
        mode = "0777" if volume.kind == "emptyDir" else "0755"
        mount_on(path, "-t", "tmpfs", "-o", f"mode={mode}", volume.name)
        if volume.kind == "claim":
            # As mkfs.ext4 leaves it: the volume's root is root's, and not empty.
            (path / "lost+found").mkdir(mode=0o700)
    for name, text in volume.files.items():
        (path / name).write_text(text)
        (path / name).chmod(volume.mode)
    if volume.group is not None:
        _regroup(path, volume, volume.group)


def make_root(pod: Pod, container: Container, base: Path, shared: Path, volumes: Path) -> Path:
    """Make a container's root below the empty folder `base`: shared files, the image's own, mounts; then close it."""
    upper, work, root = base / "upper", base / "work", base / "root"
    for folder in (upper, work, root):
        folder.mkdir(parents=True)
    mount_on(root, "-t", "overlay", "-o", f"lowerdir={shared},upperdir={upper},workdir={work}", "overlay")
    _fill(root, pod)
    mount_on(root / "proc", "-t", "proc", "proc")
    _devices(root / "dev")
    # A mount comes before those on folders within it, whatever their order in the manifest.
    for mount in sorted(container.mounts, key=lambda mount: mount.path.count("/")):
        (volume,) = (volume for volume in pod.volumes if volume.name == mount.volume)
        _mount(root, mount, volume, volumes)
    if container.read_only:
        mount_on(root, "-o", "remount,bind,ro")
    return root


def mount_on(path: Path, *words: str) -> None:
    """Call mount(8) with these words and the place."""
    subprocess.run(("mount", *words, str(path)), check=True)


def _fill(root: Path, pod: Pod) -> None:
    accounts = pod.accounts
    users = "".join(f"{account.name}:x:{account.uid}:{account.gid}::{account.home}:/bin/sh\n" for account in accounts)
    groups = "".join(f"{account.name}:x:{account.gid}:\n" for account in accounts)
    files = {
        "/etc/passwd": f"root:x:0:0::/root:/bin/sh\n{users}",
        "/etc/group": f"root:x:0:\n{groups}",
        "/etc/hosts": f"127.0.0.1 localhost {pod.hostname}\n",
        "/etc/hostname": f"{pod.hostname}\n",
    }
    for folder in pod.folders:
        path = _within(root, folder.path)
        path.mkdir(parents=True, exist_ok=True)
        if folder.owner is not None:
            os.chown(path, folder.owner.uid, folder.owner.gid)
        path.chmod(folder.mode)
    for name, text in (files | dict(pod.files)).items():
        path = _within(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    for name, target in pod.links.items():
        _within(root, name).symlink_to(target)


def _mount(root: Path, mount: Mount, volume: Volume, volumes: Path) -> None:
    source = volumes / mount.volume / mount.sub_path
    target = _within(root, mount.path)
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    else:
        source.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
    mount_on(target, "--bind", str(source))
    if mount.read_only or volume.kind == "files":
        mount_on(target, "-o", "remount,bind,ro")


def _regroup(path: Path, volume: Volume, group: int) -> None:
    """Give a volume to fsGroup (kubernetes, pkg/volume/volume_linux.go: rwMask 0660, roMask 0440, execMask 0110)."""
    mask = 0o440 if volume.kind == "files" else 0o660
    wanted = mask | 0o2110
    found = path.stat()
    if not volume.regroup and found.st_gid == group and found.st_mode & wanted == wanted:
        return
    for item in (path, *path.rglob("*")):
        if item.is_symlink():
            continue
        mode = item.stat().st_mode & 0o7777
        os.chown(item, -1, group)
        item.chmod(mode | (wanted if item.is_dir() else mask))


def _within(root: Path, name: str) -> Path:
    """Return the place of an absolute path below `root`; links lead to places within it, as for a runtime."""
    done = Path("/")
    rest = list(Path(name).parts[1:])
    while rest:
        step = done / rest.pop(0)
        inner = root / step.relative_to("/")
        if not inner.is_symlink():
            done = step
            continue
        target = done / inner.readlink()
        done, rest = Path("/"), [*target.parts[1:], *rest]
    return root / done.relative_to("/")


def _devices(place: Path) -> None:
    mount_on(place, "-t", "tmpfs", "-o", "mode=0755", "dev")
    for name in _DEVICES:
        (place / name).touch()
        mount_on(place / name, "--bind", f"/dev/{name}")
    for name, target in _LINKS:
        (place / name).symlink_to(f"/proc/self/{target}")
    # Writable in every container, also with a read-only root.
    (place / "shm").mkdir()
    mount_on(place / "shm", "-t", "tmpfs", "-o", "mode=1777,size=64m", "shm")
