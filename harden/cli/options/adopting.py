"""The options of those who take harden up step by step: baselines, and files that hooks name."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import GOAL, INPUT, RESULT

Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Fail only on what is not in this file; what is in it is listed apart.",
        rich_help_panel=GOAL,
    ),
]
WriteBaseline = Annotated[
    str | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="check: write what is found into this file, so that from now on only new findings fail.",
        rich_help_panel=GOAL,
    ),
]
Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        "-i",
        help="apply: show each fix on the terminal and ask whether to make it.",
        rich_help_panel=GOAL,
    ),
]
OutputDir = Annotated[
    str | None,
    typer.Option(
        "--output-dir",
        metavar="DIR",
        help="apply: write the hardened files into a new folder, with all that lies beside them, and change none.",
        rich_help_panel=RESULT,
    ),
]
Timings = Annotated[
    bool,
    typer.Option("--timings", help="Print how long each stage of the run took.", rich_help_panel=RESULT),
]
ForceExclude = Annotated[
    bool,
    typer.Option(
        "--force-exclude",
        help="Leave out what is excluded also where it is named itself, and take named templates as found ones: for "
        "hooks, which name files.",
        rich_help_panel=INPUT,
    ),
]
