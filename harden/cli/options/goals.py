"""The options under "What to reach"."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives.

from typing import Annotated

import typer

from harden.cli.options import words

_HEADING = "What to reach"

Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        help="The profile to reach: see `harden profile`.  [default: restricted]",
        rich_help_panel=_HEADING,
        autocompletion=words.profile_names,
    ),
]
PssVersion = Annotated[
    str | None,
    typer.Option(
        "--pss-version",
        metavar="v1.N|latest",
        help="The version of the Pod Security Standards to judge by.  [default: the profile's]",
        rich_help_panel=_HEADING,
        autocompletion=words.pss_versions,
    ),
]
Risk = Annotated[
    str | None,
    typer.Option(
        "--risk",
        metavar="|".join(words.RISKS),
        help="The riskiest fixes to make: safe ones cannot stop a working container, review ones normally do not, "
        "breaking ones may well.  [default: the profile's: review]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.RISKS),
    ),
]
RenderedRisk = Annotated[
    str | None,
    typer.Option(
        "--risk",
        metavar="|".join(words.RISKS),
        help="The riskiest fixes to make; those of profiles and harden.yaml do not count here.  [default: safe]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.RISKS),
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="CONTROL",
        help="Run these controls alone; may be repeated.  [default: the profile's]",
        rich_help_panel=_HEADING,
        autocompletion=words.control_ids,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CONTROL",
        help="Do not run these controls; may be repeated.",
        rich_help_panel=_HEADING,
        autocompletion=words.control_ids,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Ignore all exemptions, and fail where there was nothing to look at.", rich_help_panel=_HEADING
    ),
]
NoExemptions = Annotated[bool, typer.Option("--strict", help="Ignore all exemptions.", rich_help_panel=_HEADING)]
Gate = Annotated[
    bool,
    typer.Option(
        "--gate",
        help="check: judge everything, let nothing that is judged have a say, and fail on what cannot be judged: "
        "for CI.",
        rich_help_panel=_HEADING,
    ),
]
Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        "-i",
        help="apply: show each fix on the terminal and ask whether to make it.",
        rich_help_panel=_HEADING,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Fail only on what is not in this file; what is in it is listed apart.",
        rich_help_panel=_HEADING,
    ),
]
WriteBaseline = Annotated[
    str | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="check: write what is found into this file, so that from now on only new findings fail.",
        rich_help_panel=_HEADING,
    ),
]
