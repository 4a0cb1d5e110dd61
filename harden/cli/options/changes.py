"""The options that limit a run to a change."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import INPUT

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="REF",
        help="Look at what changed since HEAD left this branch, tag or commit, with what is not committed; all other "
        "files are read, and left as they are.",
        rich_help_panel=INPUT,
    ),
]
PatchFile = Annotated[
    str | None,
    typer.Option(
        "--patch-file",
        metavar="FILE",
        help="Look at what this unified diff changed, whose new side the files are; - is standard input.",
        rich_help_panel=INPUT,
    ),
]
Lines = Annotated[
    bool,
    typer.Option(
        "--lines",
        help="With --since or --patch-file: look at changed lines.  [default: changed workloads]",
        rich_help_panel=INPUT,
    ),
]
