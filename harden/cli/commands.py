"""Owns the commands: what each is called, what its help says, and what it runs."""

# No `from __future__ import annotations`, for the reason that options.py gives.

import os
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from harden.cli import options
from harden.cli.framework import Command, skip_conversion
from harden.cli.texts import ABOUT, CODES, EPILOGS, SHORT

#: Set by the shell when it asks for completions (typer names it after the program).
_COMPLETION = "_HARDEN_COMPLETE"


def rewrite(  # noqa: PLR0913 - typer makes an option of each parameter
    context: typer.Context,
    paths: options.Paths = None,
    *,
    profile: options.ProfileName = None,
    pss_version: options.PssVersion = None,
    risk: options.Risk = None,
    strict: options.Strict = False,
    companions: options.Companions = None,
    owns_namespace: options.Owns = None,
    namespace: options.Fallback = None,
    companions_dir: options.CompanionsDir = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    config: options.ConfigFile = None,
    usage: options.UsageFile = None,
    form: options.Format = None,
    output: options.Output = None,
    report_file: options.ReportFile = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Run apply, diff or check, whichever was typed."""
    # Here and below: the program's own modules come with what they need, which help and completion do not.
    from harden.cli.request import Beside, Goal, Request  # noqa: PLC0415 - see above
    from harden.cli.run import run  # noqa: PLC0415 - see above

    request = Request(
        mode=context.info_name or "",
        paths=tuple(paths or ()),
        goal=Goal(profile, pss_version, risk, config),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        form=form,
        output=output,
        report_file=report_file,
        quiet=quiet,
        no_color=no_color,
        beside=Beside(companions, tuple(owns_namespace or ()), namespace, companions_dir),
        usage=usage,
        strict=strict,
    )
    raise typer.Exit(run(request))


def explain(control: options.ControlName = None) -> None:
    """Print the manual page of a control, or the list of all."""
    from harden.cli import streams  # noqa: PLC0415 - see above
    from harden.cli.pages import explain_all, manual  # noqa: PLC0415 - see above

    streams.write((explain_all() if control is None else manual(control)).encode())


def profile(
    name: options.ProfileArgument = None,
    *,
    pss_version: options.PssVersion = None,
    risk: options.Risk = None,
    config: options.ConfigFile = None,
) -> None:
    """Print a resolved profile, or the list of the shipped ones."""
    from harden.cli import streams  # noqa: PLC0415 - see above
    from harden.cli.pages import describe_profile, list_profiles  # noqa: PLC0415 - see above
    from harden.cli.request import Goal  # noqa: PLC0415 - see above

    goal = Goal(name, pss_version, risk, config)
    streams.write((list_profiles() if name is None else describe_profile(goal)).encode())


def graph(  # noqa: PLR0913 - typer makes an option of each parameter
    paths: options.Paths = None,
    *,
    profile: options.ProfileName = None,
    owns_namespace: options.Owns = None,
    namespace: options.Fallback = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    config: options.ConfigFile = None,
    form: options.GraphFormat = "text",
    before: options.Before = False,
    after: options.After = False,
    output: options.Output = None,
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
    "apply": rewrite,
    "diff": rewrite,
    "check": rewrite,
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


def run_command(words: Sequence[str]) -> None:
    """Run the command that `words` name; raises SystemExit with its exit code, or HardenError."""
    command = typer.main.get_command(application(words))
    # typer promises no more than a command; an app with a callback makes a group.
    if isinstance(command, TyperGroup):
        skip_conversion(command)
    command(args=list(words), prog_name="harden")


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
