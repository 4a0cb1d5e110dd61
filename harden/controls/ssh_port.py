"""Containers run no SSH server.

## Why
Who logs in by SSH passes the API server by: no RBAC decides about it, no audit log shows it, and its keys live on in
the image. `kubectl exec` and `kubectl debug` do the same under both.

## Allowed values
No `containerPort` is 22.

## What a fix may change
Nothing: whether the program is an SSH server on purpose (Git hosting, SFTP) only people know.

## Sources
- IANA Service Name and Transport Protocol Port Number Registry, ssh (22)
- Kubernetes documentation, "Get a Shell to a Running Container"; Auditing
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Workload, dig
from harden.model.plain import as_list

_SSH = 22
_ADVICE = "use kubectl exec or debug instead; exempt it if it serves Git or SFTP"


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=each_container("ports[*].containerPort"),
    speaks_of=("containerPort",),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each port 22."""
    for container in workload.containers:
        for at, port in enumerate(as_list(container.get("ports"))):
            if dig(port, "containerPort") == _SSH and dig(port, "protocol") in (None, "TCP"):
                message = f'container "{container.name}" serves port 22: an SSH server?'
                yield Finding((*container.path, "ports", at, "containerPort"), message, NoFix(_ADVICE))
