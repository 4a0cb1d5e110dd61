"""The options under "What comes out"."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives.

from typing import Annotated

import typer

from harden.cli.options import words

_HEADING = "What comes out"

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(words.FORMATS),
        help="The form of the result.  [default: text; diff for `harden diff`]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.FORMATS),
    ),
]
Picture = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(words.PICTURES),
        help="The form of the result; a picture or page needs nothing beside it.  [default: text]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.PICTURES),
    ),
]
InlineForm = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(words.INLINE),
        help="Print the patches as they stand in a Kustomization or HelmRelease of Flux, or an Application of Argo CD.",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.INLINE),
    ),
]
Framework = Annotated[
    str | None,
    typer.Option(
        "--framework",
        metavar="|".join(words.FRAMEWORKS),
        help="A report for auditors by the sections of the NSA/CISA Kubernetes Hardening Guidance, the CIS Kubernetes "
        "Benchmark, the Pod Security Standards, or the design principles.  [format: markdown, or html]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.FRAMEWORKS),
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="Write the result there instead of standard output.",
        rich_help_panel=_HEADING,
    ),
]
OutputDir = Annotated[
    str | None,
    typer.Option(
        "--output-dir",
        metavar="DIR",
        help="apply: write the hardened files into a new folder, with all that lies beside them, and change none.",
        rich_help_panel=_HEADING,
    ),
]
Overlay = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder of the overlay. What harden did not write there is never overwritten.",
        rich_help_panel=_HEADING,
    ),
]
Add = Annotated[
    str | None,
    typer.Option(
        "--add",
        metavar="FILE",
        help="Add the entries to this file, which may be new; what is in it stays. harden reads harden-images.yaml and "
        "the folder harden-images/ beside harden.yaml, and what harden.yaml names.",
        rich_help_panel=_HEADING,
    ),
]
ReportFile = Annotated[
    str | None,
    typer.Option("--report-file", metavar="FILE", help="Write a JSON report there as well.", rich_help_panel=_HEADING),
]
Before = Annotated[bool, typer.Option("--before", help="The manifests as they stand.", rich_help_panel=_HEADING)]
After = Annotated[
    bool,
    typer.Option(
        "--after",
        help="With the policies that harden would write.  [default: both, side by side]",
        rich_help_panel=_HEADING,
    ),
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        metavar="|".join(words.FAIL_ON),
        help="Exit with 1 when a workload would still be refused (short), a breaking fix is left open, or facts about "
        "images are missing (waiting); may be repeated.  [default: never]",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.FAIL_ON),
    ),
]
Statistics = Annotated[
    bool,
    typer.Option("--statistics", help="Print how much each control found, not what.", rich_help_panel=_HEADING),
]
ShowSecrets = Annotated[
    bool,
    typer.Option("--show-secrets", help="Show the values of secrets in a patch.", rich_help_panel=_HEADING),
]
Timings = Annotated[
    bool,
    typer.Option("--timings", help="Print how long each stage of the run took.", rich_help_panel=_HEADING),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print only what was left alone or went wrong, and the summary.",
        rich_help_panel=_HEADING,
    ),
]
Color = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="|".join(words.COLORS),
        help="Whether text is coloured; auto: on terminals, unless NO_COLOR or FORCE_COLOR says otherwise.",
        rich_help_panel=_HEADING,
        autocompletion=words.one_of(words.COLORS),
        show_default=False,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="The same as --color never.", rich_help_panel=_HEADING)]

# Those of `harden init`, which are too few for headings.
Force = Annotated[bool, typer.Option("--force", help="Write it anew where one is there already.")]
Stdout = Annotated[bool, typer.Option("--stdout", help="Print it, and write nothing.")]
