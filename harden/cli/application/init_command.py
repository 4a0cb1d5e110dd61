"""The command init as typer takes it."""

# No `from __future__ import annotations`, for the reason that options/__init__.py gives. Imports inside the commands:
# each command loads what it needs, help and completion nothing.

from typing import Annotated

import typer

from harden.cli.application.typer_extensions import Command

_INIT = """\b
Examples:
  harden init                    writes harden.yaml, and says what to do next
  harden init --stdout deploy/   prints what it would write for that folder
"""

Folder = Annotated[
    str,
    typer.Argument(metavar="PATH", help="The folder to look at.  [default: the current folder]", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="Write it anew where one is there already.")]
Stdout = Annotated[bool, typer.Option("--stdout", help="Print it, and write nothing.")]


def add_init_command(app: typer.Typer) -> None:
    """Add it to the application."""
    app.command("init", cls=Command, help="Look at a folder and write a harden.yaml that fits.", epilog=_INIT)(init)


def init(path: Folder = ".", *, force: Force = False, stdout: Stdout = False) -> None:
    """Write a harden.yaml."""
    from harden.cli.commands.init import init as run  # noqa: PLC0415 - see above

    raise typer.Exit(run(path, to_stdout=stdout, force=force))
