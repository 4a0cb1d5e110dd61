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
CacheDir = Annotated[
    str | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        help="Keep what is found of each file in a folder, and find it again where nothing changed that it rests on; "
        "never a folder within what is looked at.  [default: $HARDEN_CACHE_DIR, else nothing is kept]",
        rich_help_panel=INPUT,
    ),
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Look at each file anew, and keep nothing.", rich_help_panel=INPUT),
]
