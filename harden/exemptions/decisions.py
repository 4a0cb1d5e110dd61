"""Decides which findings of a workload an exemption holds back, and says why."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path as FilePath

from harden.exemptions.model import Exemption, Places, Scope, WholeWorkload
from harden.model.finding import Because, Finding, Held
from harden.model.kube import Workload, dig
from harden.model.record import Record
from harden.model.text import Path

#: The controls of a hostPath volume at level baseline and at level restricted.
_SAME_VOLUME = {"host-path-volumes", "restricted-volumes"}


class Decision(Record):
    """Why a finding is held.

    Where the exemption has expired, its finding is not fixed unasked, but counts as open again; so does another one,
    whose fix would change what is exempt.
    """

    exemption: Exemption
    held: Held

    @property
    def holds(self) -> bool:
        """Return whether the finding may stand."""
        return self.held.because is Because.EXEMPT


def decide(
    exemptions: Sequence[Exemption],
    workload: Workload,
    findings: Sequence[Finding],
    today: str,
    *,
    strict: bool = False,
) -> dict[int, Decision]:
    """Return the rulings on a workload's findings by their 0-based index; none for findings that nothing is said of.

    `today` is YYYY-MM-DD. `strict` ignores all exemptions. Of several exemptions one that still holds counts, of those
    one that names the control itself, and of those the first.
    """
    rulings: dict[int, Decision] = {}
    if strict or not exemptions:
        return rulings
    for at, finding in enumerate(findings):
        own = [each for each in exemptions if matches(each, workload, finding)]
        if own:
            best = min(own, key=lambda each: (each.is_expired(today), each.control != finding.control))
            rulings[at] = _ruling(best, today)
        else:
            shared = _shared(exemptions, workload, finding, today)
            rulings |= {} if shared is None else {at: shared}
    direct = dict(rulings)
    for at, finding in enumerate(findings):
        touched = next((r for i, r in direct.items() if _touches(workload, finding, findings[i])), None)
        if at not in rulings and touched is not None:
            said = f"its fix would change what is exempt from {touched.exemption.control}: {touched.exemption.said}"
            rulings[at] = Decision(touched.exemption, Held(Because.TOUCHES_EXEMPT, said))
    return rulings


def matches(exemption: Exemption, workload: Workload, finding: Finding) -> bool:
    """Return whether an exemption is about this finding of this workload, whatever the date."""
    if exemption.control != finding.control and not _speaks_for(exemption.control, workload, finding):
        return False
    match exemption.about:
        case Scope() as scope:
            return _covers(scope, workload)
        case WholeWorkload(document, path):
            return (exemption.file, document, path) == (workload.source, workload.document, workload.path)
        case Places(document, path, paths):
            is_own = (exemption.file, document, path) == (workload.source, workload.document, workload.path)
            return is_own and any(_is_about(place, workload, finding) for place in paths)


def _shared(exemptions: Sequence[Exemption], workload: Workload, finding: Finding, today: str) -> Decision | None:
    """Return the ruling on a finding whose fix changes containers together, where some of them are exempt by a comment.

    The finding may stand where all containers of the pod are exempt; else it is still open for the others.
    """
    whole = workload.security
    if not any(_starts(change.path, whole) for change in finding.changes):
        reached = {
            container.path
            for container in workload.containers
            for c in finding.changes
            if _starts(c.path, container.path)
        }
    else:
        reached = {container.path for container in workload.containers}
    own = [
        (each, set(each.about.paths) & reached)
        for each in exemptions
        if each.control == finding.control
        and isinstance(each.about, Places)
        and (each.file, each.about.document, each.about.workload) == (workload.source, workload.document, workload.path)
    ]
    exempt = {path for each, paths in own if not each.is_expired(today) for path in paths}
    best = min((each for each, paths in own if paths), key=lambda each: each.is_expired(today), default=None)
    if best is None:
        return None
    if exempt == reached:
        return _ruling(best, today)
    said = f"its fix reaches a container that is exempt: {best.said}; the other containers can say it themselves"
    return Decision(best, Held(Because.TOUCHES_EXEMPT, said))


def _speaks_for(control: str, workload: Workload, finding: Finding) -> bool:
    """Return whether an exemption from `control` speaks for another one, whose finding is about the same hostPath.

    Level baseline forbids hostPath by a check of its own, level restricted among the other types of volumes: whoever
    lets the volume stand lets it stand at both.
    """
    if {control, finding.control} != _SAME_VOLUME:
        return False
    place = (*workload.pod, "volumes")
    volumes = workload.get("volumes")
    index = finding.path[len(place)] if finding.path[: len(place)] == place and len(finding.path) > len(place) else None
    if not isinstance(index, int) or not isinstance(volumes, list):
        return False
    return dig(volumes[index], "hostPath") is not None


def _ruling(exemption: Exemption, today: str) -> Decision:
    if exemption.is_expired(today):
        said = f"the exemption expired on {exemption.until}: {exemption.reason}"
        return Decision(exemption, Held(Because.EXPIRED, said))
    return Decision(exemption, Held(Because.EXEMPT, exemption.said))


def _is_about(place: Path, workload: Workload, finding: Finding) -> bool:
    """Return whether a comment on the line of `place` is about a finding.

    It is where the finding stands at that place or below, where its fix writes at that place, below or around it, and
    where the place is part of what the finding is about (`path:` of a hostPath volume); of a pod or container the parts
    are about other things.
    """
    if _starts(finding.path, place):
        return True
    if not _starts(place, finding.path):
        return False
    if any(_starts(change.path, place) or _starts(place, change.path) for change in finding.changes):
        return not _reaches_beyond(place, workload, finding)
    return finding.path not in _wholes(workload)


def _reaches_beyond(place: Path, workload: Workload, finding: Finding) -> bool:
    """Return whether a finding is about more than the container that holds `place`: the comment speaks for that one."""
    own = next((container.path for container in workload.containers if _starts(place, container.path)), None)
    if own is None or _starts(finding.path, own):
        return False
    return not all(_starts(change.path, own) for change in finding.changes)


def _touches(workload: Workload, finding: Finding, exempt: Finding) -> bool:
    """Return whether the fix of a finding changes what another finding, which is exempt, is about."""
    if exempt.changes:
        own = {change.path for change in finding.changes}
        return any(change.path in own for change in exempt.changes)
    if exempt.path in _wholes(workload):
        return False
    return any(_starts(change.path, exempt.path) for change in finding.changes)


def _wholes(workload: Workload) -> set[Path]:
    """Return the places that hold about everything: a finding there is not about all that stands below."""
    return {workload.path, workload.template, workload.pod, *(container.path for container in workload.containers)}


def _starts(path: Path, start: Path) -> bool:
    return path[: len(start)] == start


def _covers(scope: Scope, workload: Workload) -> bool:
    return (
        _any(scope.kinds, workload.kind)
        and _any(scope.names, workload.name)
        and _any(scope.namespaces, workload.effective_namespace)
        and (not scope.paths or any(_is_in(workload.source, glob, scope.base) for glob in scope.paths))
    )


def _any(globs: tuple[str, ...], word: str) -> bool:
    return not globs or any(fnmatchcase(word, glob) for glob in globs)


@lru_cache(maxsize=4096)
def _is_in(file: str, glob: str, base: str) -> bool:
    """Return whether a file is meant by a glob: as for `exclude`, one without `/` means the name, others the path."""
    path = posixpath.normpath(FilePath(file).absolute().as_posix())
    if "/" not in glob.rstrip("/"):
        return fnmatchcase(posixpath.basename(path), glob)
    return _pattern(glob).fullmatch(posixpath.relpath(path, base)) is not None


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """Return a glob as a pattern: `*` and `?` stay within one step of a path, `**` crosses steps."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./"))
    return re.compile("".join(words.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)
