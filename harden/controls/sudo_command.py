"""Containers start their programs without sudo.

## Why
Where `sudo` works, whoever takes over the program is root with one more word; where privilege escalation is forbidden
it does not work, and the container does not start.

## Allowed values
No command of `command` and `args` is `sudo` or `doas`, in a script neither.

## What a fix may change
Nothing: what needs root belongs into the image or on the node, and only people can move it there.

## Sources
- sudo(8): it runs a command as another user, by a set-user-ID program
- Kubernetes documentation, Configure a Security Context, `allowPrivilegeEscalation`
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.controls._scripts import starts
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Container, Workload

_PROGRAMS = frozenset({"doas", "sudo"})
_ADVICE = "do in the image what needs root, and start the program as the user that it is for"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=tuple(f"spec.{kind}[*].{key}" for kind in ("initContainers", "containers") for key in ("command", "args")),
    speaks_of=("command", "args"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each container whose command line starts something by sudo."""
    for container in workload.containers:
        found = starts(container, _PROGRAMS)
        if found is not None:
            message = f'container "{container.name}" starts a program by {found}'
            yield Finding((*container.path, _key(container, found)), message, NoFix(_ADVICE))


def _key(container: Container, program: str) -> str:
    """Return which of both fields names the program."""
    command = container.get("command")
    words = command if isinstance(command, list) else []
    return "command" if any(isinstance(word, str) and program in word for word in words) else "args"
