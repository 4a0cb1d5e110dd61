"""The options that say how fast a run is, and change nothing of what comes out."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import INPUT

Jobs = Annotated[
    str | None,
    typer.Option(
        "--jobs",
        metavar="N|auto",
        help="How many processes share the files, or a long stream; what comes out is the same.  "
        "[default: auto, as many as there are processors]",
        rich_help_panel=INPUT,
    ),
]
