"""Judges whether the commands that a manifest gives can do what they are there for."""

from __future__ import annotations

from itertools import pairwise

from harden.model.start import Start, Topic
from harden.starts.case import Case, Statement, Statements, doubt, no, yes
from harden.starts.command import ROOT_PROGRAMS, WRITERS, Command, Need
from harden.starts.places import covering


def check(case: Case) -> Statements:
    """Yield what is known of the commands of a manifest, or of the image's own start where its build files show it."""
    if case.program.own:
        yield from _gains(case)
        return
    yield from (said for command in case.program.commands for said in _said(case, command))
    yield from _unknown(case)


def _gains(case: Case) -> Statements:
    """Yield what stops a start that becomes root by a set-user-ID program (no_new_privs.rst; capabilities(7))."""
    gains = "" if case.facts is None else case.facts.gains
    if not gains or case.process.root is not False:
        return
    if case.process.locked:
        yield no(Topic.COMMAND, f"{gains} needs to gain privileges, which allowPrivilegeEscalation: false forbids")
    if case.process.reduced:
        yield no(Topic.COMMAND, f"{gains} becomes root, and which capabilities it needs then is not known")


def _unknown(case: Case) -> Statements:
    known = WRITERS | ROOT_PROGRAMS.keys()
    strange = [
        command.name
        for command in case.program.commands
        if not command.harmless and command.name not in known and not fetches(case, command)
    ]
    if not strange and case.program.whole:
        words = ", ".join(dict.fromkeys(command.name for command in case.program.commands)) or "nothing"
        yield yes(Topic.COMMAND, f"the manifest runs {words}")
        return
    name = strange[0] if strange else case.program.name
    yield doubt(Topic.COMMAND, f"what {name} in {case.image} needs is not known")
    process = case.process
    if process.reduced and process.root is not False:
        yield doubt(Topic.CAPABILITIES, f"which capabilities {name} in {case.image} needs as root is not known")
    elif process.reduced:
        yield doubt(Topic.FILE_CAPABILITIES, f"whether {name} in {case.image} has file capabilities is not known")


#: The options by which programs that download name their file.
_INTO = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}


def fetches(case: Case, command: Command) -> bool:
    """Return whether a command downloads into a mount: who may write there is judged for each mount."""
    short, long = _INTO.get(command.name, ("", ""))
    words = command.words
    named = [after for word, after in pairwise(words) if word in {short, long}] if short else []
    named += [word.partition("=")[2] for word in words if short and word.startswith(f"{long}=")]
    return bool(named) and all(covering(case.container, path, writable=True) is not None for path in named)


def _said(case: Case, command: Command) -> Statements:
    if command.name == "sudo" and case.process.locked and case.process.root is False:
        # sudo, src/exec_common.c and sudo.c: "The "no new privileges" flag is set"
        yield _as(
            command, Topic.COMMAND, "sudo needs to gain privileges, which allowPrivilegeEscalation: false forbids"
        )
        return
    need = ROOT_PROGRAMS.get(command.name)
    if need is None:
        return
    lacking = _lacking(case, command, need)
    if lacking is None:
        if case.process.root is None:
            yield doubt(Topic.USER, f"{command.name} needs root, and the user of {case.image} is not known")
        return
    yield _as(command, Topic.COMMAND, f"{command.name} needs {lacking}")


def _as(command: Command, topic: Topic, text: str) -> Statement:
    """Return what stops a start where the command's failure ends the container, else a doubt."""
    return no(topic, text) if command.counts else doubt(topic, f"{text}, and may be allowed to fail")


def _lacking(case: Case, command: Command, need: Need) -> str | None:
    process = case.process
    if need.privileged and not case.container.privileged:
        if command.name == "sysctl" and not any(
            word == "-w" or "=" in word or word == "-p" for word in command.words[1:]
        ):
            return None
        return "a privileged container, because /proc/sys is read-only in others"
    if process.root is False:
        return None if command.name == "chgrp" and process.groups else "root"
    missing = sorted(need.capabilities - process.bounding)
    if missing:
        return f"the capability {', '.join(missing)}"
    if need.file_system and process.read_only:
        return "a root file system that can be written"
    return None


def changes_owners(case: Case, volume: str) -> bool:
    """Return whether this container is root and changes owner or mode of what a volume holds."""
    paths = [mount.path for mount in case.container.mounts if mount.volume == volume and not mount.read_only]
    for command in case.program.commands:
        names = command.name in {"chown", "chmod"}
        if names and any(word.startswith(path) for word in command.words[1:] for path in paths if path):
            return case.process.root is True and not any(said.says is Start.NO for said in _said(case, command))
    return False
