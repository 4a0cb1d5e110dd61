"""Starts a program by way of a shell that takes its variables from files: for images that read none themselves.

The variables are then in the environment of the program alone: what else runs in the container (probes, `kubectl
exec`) no longer has them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harden.companions.context import BundleContext
from harden.companions.secret_variables import Taken
from harden.companions.secret_volumes import Volume
from harden.kube.bundle import Member
from harden.model.finding import Change, Finding, Fix, ObjectFinding, RemoveField, Risk, SetField
from harden.model.kube import Container
from harden.model.text import Plain
from harden.secrets import blockers, expansion

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def wrapped(
    member: Member, variables: Sequence[Taken], context: BundleContext
) -> Iterator[tuple[ObjectFinding, list[Taken]]]:
    """Yield a finding for a workload whose start can be wrapped, with the variables that become files by it."""
    workload = member.workload
    volumes: dict[str, Volume] = {}
    changes: list[Change] = []
    done: list[Taken] = []
    for container in workload.containers:
        own = [variable for variable in variables if variable.container is container and _fits(container, variable)]
        start = _start(container, context.facts_of(container, workload)) if own else None
        if start is None:
            continue
        lines = []
        for each in own:
            volume = volumes.setdefault(each.secret, Volume(workload, each.secret))
            path = volume.add(container, each.key, None, optional=each.optional)
            lines.append(_line(each, path))
            changes.append(RemoveField(each.path, each.name))
        changes.append(SetField((*container.path, "command"), _command(lines, start[0])))
        if start[1]:
            changes.append(SetField((*container.path, "args"), list(start[1])))
        done += own
    if done:
        changes += [change for volume in volumes.values() for change in volume.changes]
        names = ", ".join(dict.fromkeys(each.name for each in done))
        said = f"{member.resource.kind} {workload.name} has {names} in the variables of its pods"
        reason = "a shell reads the files before the program starts; probes and kubectl exec no longer see the values"
        finding = Finding(done[0].path, said, Fix(Risk.BREAKING, reason, tuple(changes)))
        yield ObjectFinding(member.resource, finding), done


def _fits(container: Container, taken: Taken) -> bool:
    if taken.is_whole or _NAME.fullmatch(taken.name) is None:
        return False
    return blockers.in_expansion(container, taken.name) is None and blockers.in_probe(container, taken.name) is None


def _start(container: Container, facts: ImageFacts | None) -> tuple[list[str], Sequence[str]] | None:
    """Return what a container starts: the words of its command, and the arguments that have to be written, if any.

    With `command` in the manifest the image's own arguments are gone (OCI image-spec, config.md; kubernetes,
    pkg/kubelet/container, MakeCommandAndArgs), so those that it would have had are written out.
    """
    if facts is None or facts.shell is not True:
        return None
    command = container.get("command")
    if isinstance(command, list) and command:
        return list(expansion.strings(command)), ()
    if facts.entrypoint is None:
        return None
    args = container.get("args")
    if isinstance(args, list) and args:
        return list(facts.entrypoint), ()
    return None if facts.command is None else (list(facts.entrypoint), facts.command)


def _line(taken: Taken, path: str) -> str:
    where = shlex.quote(path)
    read = f'{taken.name}="$(cat {where})" || exit 1; export {taken.name}'
    return f"if [ -e {where} ]; then {read}; fi" if taken.optional else read


def _command(lines: list[str], words: list[str]) -> list[Plain]:
    script = "; ".join((*lines, 'exec "$@"'))
    return ["/bin/sh", "-c", script, "sh", *words]
