"""Secrets are mounted as whole volumes, so that a new value reaches the container.

## Why
The kubelet brings a changed Secret to a mounted volume, but never to a mount with `subPath`: a rotated password or
certificate stays the old one until the pod is replaced, so rotation is put off or forgotten, and a revoked key lives
on.

## Allowed values
A mount of a `secret` volume, or of a `projected` one with a secret in it, has neither `subPath` nor `subPathExpr`.

## What a fix may change
Nothing: without `subPath` the volume covers its whole folder, and what the image ships there would be hidden, so there
is no fix. Mount the volume to a folder of its own and point the program there (`items` chooses and names the files).
A workload that reads its Secret at the start only, and is rolled when it changes, may be exempted with that reason.

## Sources
- Kubernetes documentation, Secret, "Using Secrets as files from a Pod" and "Mounted Secrets are updated automatically"
- Kubernetes documentation, Volumes, "Using subPath"
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Secrets
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._pods import names_of
from harden.model.finding import Finding, Level, NoFix
from harden.model.kube import Container, Workload, dig


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=each_container("volumeMounts[*].subPath", "volumeMounts[*].subPathExpr"),
    speaks_of=("subPath", "subPathExpr"),
)
def check(workload: Workload, _context: Context) -> Iterator[Finding]:
    """Yield a finding for each mount of a piece of a Secret."""
    volumes = workload.get("volumes")
    if not isinstance(volumes, list):
        return
    secrets = names_of([volume for volume in volumes if _holds_secret(volume)])
    for container in workload.containers if secrets else ():
        yield from _judged(container, secrets)


def _judged(container: Container, secrets: set[str]) -> Iterator[Finding]:
    mounts = container.get("volumeMounts")
    for index, mount in enumerate(mounts if isinstance(mounts, list) else ()):
        field = next((key for key in ("subPath", "subPathExpr") if dig(mount, key) not in (None, "")), None)
        name = dig(mount, "name")
        if field is not None and isinstance(name, str) and name in secrets:
            yield Finding(
                path=(*container.path, "volumeMounts", index, field),
                message=f'container "{container.name}" mounts a piece of the Secret volume "{name}"',
                fix=NoFix("a new value never reaches it: mount the volume to a folder of its own"),
            )


def _holds_secret(volume: object) -> bool:
    sources = dig(volume, "projected", "sources")
    projected = isinstance(sources, list) and any(dig(source, "secret") is not None for source in sources)
    return projected or dig(volume, "secret") is not None
