"""The options of the commands that other tools run, as typer takes them."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options import shared as options
from harden.cli.options import words as completing

INLINE = ("flux", "flux-helm", "argo-cd")
FAIL_ON = ("short", "breaking", "waiting")

RenderedRisk = Annotated[
    str | None,
    typer.Option(
        "--risk",
        metavar="|".join(completing.RISKS),
        help="The riskiest fixes to make; those of profiles and harden.yaml do not count here.  [default: safe]",
        rich_help_panel=options.GOAL,
        autocompletion=completing.one_of(completing.RISKS),
    ),
]
NoExemptions = Annotated[bool, typer.Option("--strict", help="Ignore all exemptions.", rich_help_panel=options.GOAL)]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        metavar="|".join(FAIL_ON),
        help="Exit with 1 when a workload would still be refused (short), a breaking fix is left open, or facts about "
        "images are missing (waiting); may be repeated.  [default: never]",
        rich_help_panel=options.RESULT,
        autocompletion=completing.one_of(FAIL_ON),
    ),
]
Overlay = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder of the overlay. What harden did not write there is never overwritten.",
        rich_help_panel=options.RESULT,
    ),
]
Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="DIR|URL",
        help="What standard input was built from, as the overlay is to list it.  [default: a copy of standard input]",
        rich_help_panel=options.INPUT,
    ),
]
InlineForm = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(INLINE),
        help="Print the patches as they stand in a Kustomization or HelmRelease of Flux, or an Application of Argo CD.",
        rich_help_panel=options.RESULT,
        autocompletion=completing.one_of(INLINE),
    ),
]
