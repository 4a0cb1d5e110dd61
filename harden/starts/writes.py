"""Judges whether a container can write where it writes: read-only roots, and mounts that hide files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harden.kube.containers import OPEN_TO_ALL
from harden.model.start import Topic
from harden.starts.case import Case, Statements, beyond_tag, doubt, no, stated, yes
from harden.starts.command import WRITERS, program_of
from harden.starts.commands import fetches
from harden.starts.places import covering, within
from harden.starts.reader import Mount

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: Kinds of volumes that start empty.
_EMPTY = frozenset({"emptyDir", "ephemeral"})
#: Folders without files of an image that a program reads at its start: sockets, scratch, devices.
_VIRTUAL = ("/dev", "/proc", "/sys")


def check(case: Case) -> Statements:
    """Yield whether what is written can be written."""
    if case.program.own and case.facts is not None:
        yield from _seeded(case, case.facts)
    if not case.process.read_only:
        return
    if not case.program.own:
        yield from _by_commands(case)
    elif case.facts is None or case.facts.writable is None:
        yield doubt(
            Topic.WRITES,
            f"where {case.image} writes to is not known{case.looks}, and its root file system is read-only",
        )
    else:
        yield from _by_facts(case, case.facts)


def _by_facts(case: Case, facts: ImageFacts) -> Statements:
    """Yield whether each folder that facts name is in a mount that can be written.

    A folder stops the start only where facts say that a start needs it; of others it is known that they are written
    to, not when. An image's VOLUME without a mount is writable in containerd (internal/cri/opts, WithVolumes; config
    image_volumes), and part of the read-only root in CRI-O (crio.conf, image_volumes = "mkdir").
    """
    yield from beyond_tag(case, "writable", "volumes", "writable_seeded")
    needed = facts.needs("writable") and case.process.root is False
    volumes = facts.volumes or ()
    missing = list(_uncovered(case, facts.writable or ()))
    for path in missing:
        if needed and path not in OPEN_TO_ALL and not any(within(path, volume) for volume in volumes):
            yield no(Topic.WRITES, f"{case.image} writes to {path} at its start, which is read-only")
        else:
            yield doubt(Topic.WRITES, f"{case.image} writes to {path}, which is read-only")
    for path in _uncovered(case, volumes):
        if path not in missing:
            yield doubt(Topic.WRITES, f"whether {path}, a volume of {case.image}, is writable depends on the runtime")
    if not missing:
        where = ", ".join(facts.writable or ())
        words = f"it writes to {where}, and can" if where else "it writes to no folder"
        yield yes(Topic.WRITES, f"{stated(case, 'writable')}: {words}")
    yield from _by_arguments(case)


def _uncovered(case: Case, paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if covering(case.container, path, writable=True) is None)


def _by_arguments(case: Case) -> Statements:
    """Yield the doubt about absolute paths in the arguments that lie in no mount: they may be written to."""
    known = (
        *((case.facts.writable if case.facts else None) or ()),
        *((case.facts.volumes if case.facts else None) or ()),
    )
    for word in case.program.arguments:
        path = word.rpartition("=")[2]
        if not path.startswith("/") or any(within(path, folder) for folder in (*_VIRTUAL, *known)):
            continue
        if covering(case.container, path) is None:
            yield doubt(Topic.WRITES, f"the arguments name {path}, which is read-only if it is written to")


def _by_commands(case: Case) -> Statements:
    for command in case.program.commands:
        for path in command.writes:
            if covering(case.container, path, writable=True) is None:
                yield doubt(Topic.WRITES, f"{command.name} writes to {path}, which is read-only")
        named = [word for word in command.words[1:] if word.startswith("/")]
        if command.name in WRITERS and _uncovered(case, named[-1:]):
            yield doubt(Topic.WRITES, f"{command.name} may write to {named[-1]}, which is read-only")
        elif not command.harmless and not (command.name in WRITERS and named) and not fetches(case, command):
            yield doubt(Topic.WRITES, f"where {command.name} writes to is not known, and the root is read-only")
    if not case.program.whole:
        yield doubt(Topic.WRITES, f"where {case.program.name} in {case.image} writes to is not known")


def _seeded(case: Case, facts: ImageFacts) -> Statements:
    """Yield whether folders that ship files still hold them, and can be written where that is needed."""
    needed = facts.needs("writable_seeded") and case.changed_user
    for path in facts.writable_seeded:
        mount = covering(case.container, path)
        if mount is None:
            yield from _in_root(case, path, needed=needed)
            continue
        kind = _kind(case, mount)
        if kind not in _EMPTY:
            continue
        copied = _copier(case, mount, path)
        if copied is None:
            yield doubt(Topic.WRITES, f"a new volume hides the files that {case.image} has in {path}")
        else:
            yield yes(Topic.WRITES, f"init container {copied} copies {path}")


#: Folders that are written to only where another one is mounted: nginx renders its templates there
#: (nginxinc/docker-nginx, entrypoint/20-envsubst-on-templates.sh).
_ONLY_WITH = {"/etc/nginx/conf.d": "/etc/nginx/templates"}


def _in_root(case: Case, path: str, *, needed: bool) -> Statements:
    if not case.process.read_only:
        return
    trigger = _ONLY_WITH.get(path)
    if trigger is not None and covering(case.container, trigger) is None:
        return
    if needed:
        yield no(Topic.WRITES, f"{case.image} writes to {path} at its start, which is read-only")
    else:
        yield doubt(Topic.WRITES, f"{case.image} writes to {path}, which is read-only")


def _kind(case: Case, mount: Mount) -> str:
    volume = case.pod.volumes.get(mount.volume)
    return "" if volume is None else volume.kind


def _copier(case: Case, mount: Mount, path: str) -> str | None:
    """Return the init container of the same image that copies a folder of the image into the volume of a mount."""
    for other in case.pod.containers:
        if other.field != "initContainers" or other.image != case.container.image:
            continue
        targets = [held.path for held in other.mounts if held.volume == mount.volume and not held.read_only]
        for command in program_of(other, None).commands:
            copies = command.name in {"cp", "rsync"} and any(within(word, path) for word in command.words[1:])
            if copies and any(within(command.words[-1], target) for target in targets):
                return other.name
    return None
