"""The arguments and options of the commands, each declared once as typer takes them, for commands that share them."""

# No `from __future__ import annotations` here and in application.py: typer would evaluate each one at every start.

from typing import Annotated

import typer

from harden.cli.options import words as completing
from harden.cli.options.words import COLORS, FORMATS, PICTURES, RISKS

INPUT = "What to look at"
GOAL = "What to reach"
_BESIDE = "What to write beside the manifests"
RESULT = "What comes out"


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Files, and folders to look through; - is standard input.  [default: the current folder]",
        show_default=False,
    ),
]
ControlArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTROL",
        help="The id of a control, of an official check, or of a rule of another scanner.",
        show_default=False,
        autocompletion=completing.explained,
    ),
]
ProfileArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE",
        help="A shipped profile, or a file.",
        show_default=False,
        autocompletion=completing.profile_names,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        help="The profile to reach: see `harden profile`.  [default: restricted]",
        rich_help_panel=GOAL,
        autocompletion=completing.profile_names,
    ),
]
PssVersion = Annotated[
    str | None,
    typer.Option(
        "--pss-version",
        metavar="v1.N|latest",
        help="The version of the Pod Security Standards to judge by.  [default: the profile's]",
        rich_help_panel=GOAL,
        autocompletion=completing.pss_versions,
    ),
]
Risk = Annotated[
    str | None,
    typer.Option(
        "--risk",
        metavar="|".join(RISKS),
        help="The riskiest fixes to make: safe ones cannot stop a working container, review ones normally do not, "
        "breaking ones may well.  [default: the profile's: review]",
        rich_help_panel=GOAL,
        autocompletion=completing.one_of(RISKS),
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Ignore all exemptions, and fail where there was nothing to look at.", rich_help_panel=GOAL
    ),
]
Companions = Annotated[
    bool | None,
    typer.Option(
        "--companions/--no-companions",
        help="Write network policies, quotas, service accounts and labels of namespaces, and look at roles.  "
        "[default: the profile's]",
        rich_help_panel=_BESIDE,
    ),
]
OwnsNamespace = Annotated[
    list[str] | None,
    typer.Option(
        "--owns-namespace",
        metavar="NS",
        help="These files are all that runs in the namespace, so they may decide for it; may be repeated.  "
        "[default: namespaces whose Namespace is among them]",
        rich_help_panel=_BESIDE,
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        metavar="NS",
        help="Where objects without a namespace go.  [default: default]",
        rich_help_panel=_BESIDE,
    ),
]
CompanionsDir = Annotated[
    str | None,
    typer.Option(
        "--companions-dir",
        metavar="DIR",
        help="Write all companions there.  [default: beside the manifests that they are for]",
        rich_help_panel=_BESIDE,
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="GLOB",
        help="Take these files of folders; may be repeated.  [default: *.yaml *.yml *.json]",
        rich_help_panel=INPUT,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Leave these files and folders out, too; may be repeated. Always left out of folders: what is hidden, "
        "what Git ignores, and charts' templates/.",
        rich_help_panel=INPUT,
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The project's settings.  [default: the nearest harden.yaml, here or above]",
        rich_help_panel=INPUT,
    ),
]
Usage = Annotated[
    str | None,
    typer.Option(
        "--usage",
        metavar="FILE",
        help="What was measured of containers, for requests and limits: the JSON of `krr simple -f json`, or CSV with "
        "namespace, workload, container, cpu..., memory... columns.",
        rich_help_panel=INPUT,
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(FORMATS),
        help="The form of the result.  [default: text; diff for `harden diff`]",
        rich_help_panel=RESULT,
        autocompletion=completing.one_of(FORMATS),
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="Write the result there instead of standard output.",
        rich_help_panel=RESULT,
    ),
]
ReportFile = Annotated[
    str | None,
    typer.Option("--report-file", metavar="FILE", help="Write a JSON report there as well.", rich_help_panel=RESULT),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print only what was left alone or went wrong, and the summary.",
        rich_help_panel=RESULT,
    ),
]
Color = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="|".join(COLORS),
        help="Whether text is coloured; auto: on terminals, unless NO_COLOR or FORCE_COLOR says otherwise.",
        rich_help_panel=RESULT,
        autocompletion=completing.one_of(COLORS),
        show_default=False,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="The same as --color never.", rich_help_panel=RESULT)]
Statistics = Annotated[
    bool,
    typer.Option("--statistics", help="Print how much each control found, not what.", rich_help_panel=RESULT),
]
ShowSecrets = Annotated[
    bool,
    typer.Option("--show-secrets", help="Show the values of secrets in a patch.", rich_help_panel=RESULT),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="CONTROL",
        help="Run these controls alone; may be repeated.  [default: the profile's]",
        rich_help_panel=GOAL,
        autocompletion=completing.control_ids,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CONTROL",
        help="Do not run these controls; may be repeated.",
        rich_help_panel=GOAL,
        autocompletion=completing.control_ids,
    ),
]
FollowLinks = Annotated[
    bool,
    typer.Option(
        "--follow-links",
        help="Take files that links in folders lead to, also where they lie outside of the folders.",
        rich_help_panel=INPUT,
    ),
]
Flows = Annotated[
    str | None,
    typer.Option(
        "--flows",
        metavar="FILE",
        help="A log of observed connections, for network policies: of Hubble, Calico, Envoy, or CSV; - is standard "
        "input.",
        rich_help_panel=_BESIDE,
    ),
]

Picture = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(PICTURES),
        help="The form of the result; a picture or page needs nothing beside it.  [default: text]",
        rich_help_panel=RESULT,
        autocompletion=completing.one_of(PICTURES),
    ),
]
Before = Annotated[bool, typer.Option("--before", help="The manifests as they stand.", rich_help_panel=RESULT)]
After = Annotated[
    bool,
    typer.Option(
        "--after",
        help="With the policies that harden would write.  [default: both, side by side]",
        rich_help_panel=RESULT,
    ),
]
