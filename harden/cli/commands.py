"""Owns the commands: what each is called, what its help says, and what it runs."""

# No `from __future__ import annotations`, for the reason that parameters.py gives.

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from harden.cli import parameters
from harden.cli.framework import Command, skip_conversion
from harden.cli.options import REWRITES, REWRITING
from harden.cli.parameters import signature
from harden.cli.texts import ABOUT, CODES, EPILOGS, SHORT

if TYPE_CHECKING:
    from harden.cli.request import Request

#: What runs apply, diff and check: it does what is asked for and returns the exit code.
Act = Callable[["Request"], int]

#: Set by the shell when it asks for completions (typer names it after the program).
_COMPLETION = "_HARDEN_COMPLETE"


def rewrite(context: typer.Context, **given: object) -> None:
    """Run apply, diff or check, whichever was typed."""
    # Here and below: the program's own modules come with what they need, which help and completion do not.
    from harden.cli.request import request_of  # noqa: PLC0415 - see above

    act: Act = context.obj
    raise typer.Exit(act(request_of(context.info_name or "", given)))


# typer makes options of the parameters that a function says it has; these are declared once, for plain.py as well.
setattr(rewrite, "__signature__", signature(REWRITING))  # noqa: B010 - mypy lets nobody assign it


def explain(control: parameters.ControlName = None) -> None:
    """Print the manual page of a control, or the list of all."""
    from harden.cli import streams  # noqa: PLC0415 - see above
    from harden.cli.pages import explain_all, manual  # noqa: PLC0415 - see above

    streams.write((explain_all() if control is None else manual(control)).encode())


def profile(
    name: parameters.ProfileArgument = None,
    *,
    pss_version: parameters.PssVersion = None,
    risk: parameters.Risk = None,
    config: parameters.ConfigFile = None,
) -> None:
    """Print a resolved profile, or the list of the shipped ones."""
    from harden.cli import streams  # noqa: PLC0415 - see above
    from harden.cli.pages import describe_profile, list_profiles  # noqa: PLC0415 - see above
    from harden.cli.request import Goal  # noqa: PLC0415 - see above

    goal = Goal(name, pss_version, risk, config)
    streams.write((list_profiles() if name is None else describe_profile(goal)).encode())


def graph(  # noqa: PLR0913 - typer makes an option of each parameter
    paths: parameters.Paths = None,
    *,
    profile: parameters.ProfileName = None,
    owns_namespace: parameters.Owns = None,
    namespace: parameters.Fallback = None,
    include: parameters.Include = None,
    exclude: parameters.Exclude = None,
    config: parameters.ConfigFile = None,
    form: parameters.GraphFormat = "text",
    before: parameters.Before = False,
    after: parameters.After = False,
    output: parameters.Output = None,
) -> None:
    """Print who can reach whom."""
    from harden.cli.graph import GraphRequest, run_graph  # noqa: PLC0415 - see above
    from harden.cli.request import Beside, Goal, Request  # noqa: PLC0415 - see above

    request = Request(
        mode="graph",
        paths=tuple(paths or ()),
        goal=Goal(profile, None, None, config),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        output=output,
        beside=Beside(owns=tuple(owns_namespace or ()), namespace=namespace),
    )
    raise typer.Exit(run_graph(GraphRequest(request, form, before, after)))


COMMANDS: dict[str, Callable[..., None]] = {
    **dict.fromkeys(REWRITES, rewrite),
    "graph": graph,
    "explain": explain,
    "profile": profile,
}


def _images() -> typer.Typer:
    from harden.cli.images_commands import group  # noqa: PLC0415 - no other command needs it

    return group()


GROUPS: dict[str, Callable[[], typer.Typer]] = {"images": _images}


def application(words: Sequence[str]) -> typer.Typer:
    """Return the program for these arguments: with the one command that they start with, or with all."""
    is_known = bool(words) and words[0] in {*COMMANDS, *GROUPS} and _COMPLETION not in os.environ
    app = typer.Typer(
        help=ABOUT,
        epilog=CODES,
        no_args_is_help=True,
        add_completion=not is_known,
        # Help in boxes needs rich, which takes longer to import than a small file takes to harden.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in (words[0],) if is_known else (*COMMANDS, *GROUPS):
        if name in GROUPS:
            app.add_typer(GROUPS[name](), name=name)
        else:
            app.command(name, cls=Command, help=SHORT[name], epilog=EPILOGS[name])(COMMANDS[name])
    return app


def command(words: Sequence[str]) -> Callable[..., object]:
    """Return the command line for these arguments, as typer calls it: with `args`, and an Act as `obj`."""
    made = typer.main.get_command(application(words))
    # typer promises no more than a command; an app with a callback makes a group.
    if isinstance(made, TyperGroup):
        skip_conversion(made)
    return made


def run_command(words: Sequence[str], act: Act) -> None:
    """Run the command that `words` name; raises SystemExit with its exit code, or HardenError."""
    command(words)(args=list(words), prog_name="harden", obj=act)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from harden import __version__  # noqa: PLC0415 - see above

        typer.echo(f"harden {__version__}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda value: _print_version(wanted=value), is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    del version
