"""Whether a container listens below 1024, as far as its manifest and the facts about its image say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harden.controls._images import keeps_its_command
from harden.controls._pods import environment, names_of
from harden.controls._scripts import command_line
from harden.controls._volumes import covers, mounts
from harden.kube.containers import stays
from harden.model.kube import Container, Workload

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: The first port that needs no capability.
FIRST_FREE = 1024


def listens_low(workload: Workload, container: Container, facts: ImageFacts | None) -> bool:
    """Return whether the container listens below 1024, as far as its ports and facts say.

    A declared port counts, whatever else is said. The ports that facts name count unless the manifest shows that the
    program has others: see `_has_other_ports`. What ends before the others start serves nobody.
    """
    if not stays(container):
        return False
    declared = declared_ports(container)
    if any(port < FIRST_FREE for port in declared):
        return True
    if facts is None or _says_its_port(container, facts) or _has_other_ports(workload, container, facts, declared):
        return False
    return facts.needs("low_port") or (facts.needs("file_caps") and bool(facts.low_ports))


def declared_ports(container: Container) -> tuple[int, ...]:
    """Return the container ports that the manifest names."""
    found = container.get("ports")
    numbers = [item.get("containerPort") for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return tuple(number for number in numbers if isinstance(number, int) and not isinstance(number, bool))


def _says_its_port(container: Container, facts: ImageFacts) -> bool:
    """Return whether the manifest sets what moves the image's ports: then those that it declares count."""
    fix = facts.low_port_fix
    if fix is None:
        return False
    flags = {word.partition("=")[0] for word in fix.args}
    words = command_line(container)
    named = not names_of(environment(container)).isdisjoint(fix.env)
    return named or any(word.partition("=")[0] in flags for word in words) or (bool(words) and words == fix.command)


def _has_other_ports(workload: Workload, container: Container, facts: ImageFacts, declared: tuple[int, ...]) -> bool:
    """Return whether the manifest shows that the image's own ports are not used: both of two things show it.

    It declares ports, all of them high (here: `declared`, which the caller has found to be so). And it says itself what
    the program does: a volume hides the image's configuration, or `command` puts another program or a shell in its
    place, or the arguments name every declared port, or a file in a volume. Declared ports alone show nothing, because
    `containerPort` is only a note.
    """
    if not declared:
        return False
    held = [mount.path for mount in mounts(workload, container)]
    config = None if facts.low_port_fix is None else facts.low_port_fix.config_file
    if config is not None and any(covers(path, config) for path in held):
        return True
    words = command_line(container)
    if not keeps_its_command(container, facts):
        return True
    numbers = {int(number) for word in words for number in re.findall(r"(?<![\d.])\d{4,5}(?![\d.])", word)}
    if numbers.issuperset(declared):
        return True
    files = [word.rpartition("=")[2] for word in words]
    return any(file.startswith("/") and any(covers(path, file) for path in held) for file in files)
