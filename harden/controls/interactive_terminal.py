"""Containers keep no terminal and no standard input open.

## Why
`stdin: true` and `tty: true` keep a session open that `kubectl attach` joins without a trace of its own in the
container: made for trying things out, they seldom belong to what runs on by itself.

## Allowed values
`stdin` and `tty` are `false` or absent. Ephemeral containers, which people start to work in, are not judged.

## What a fix may change
Nothing: some programs end as soon as their standard input does, and which ones do not only their authors know.

## Sources
- Kubernetes API reference, v1.36, Container, `stdin`, `stdinOnce` and `tty`
- Kubernetes documentation, kubectl attach
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control
from harden.model.finding import Finding, Level, NoFix, Severity
from harden.model.kube import Workload

_ADVICE = "take it out if the program runs without it; `kubectl debug` opens a terminal when somebody needs one"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=tuple(f"spec.{kind}[*].{key}" for kind in ("initContainers", "containers") for key in ("stdin", "tty")),
    speaks_of=("stdin", "tty"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that keeps standard input or a terminal open."""
    for container in workload.containers:
        asked = [key for key in ("stdin", "tty") if container.get(key) is True]
        if asked and container.field != "ephemeralContainers":
            message = f'container "{container.name}" keeps {_WORDS[tuple(asked)]} open'
            yield Finding((*container.path, asked[0]), message, NoFix(_ADVICE), severity=Severity.NOTE)


_WORDS = {
    ("stdin",): "its standard input",
    ("tty",): "a terminal",
    ("stdin", "tty"): "its standard input and a terminal",
}
