"""The options of the gate."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import GOAL

_ABOUT = "check: judge everything, let nothing that is judged have a say, and fail on what cannot be judged: for CI."
Gate = Annotated[bool, typer.Option("--gate", help=_ABOUT, rich_help_panel=GOAL)]
