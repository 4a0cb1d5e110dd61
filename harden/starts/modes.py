"""Judges files whose owner or mode their own program checks: what fsGroup does to them stops it."""

from __future__ import annotations

from harden.model.start import Topic
from harden.starts.case import Case, Statements, doubt, no
from harden.starts.places import plain, within
from harden.starts.reader import Mount

#: Volumes that are new with each pod: no file of theirs is older than the user.
_NEW = frozenset({"emptyDir", "ephemeral"})

#: What fsGroup adds to the mode of a file: reading and writing for the group.
_GROUP = 0o060


def check(case: Case) -> Statements:
    """Yield what the modes of the program's own files mean for its start."""
    if case.facts is None or not case.program.own or case.process.root is not False:
        return
    yield from _strict(case)
    yield from _postgres(case)


def _strict(case: Case) -> Statements:
    """Yield the doubt about files that must be closed to the group, on a volume that may hold them already.

    The kubelet adds 0660 to every file when it gives a volume to the fsGroup: at each start, or with OnRootMismatch
    once (kubernetes, pkg/volume/volume_linux.go, rwMask, skipPermissionChange). What the program makes later keeps its
    mode with OnRootMismatch only.
    """
    for strict in () if case.facts is None else case.facts.strict_files:
        if int(strict.mode, 8) & _GROUP == _GROUP or _holding(case, strict.path) is None:
            continue
        file = strict.path.rpartition("/")[2]
        if case.pod.policy == "OnRootMismatch":
            text = (
                f"on a claim that already holds {file}, fsGroup opens it to the group once, which {case.image} refuses"
            )
        else:
            text = f"each start opens {file} to the fsGroup, which {case.image} refuses"
        yield doubt(Topic.MODES, text)


def _holding(case: Case, path: str) -> Mount | None:
    """Return the mount of a kept volume that the fsGroup reaches and that a file may be in."""
    if case.pod.fs_group is None:
        return None
    for mount in case.container.mounts:
        volume = case.pod.volumes.get(mount.volume)
        kept = volume is None or volume.kind not in _NEW | {
            "configMap",
            "downwardAPI",
            "hostPath",
            "nfs",
            "projected",
            "secret",
        }
        if kept and not mount.read_only and (path.startswith("**/") or within(path, mount.path)):
            return mount
    return None


def _postgres(case: Case) -> Statements:
    """Yield what PostgreSQL asks of its data folder: to own it, and nothing for the group beyond reading.

    Sources: postgres (REL_17_0), src/bin/initdb/initdb.c, create_data_directory (it changes the folder's mode);
    src/backend/utils/init/miscinit.c, checkDataDir: "wrong ownership", "invalid permissions" beyond 0750.
    The root of a volume belongs to root, unless somebody has changed that.
    """
    folder = _data_folder(case)
    if folder is None:
        return
    mount = next((mount for mount in case.container.mounts if within(folder, mount.path)), None)
    if mount is None:
        return
    volume = case.pod.volumes.get(mount.volume)
    is_root = plain(mount.path) == plain(folder) and not mount.sub_path
    if is_root and volume is not None and volume.kind in _NEW:
        yield no(Topic.OWNERS, f"PostgreSQL refuses {folder}, the root of a new volume, which belongs to root")
        return
    if is_root:
        yield doubt(Topic.OWNERS, f"PostgreSQL refuses {folder}, the root of a volume, unless it already owns it")
    if (
        case.pod.fs_group is not None
        and case.pod.policy != "OnRootMismatch"
        and (volume is None or volume.kind not in _NEW)
    ):
        yield doubt(Topic.MODES, f"each start opens {folder} to the fsGroup, which PostgreSQL refuses")


def _data_folder(case: Case) -> str | None:
    facts = case.facts
    if facts is None or facts.user_name != "postgres" or case.process.uid != facts.uid:
        return None
    default = next((path for path in facts.volumes or () if within(path, "/var/lib/postgresql")), None)
    if default is None:
        return None
    own = next((variable for variable in case.container.env if variable.name == "PGDATA"), None)
    if own is not None:
        return own.value if own.value is not None and own.value.startswith("/") else None
    return default if default.endswith("/data") else None
