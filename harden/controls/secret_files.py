"""Programs take their secrets from files, not from variables.

## Why
Variables leak: through crash reports, child processes, `/proc`, debug pages and logs. A file in a read-only volume is
read once, by whom its mode allows, and a replaced value reaches it without a new pod.

## Allowed values
No variable comes from a Secret by `secretKeyRef` or `envFrom`.

## What a fix may change
Where the image is known to read the variable's file form (`POSTGRES_PASSWORD_FILE`, `GF_..__FILE`), the variable
becomes that form, and the Secret is mounted read-only below /run/secrets with the used keys alone. Safe where the image
was read for its tag and does not start without the file, else review. Nothing is converted that something else counts
on: a command in the entrypoint's place, `$(NAME)`, a script, probe or mounted text that names it, another `envFrom`,
`optional`. For images that are not known to have such a form `otherwise` chooses: `report` tells what the program would
have to read, `mount` mounts the files beside the variables, `wrap` (breaking) starts the program by way of a shell that
reads them.

## Sources
- Kubernetes documentation, Secrets, "Using Secrets as files from a Pod"
- kubernetes v1.36, pkg/volume/secret/secret.go; pkg/volume/volume_linux.go, SetVolumeOwnership
- docker-library/postgres@6edb0a8c4d, docker-entrypoint.sh, file_env; the facts of each image name their own
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Secrets
- CIS Kubernetes Benchmark 1.12: 5.4.1
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Option, Scope, bundle_control
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext

_OTHERWISE = (
    "What becomes of variables that an image is not known to read from files: `report`, `mount` (files beside the "
    "variables), or `wrap` (a shell reads the files and starts the program)."
)


@bundle_control(
    scope=Scope.OBJECT,
    fields=(
        "spec.containers[*].env[*].valueFrom.secretKeyRef",
        "spec.containers[*].envFrom[*].secretRef",
        "spec.initContainers[*].env[*].valueFrom.secretKeyRef",
        "spec.initContainers[*].envFrom[*].secretRef",
    ),
    options=(Option("otherwise", "report", _OTHERWISE, choices=("report", "mount", "wrap")),),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each Secret that a workload takes as variables."""
    from harden.companions.secret_files import files  # noqa: PLC0415 - slow to load, for runs with companions

    return files(context)
