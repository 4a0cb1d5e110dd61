"""Owns what typer has to know of the options and arguments: their annotations, and the signature of a command."""

# No `from __future__ import annotations` here and in commands.py: typer would evaluate each annotation at every start.

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Annotated

import typer

from harden.cli import options
from harden.cli.framework import MissingValueError
from harden.cli.options import Option, Takes, swallowed


def shown(option: Option) -> object:
    """Return what typer has to know of an option beside the type of its value."""
    name, *others = option.names
    return typer.Option(
        f"{name}/{option.off}" if option.off else name,
        *others,
        metavar=option.metavar,
        help=option.says,
        autocompletion=option.words,
        callback=None if option.takes is Takes.NOTHING else _demand_value(option),
        rich_help_panel=option.group,
    )


def signature(switches: Sequence[Option]) -> Signature:
    """Return the signature of a command with these options, which takes paths: what typer makes its parser from."""
    context = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    paths = Parameter(options.PATHS, Parameter.KEYWORD_ONLY, default=None, annotation=Paths)
    return Signature([context, paths, *(_parameter(option) for option in switches)])


def _parameter(option: Option) -> Parameter:
    is_plain = option.takes is Takes.NOTHING and option.off is None
    default = False if is_plain else None
    return Parameter(
        option.key,
        Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[_type(option), shown(option)],
    )


def _type(option: Option) -> object:
    """Return the type of an option's value, as Option says."""
    if option.takes is Takes.NOTHING:
        return bool if option.off is None else bool | None
    return list[str] | None if option.is_list else str | None


def _demand_value(option: Option) -> Callable[[list[str] | str | None], list[str] | str | None]:
    """Return what passes the value of an option on; it raises MissingValueError where that was forgotten."""

    def demand(value: list[str] | str | None) -> list[str] | str | None:
        word = swallowed(option, value)
        if word is not None:
            raise MissingValueError(option.names[0], word)
        return value

    return demand


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Files, and folders to look through; - is standard input.  [default: the current folder]",
        show_default=False,
    ),
]
ControlName = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTROL", help="The id of a control.", show_default=False, autocompletion=options.control_ids
    ),
]
ProfileArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME|FILE",
        help="A shipped profile, or a file.",
        show_default=False,
        autocompletion=options.profile_names,
    ),
]
ProfileName = Annotated[str | None, shown(options.PROFILE)]
PssVersion = Annotated[str | None, shown(options.PSS_VERSION)]
Risk = Annotated[str | None, shown(options.RISK)]
Owns = Annotated[list[str] | None, shown(options.OWNS)]
Fallback = Annotated[str | None, shown(options.NAMESPACE)]
Include = Annotated[list[str] | None, shown(options.INCLUDE)]
Exclude = Annotated[list[str] | None, shown(options.EXCLUDE)]
ConfigFile = Annotated[str | None, shown(options.CONFIG)]
Output = Annotated[str | None, shown(options.OUTPUT)]
GraphFormat = Annotated[str, shown(options.GRAPH_FORMAT)]
Before = Annotated[bool, shown(options.BEFORE)]
After = Annotated[bool, shown(options.AFTER)]
