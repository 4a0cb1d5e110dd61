"""The option of reports for auditors, as typer takes it."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import RESULT
from harden.cli.options.words import one_of

FRAMEWORKS = ("nsa", "cis", "pss", "principles")

Framework = Annotated[
    str | None,
    typer.Option(
        "--framework",
        metavar="|".join(FRAMEWORKS),
        help="A report for auditors by the sections of the NSA/CISA Kubernetes Hardening Guidance, the CIS Kubernetes "
        "Benchmark, the Pod Security Standards, or the design principles.  [format: markdown, or html]",
        rich_help_panel=RESULT,
        autocompletion=one_of(FRAMEWORKS),
    ),
]
