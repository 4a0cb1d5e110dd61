"""The arguments of commands: paths, and the names of controls, profiles and images."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives.

from typing import Annotated

import typer

from harden.cli.options import words

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Files, and folders to look through; - is standard input.  [default: the current folder]",
        show_default=False,
    ),
]
Control = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTROL",
        help="The id of a control, of an official check, or of a rule of another scanner.",
        show_default=False,
        autocompletion=words.explained,
    ),
]
Profile = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE",
        help="A shipped profile, or a file.",
        show_default=False,
        autocompletion=words.profile_names,
    ),
]
Folder = Annotated[
    str,
    typer.Argument(metavar="PATH", help="The folder to look at.  [default: the current folder]", show_default=False),
]
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
