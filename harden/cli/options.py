"""Owns the arguments and options that commands share: their names, and what their help says."""

# No `from __future__ import annotations` here and in commands.py: typer would evaluate each annotation at every start.

from collections.abc import Callable
from typing import Annotated

import typer

RISKS = ("safe", "review", "breaking")
FORMATS = ("text", "diff", "json")
PICTURES = ("text", "mermaid", "dot", "svg", "html")

INPUT = "What to look at"
GOAL = "What to reach"
BESIDE = "What to write beside the manifests"
RESULT = "What comes out"


def _option(
    *names: str, group: str, says: str, metavar: str | None = None, words: Callable[[], list[str]] | None = None
) -> object:
    """Return an option; `words` gives the values that a shell may complete."""
    return typer.Option(*names, metavar=metavar, help=says, autocompletion=words, rich_help_panel=group)


def _control_ids() -> list[str]:
    from harden.controls import all_controls  # noqa: PLC0415 - only shells that complete need it

    return [control.id for control in all_controls()]


def _profile_names() -> list[str]:
    from harden.profiles import shipped  # noqa: PLC0415 - only shells that complete need it

    return [profile.name for profile in shipped()]


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Files, and folders to look through; - is standard input.  [default: the current folder]",
        show_default=False,
    ),
]
ProfileName = Annotated[
    str | None,
    _option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        words=_profile_names,
        group=GOAL,
        says="The profile to reach: see `harden profile`.  [default: restricted]",
    ),
]
PssVersion = Annotated[
    str | None,
    _option(
        "--pss-version",
        metavar="v1.N|latest",
        group=GOAL,
        says="The version of the Pod Security Standards to judge by.  [default: the profile's]",
    ),
]
Risk = Annotated[
    str | None,
    _option(
        "--risk",
        metavar="|".join(RISKS),
        words=lambda: list(RISKS),
        group=GOAL,
        says="The riskiest fixes to make: safe ones cannot stop a working container, review ones normally do not, "
        "breaking ones may well.  [default: the profile's: review]",
    ),
]
Companions = Annotated[
    bool | None,
    _option(
        "--companions/--no-companions",
        group=BESIDE,
        says="Write network policies, quotas, service accounts and labels of namespaces, and look at roles.  "
        "[default: the profile's]",
    ),
]
Owns = Annotated[
    list[str] | None,
    _option(
        "--owns-namespace",
        metavar="NS",
        group=BESIDE,
        says="These files are all that runs in the namespace, so they may decide for it; may be repeated.  "
        "[default: namespaces whose Namespace is among them]",
    ),
]
Fallback = Annotated[
    str | None,
    _option(
        "--namespace",
        metavar="NS",
        group=BESIDE,
        says="Where objects without a namespace go.  [default: default]",
    ),
]
CompanionsDir = Annotated[
    str | None,
    _option(
        "--companions-dir",
        metavar="DIR",
        group=BESIDE,
        says="Write all companions there.  [default: beside the manifests that they are for]",
    ),
]
Include = Annotated[
    list[str] | None,
    _option(
        "--include",
        metavar="GLOB",
        group=INPUT,
        says="Take these files of folders; may be repeated.  [default: *.yaml *.yml *.json]",
    ),
]
Exclude = Annotated[
    list[str] | None,
    _option(
        "--exclude",
        metavar="GLOB",
        group=INPUT,
        says="Leave these files and folders out, too; may be repeated. Always left out of folders: what is hidden, "
        "what Git ignores, and charts' templates/.",
    ),
]
ConfigFile = Annotated[
    str | None,
    _option(
        "--config",
        metavar="FILE",
        group=INPUT,
        says="The project's settings.  [default: the nearest harden.yaml, here or above]",
    ),
]
UsageFile = Annotated[
    str | None,
    _option(
        "--usage",
        metavar="FILE",
        group=INPUT,
        says="What was measured of containers, for requests and limits: the JSON of `krr simple -f json`, or CSV with "
        "namespace, workload, container, cpu..., memory... columns.",
    ),
]
Strict = Annotated[
    bool, _option("--strict", group=GOAL, says="Ignore all exemptions: find, and fix, what they would let stand.")
]
Format = Annotated[
    str | None,
    _option(
        "--format",
        metavar="|".join(FORMATS),
        words=lambda: list(FORMATS),
        group=RESULT,
        says="The form of the result.  [default: text; diff for `harden diff`]",
    ),
]
Output = Annotated[
    str | None,
    _option("--output", metavar="FILE", group=RESULT, says="Write the result there instead of standard output."),
]
ReportFile = Annotated[
    str | None,
    _option("--report-file", metavar="FILE", group=RESULT, says="Write a JSON report there as well."),
]
GraphFormat = Annotated[
    str,
    _option(
        "--format",
        metavar="|".join(PICTURES),
        words=lambda: list(PICTURES),
        group=RESULT,
        says="The form of the result; a picture or page needs nothing beside it.",
    ),
]
Before = Annotated[bool, _option("--before", group=RESULT, says="The manifests as they stand.")]
After = Annotated[
    bool,
    _option("--after", group=RESULT, says="With the policies that harden would write.  [default: both, side by side]"),
]
Quiet = Annotated[bool, _option("--quiet", "-q", group=RESULT, says="Say no more than the last line.")]
ControlName = Annotated[
    str | None,
    typer.Argument(metavar="CONTROL", help="The id of a control.", show_default=False, autocompletion=_control_ids),
]
ProfileArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE", help="A shipped profile, or a file.", show_default=False, autocompletion=_profile_names
    ),
]
NoColor = Annotated[bool, _option("--no-color", group=RESULT, says="Plain text on terminals, too.")]
