"""The arguments and options of `harden images`, each declared once as typer takes them."""

# No `from __future__ import annotations`, for the reason that options/shared.py gives.

from typing import Annotated

import typer

from harden.cli.options.shared import INPUT, RESULT

Images = Annotated[
    list[str] | None, typer.Argument(metavar="IMAGE", help="Images as manifests name them.", show_default=False)
]
Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|IMAGE",
        help="An archive of docker save, an OCI layout (folder or archive), or the JSON of docker inspect or skopeo "
        "inspect --config; - is standard input. With --registry: images as manifests name them.",
        show_default=False,
    ),
]
Registry = Annotated[
    bool,
    typer.Option(
        "--registry",
        help="Read the images from their registries, with the logins of docker and podman. Nothing else of harden uses "
        "the network.",
        rich_help_panel=INPUT,
    ),
]
PlainHttp = Annotated[
    bool,
    typer.Option(
        "--plain-http",
        help="Speak to the registry without TLS; with this machine itself that is the default.",
        rich_help_panel=INPUT,
    ),
]
Learn = Annotated[
    bool,
    typer.Option(
        "--learn",
        help="First learn the images of which too little is known from their registries, into harden-images.yaml; the "
        "only option of apply that uses the network.",
        rich_help_panel=INPUT,
    ),
]
BuildFiles = Annotated[
    str | None,
    typer.Option(
        "--build-files",
        metavar="DIR",
        help="Look there for the Dockerfiles and other build files of images.  [default: in the Git work tree of each "
        "manifest, or the folder given; not for standard input]",
        rich_help_panel=INPUT,
    ),
]
NoBuildFiles = Annotated[
    bool,
    typer.Option("--no-build-files", help="Let no Dockerfile tell of an image.", rich_help_panel=INPUT),
]
AssumeNonRoot = Annotated[
    list[str] | None,
    typer.Option(
        "--assume-non-root",
        metavar="GLOB",
        help="These images start as a number other than 0, where nothing else is known of that: you know it. May be "
        "repeated.",
        rich_help_panel=INPUT,
    ),
]
ImageName = Annotated[
    str | None,
    typer.Option("--image", metavar="NAME", help="The image's name, where FILE has none.", rich_help_panel=INPUT),
]
Manifests = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="With --registry: learn all images of the manifests below PATH of which too little is known, into "
        "harden-images.yaml or what --add names.",
        rich_help_panel=INPUT,
    ),
]
Add = Annotated[
    str | None,
    typer.Option(
        "--add",
        metavar="FILE",
        help="Add the entries to this file, which may be new; what is in it stays. harden reads harden-images.yaml and "
        "the folder harden-images/ beside harden.yaml, and what harden.yaml names.",
        rich_help_panel=RESULT,
    ),
]
