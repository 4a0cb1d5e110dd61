"""Judges whether what starts has the capabilities that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.model.start import Topic
from harden.starts.case import Case, Statements, beyond_tag, doubt, no, stated, yes
from harden.starts.ports import opened

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def check(case: Case) -> Statements:
    """Yield what a smaller bounding set means for a container."""
    if not case.process.reduced:
        return
    if case.facts is None:
        yield from _unknown(case)
    elif case.program.own:
        if not case.process.user_set and not case.process.non_root and not case.facts.reaches("default_user"):
            why = case.facts.reach_doubt or "the facts were read for other tags"
            yield doubt(Topic.TAG, f"{case.image} may start as root, and need capabilities for it: {why}")
        yield from _as_root(case, case.facts)
        yield from _on_files(case, case.facts)


def _unknown(case: Case) -> Statements:
    """Yield what nobody knows of an image without facts; commands of the manifest are judged by themselves."""
    if not case.program.own:
        return
    if case.process.root is not False:
        yield doubt(Topic.CAPABILITIES, f"which capabilities {case.image} needs as root is not known{case.looks}")
    else:
        yield doubt(Topic.FILE_CAPABILITIES, f"whether the program of {case.image} has file capabilities is not known")


def _as_root(case: Case, facts: ImageFacts) -> Statements:
    """Yield what the entrypoint lacks as root: its bounding set is all that root has (capabilities(7)).

    Where the manifest starts the program past the entrypoint, what that one does as root is not done.
    """
    if case.process.root is False:
        return
    if facts.root_caps is None:
        yield doubt(Topic.CAPABILITIES, f"which capabilities {case.image} needs as root is not known")
        return
    yield from beyond_tag(case, "root_caps")
    missing = [name for name in facts.root_caps if name not in case.process.bounding and not _spared(case, name)]
    if not missing:
        needed = ", ".join(facts.root_caps) or "none"
        yield yes(Topic.CAPABILITIES, f"{stated(case, 'root_caps')}: as root it needs {needed}")
        return
    if case.program.entry and case.process.root is True:
        yield no(Topic.CAPABILITIES, f"{case.image} needs {', '.join(missing)} to start as root")
        return
    for name in missing:
        yield doubt(Topic.CAPABILITIES, f"{case.image} needs {name} to start as root, and may do so")


def _spared(case: Case, name: str) -> bool:
    """Return whether the pod opens the ports that a capability is for."""
    return name == "NET_BIND_SERVICE" and opened(case.pod) == 0


def _on_files(case: Case, facts: ImageFacts) -> Statements:
    """Yield whether the program's file can be executed.

    A file whose effective capabilities are not all in the bounding set cannot: execve gives EPERM, root or not (Linux,
    security/commoncap.c, bprm_caps_from_vfs_caps; capabilities(7), "Safety checking for capability-dumb binaries").
    The facts name no file capabilities where their Dockerfile, which was read, sets none.
    """
    missing = [name for name in facts.file_caps if name not in case.process.bounding]
    if facts.file_caps:
        yield from beyond_tag(case, "file_caps")
    if missing:
        words = f"the program of {case.image} has the file capability {', '.join(missing)}, and cannot be executed"
        yield no(Topic.FILE_CAPABILITIES, f"{words} without it in the bounding set")
    elif facts.file_caps:
        yield yes(Topic.FILE_CAPABILITIES, f"{stated(case, 'file_caps')}: {', '.join(facts.file_caps)} stays")
