"""Which files of a run must not be written without others: pods are refused without what they name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from harden.generated.output_file import OutputFile
from harden.model.finding import Fix, ObjectFinding, ObjectKey

#: Of objects that are only right together, those that allow come before those that refuse what they do not allow.
_REFUSES = frozenset({"NetworkPolicy", "ResourceQuota"})


def needs_of(
    fixes: Iterable[ObjectFinding], written: Mapping[ObjectKey, str], volumes: Iterable[OutputFile]
) -> dict[str, tuple[str, ...]]:
    """Return, by the normalised name of a file, the files that have to be written before it.

    `fixes` are made, `written` gives the file of each object that comes with them, and `volumes` are all files that
    companions touch. A file that changes with what is created would name what is not there: it needs that file, and the
    kustomization that lists it, too.
    """
    listers = _listers(volumes)
    found: dict[str, list[str]] = {}
    for each in fixes:
        fix = each.finding.fix
        needed = [file for file in map(written.get, _keys(each)) if file is not None]
        if each.finding.changes:
            names = [item.resource.source for item in (each, *each.also) if item.resource is not None]
            wanted = [*needed, *(lister for file in needed for lister in listers.get(posixpath.normpath(file), ()))]
        else:
            names = needed[1:]
            wanted = needed
        if isinstance(fix, Fix) and fix.needs:
            names = [*names, *needed]
            wanted = [*wanted, *(file for file in map(written.get, fix.needs) if file is not None)]
        _add(found, names, wanted)
    return {name: tuple(dict.fromkeys(files)) for name, files in found.items()}


def _add(found: dict[str, list[str]], names: Iterable[str], wanted: list[str]) -> None:
    """Let each file need the wanted ones; of those that are created together, only the ones before it."""
    for name in names:
        before = wanted[: wanted.index(name)] if name in wanted else wanted
        found.setdefault(posixpath.normpath(name), []).extend(before)


def _keys(each: ObjectFinding) -> list[ObjectKey]:
    created = sorted(each.finding.creates, key=lambda item: item.kind in _REFUSES)
    return [item.key for item in created]


def _listers(volumes: Iterable[OutputFile]) -> dict[str, list[str]]:
    """Return the kustomizations that come to list each file."""
    found: dict[str, list[str]] = {}
    for volume in volumes:
        for file in volume.needs:
            found.setdefault(posixpath.normpath(file), []).append(volume.name)
    return found
