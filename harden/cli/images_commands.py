"""Owns the commands below `harden images`: what each is called, what its help says, and what it runs."""

# No `from __future__ import annotations`, for the reason that parameters.py gives.

from typing import Annotated

import typer

from harden.cli import parameters
from harden.cli.framework import Command, DefaultGroup
from harden.cli.options import INPUT, RESULT, Option, Takes
from harden.cli.parameters import shown
from harden.cli.texts import EPILOGS, SHORT

_Images = Annotated[
    list[str] | None,
    typer.Argument(metavar="IMAGE", help="Images as manifests name them.", show_default=False),
]
_Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|IMAGE",
        help="An archive of docker save, an OCI layout (folder or archive), or the JSON of docker inspect or skopeo "
        "inspect --config; - is standard input. With --registry: images as manifests name them.",
        show_default=False,
    ),
]
_REGISTRY = Option(
    "registry",
    ("--registry",),
    INPUT,
    "Read the images from their registries, with the logins of docker and podman. Nothing else of harden uses the "
    "network.",
)
_PLAIN_HTTP = Option(
    "plain_http",
    ("--plain-http",),
    INPUT,
    "Speak to the registry without TLS; with this machine itself that is the default.",
)
_IMAGE = Option("image", ("--image",), INPUT, "The image's name, where FILE has none.", Takes.WORD, metavar="NAME")
_ADD = Option(
    "add",
    ("--add",),
    RESULT,
    "Add the entries to this file, which may be new; what is in it stays. harden reads harden-images.yaml and the "
    "folder harden-images/ beside harden.yaml, and what harden.yaml names.",
    Takes.TEXT,
    metavar="FILE",
)
_FROM = Option(
    "manifests",
    ("--from",),
    INPUT,
    "With --registry: learn all images of the manifests below PATH of which too little is known, into "
    "harden-images.yaml or what --add names.",
    Takes.TEXT,
    metavar="PATH",
    is_list=True,
)
_From = Annotated[list[str] | None, shown(_FROM)]
_Registry = Annotated[bool, shown(_REGISTRY)]
_PlainHttp = Annotated[bool, shown(_PLAIN_HTTP)]
_Name = Annotated[str | None, shown(_IMAGE)]
_Add = Annotated[str | None, shown(_ADD)]


def show(images: _Images = None, *, config: parameters.ConfigFile = None) -> None:
    """Print what is known of images."""
    from harden.cli import images as owner  # noqa: PLC0415 - help and completion do without

    raise typer.Exit(owner.show(tuple(images or ()), config))


def learn(  # noqa: PLR0913 - typer makes an option of each parameter
    sources: _Sources = None,
    *,
    registry: _Registry = False,
    plain_http: _PlainHttp = False,
    image: _Name = None,
    manifests: _From = None,
    config: parameters.ConfigFile = None,
    add: _Add = None,
    output: parameters.Output = None,
) -> None:
    """Learn images."""
    from harden.cli import images as owner  # noqa: PLC0415 - help and completion do without

    asked = owner.Learning(
        tuple(sources or ()), registry, plain_http, image, add, output, config, tuple(manifests or ())
    )
    raise typer.Exit(owner.learn(asked))


def group() -> typer.Typer:
    """Return the commands below `harden images`; `show` may be left out."""
    app = typer.Typer(
        cls=DefaultGroup,
        help=SHORT["images"],
        epilog=EPILOGS["images"],
        no_args_is_help=True,
        subcommand_metavar="IMAGE... | COMMAND [ARGS]...",
        rich_markup_mode=None,
    )
    for name, command in (("show", show), ("learn", learn)):
        app.command(name, cls=Command, help=SHORT[f"images {name}"], epilog=EPILOGS[f"images {name}"])(command)
    return app
