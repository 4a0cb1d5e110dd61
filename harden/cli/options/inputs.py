"""The options under "What to look at"."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives.

from typing import Annotated

import typer

_HEADING = "What to look at"

Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="GLOB",
        help="Take these files of folders; may be repeated.  [default: *.yaml *.yml *.json]",
        rich_help_panel=_HEADING,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Leave these files and folders out, too; may be repeated. Always left out of folders: what is hidden, "
        "what Git ignores, charts' templates/, and the vendor/ of Go, jsonnet-bundler and Composer.",
        rich_help_panel=_HEADING,
    ),
]
ForceExclude = Annotated[
    bool,
    typer.Option(
        "--force-exclude",
        help="Leave out what is excluded also where it is named itself, and take named templates as found ones: for "
        "hooks, which name files.",
        rich_help_panel=_HEADING,
    ),
]
FollowLinks = Annotated[
    bool,
    typer.Option(
        "--follow-links",
        help="Take files that links in folders lead to, also where they lie outside of the folders.",
        rich_help_panel=_HEADING,
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The project's settings.  [default: the nearest harden.yaml, here or above]",
        rich_help_panel=_HEADING,
    ),
]
Usage = Annotated[
    str | None,
    typer.Option(
        "--usage",
        metavar="FILE",
        help="What was measured of containers, for requests and limits: the JSON of `krr simple -f json`, or CSV with "
        "namespace, workload, container, cpu..., memory... columns.",
        rich_help_panel=_HEADING,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="REF",
        help="Look at what changed since HEAD left this branch, tag or commit, with what is not committed; all other "
        "files are read, and left as they are.",
        rich_help_panel=_HEADING,
    ),
]
PatchFile = Annotated[
    str | None,
    typer.Option(
        "--patch-file",
        metavar="FILE",
        help="Look at what this unified diff changed, whose new side the files are; - is standard input.",
        rich_help_panel=_HEADING,
    ),
]
Lines = Annotated[
    bool,
    typer.Option(
        "--lines",
        help="With --since or --patch-file: look at changed lines.  [default: changed workloads]",
        rich_help_panel=_HEADING,
    ),
]
Jobs = Annotated[
    str | None,
    typer.Option(
        "--jobs",
        metavar="N|auto",
        help="How many processes share the files, or a long stream; what comes out is the same.  "
        "[default: auto, as many as there are processors]",
        rich_help_panel=_HEADING,
    ),
]
CacheDir = Annotated[
    str | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        help="Keep what is found of each file in a folder, and find it again where nothing changed that it rests on; "
        "never a folder within what is looked at.  [default: $HARDEN_CACHE_DIR, else nothing is kept]",
        rich_help_panel=_HEADING,
    ),
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Look at each file anew, and keep nothing.", rich_help_panel=_HEADING),
]
Learn = Annotated[
    bool,
    typer.Option(
        "--learn",
        help="First learn the images of which too little is known from their registries, into harden-images.yaml; the "
        "only option of apply that uses the network.",
        rich_help_panel=_HEADING,
    ),
]
BuildFiles = Annotated[
    str | None,
    typer.Option(
        "--build-files",
        metavar="DIR",
        help="Look there for the Dockerfiles and other build files of images.  [default: in the Git work tree of each "
        "manifest, or the folder given; not for standard input]",
        rich_help_panel=_HEADING,
    ),
]
NoBuildFiles = Annotated[
    bool,
    typer.Option("--no-build-files", help="Let no Dockerfile tell of an image.", rich_help_panel=_HEADING),
]
AssumeNonRoot = Annotated[
    list[str] | None,
    typer.Option(
        "--assume-non-root",
        metavar="GLOB",
        help="These images start as a number other than 0, where nothing else is known of that: you know it. May be "
        "repeated.",
        rich_help_panel=_HEADING,
    ),
]
Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="DIR|URL",
        help="What standard input was built from, as the overlay is to list it.  [default: a copy of standard input]",
        rich_help_panel=_HEADING,
    ),
]
Registry = Annotated[
    bool,
    typer.Option(
        "--registry",
        help="Read the images from their registries, with the logins of docker and podman. Nothing else of harden uses "
        "the network.",
        rich_help_panel=_HEADING,
    ),
]
PlainHttp = Annotated[
    bool,
    typer.Option(
        "--plain-http",
        help="Speak to the registry without TLS; with this machine itself that is the default.",
        rich_help_panel=_HEADING,
    ),
]
ImageName = Annotated[
    str | None,
    typer.Option("--image", metavar="NAME", help="The image's name, where FILE has none.", rich_help_panel=_HEADING),
]
Manifests = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="With --registry: learn all images of the manifests below PATH of which too little is known, into "
        "harden-images.yaml or what --add names.",
        rich_help_panel=_HEADING,
    ),
]
