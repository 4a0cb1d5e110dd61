"""The options under "What to write beside the manifests"."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives.

from typing import Annotated

import typer

_HEADING = "What to write beside the manifests"

Companions = Annotated[
    bool | None,
    typer.Option(
        "--companions/--no-companions",
        help="Write network policies, quotas, service accounts and labels of namespaces, and look at roles.  "
        "[default: the profile's]",
        rich_help_panel=_HEADING,
    ),
]
OwnsNamespace = Annotated[
    list[str] | None,
    typer.Option(
        "--owns-namespace",
        metavar="NS",
        help="These files are all that runs in the namespace, so they may decide for it; may be repeated.  "
        "[default: namespaces whose Namespace is among them]",
        rich_help_panel=_HEADING,
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        metavar="NS",
        help="Where objects without a namespace go.  [default: default]",
        rich_help_panel=_HEADING,
    ),
]
CompanionsDir = Annotated[
    str | None,
    typer.Option(
        "--companions-dir",
        metavar="DIR",
        help="Write all companions there.  [default: beside the manifests that they are for]",
        rich_help_panel=_HEADING,
    ),
]
Flows = Annotated[
    str | None,
    typer.Option(
        "--flows",
        metavar="FILE",
        help="A log of observed connections, for network policies: of Hubble, Calico, Envoy, or CSV; - is standard "
        "input.",
        rich_help_panel=_HEADING,
    ),
]
