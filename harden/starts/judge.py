"""Gives the verdict on one container: all that the rules say of it, put together."""

from __future__ import annotations

from collections.abc import Callable

from harden.model.start import ContainerStart, Doubt, Start, Topic
from harden.starts import (
    capabilities,
    commands,
    conditions,
    configuration,
    modes,
    non_root,
    platform,
    ports,
    users,
    volumes,
    writes,
)
from harden.starts.case import Case, Statement, Statements

#: The rules; what the first of them says that stops a start, or casts doubt on it, is told first.
_RULES: tuple[Callable[[Case], Statements], ...] = (
    platform.check,
    non_root.check,
    users.check,
    commands.check,
    capabilities.check,
    writes.check,
    volumes.check,
    modes.check,
    ports.check,
    configuration.check,
    conditions.check,
    platform.shipped,
)

#: Doubts that say the least come last: what is said of a container with other doubts is what those are about.
_LAST = (Topic.COMMAND, Topic.IMAGE)


def judge(case: Case) -> ContainerStart:
    """Return the verdict on a container.

    It is no where anything stops the start, unknown where anything is missing, and else yes, with evidence.
    """
    container = case.container
    if case.pod.windows:
        unknown = Doubt(Topic.PLATFORM, "Windows containers start by other rules, which are not known here")
        return ContainerStart(
            container.name, container.field, container.image, Start.UNKNOWN, unknown.text, (), (unknown,)
        )
    said = tuple(dict.fromkeys(statement for rule in _RULES for statement in rule(case)))
    refused = [each for each in said if each.says is Start.NO]
    doubts = tuple(Doubt(each.topic, each.text, each.fields) for each in _sorted(said) if each.says is Start.UNKNOWN)
    evidence = tuple(each.text for each in said if each.says is Start.YES)
    verdict, reason = Start.YES, evidence[0] if evidence else ""
    if refused:
        verdict, reason = Start.NO, refused[0].text
    elif doubts:
        verdict, reason = Start.UNKNOWN, doubts[0].text
    return ContainerStart(container.name, container.field, container.image, verdict, reason, evidence, doubts)


def _sorted(said: tuple[Statement, ...]) -> list[Statement]:
    return sorted(said, key=lambda each: each.topic in _LAST)
