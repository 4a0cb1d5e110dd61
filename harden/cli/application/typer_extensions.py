"""Where harden departs from typer: help in plain sections, values as typed, and hints for habits of kubectl."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, cast

import typer
from typer.core import TyperCommand, TyperGroup

#: Files and globs may begin with a dash; for any other value, a word that does is an option, and the value is missing.
_MAY_BEGIN_WITH_DASH = frozenset({"FILE", "GLOB", "DIR", "PATH"})


#: What people type who come from kubectl or a linter, and what to write instead; {} stands for the command.
_HABITS = {
    "-f": "paths need no option: harden {} {}",
    "--filename": "paths need no option: harden {} {}",
    "-R": "folders are always searched through",
    "--recursive": "folders are always searched through",
    "-n": "--namespace NS says where objects without a namespace go",
    "-o": "--format chooses the form, --output FILE where it goes",
    "--dry-run": "harden diff shows what harden apply would do, and changes nothing",
    "-k": "kustomize build DIR | harden {} -",
    "--kustomize": "kustomize build DIR | harden {} -",
    "--context": "harden reads files, and never asks a cluster",
    "--kubeconfig": "harden reads files, and never asks a cluster",
    "--fix": "harden apply writes fixes, harden diff shows them",
}


class _Formatter(Protocol):
    def section(self, name: str) -> AbstractContextManager[None]: ...

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None: ...


class _Parameter(Protocol):
    param_type_name: str
    metavar: str | None
    nargs: int
    help: str | None
    opts: list[str]
    multiple: bool
    is_flag: bool

    @property
    def callback(self) -> Callable[..., object] | None: ...


class WrongWordsError(typer.BadParameter):
    """A line that cannot be run; its message says what to write instead."""

    def format_message(self) -> str:
        """Return the message without "Invalid value": that is not what is wrong."""
        return self.message


class Command(TyperCommand):
    """A command whose options stand under the headings that `rich_help_panel` gives them, without boxes."""

    # typer does not export the Context that its base class speaks of.
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # see above
        """Parse the arguments; a habit of kubectl or of a linter is refused with what to write instead."""
        if any(param.name == "paths" for param in self.params):
            self._refuse_habits(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse_habits(self, ctx: typer.Context, args: list[str]) -> None:
        options = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        known = {name: not getattr(param, "is_flag", False) for param in options for name in param.opts}
        for before, word, after in zip(("", *args), args, (*args[1:], "FILE"), strict=False):
            if word == "--":
                break
            name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
            if name in _HABITS and name not in known and not known.get(before, False):
                hint = _HABITS[name].format(self.name, value or after)
                raise WrongWordsError(f"No such option: {name} ({hint})", ctx=ctx)

    def format_options(self, ctx: typer.Context, formatter: _Formatter) -> None:  # type: ignore[override] # see above
        """Write the arguments and options, heading by heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            is_argument = param.param_type_name == "argument"
            record = _argument(cast("_Parameter", param)) if is_argument else param.get_help_record(ctx)
            if record is not None:
                heading = getattr(param, "rich_help_panel", None) or ("Arguments" if is_argument else "Options")
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class DefaultGroup(TyperGroup):
    """A group whose first command runs where the arguments name none."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # see above
        """Put the name of the first command before arguments that begin with no command's name."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def given_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, by their names, lists as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in parameters.items()
        if value is not None and name != "context"
    }


def _argument(param: _Parameter) -> tuple[str, str]:
    """Return how an argument is written, and its help; typer would name its Python type, which nobody types."""
    return f"[{param.metavar}]{'...' if param.nargs == -1 else ''}", param.help or ""


def skip_conversion(command: TyperCommand | TyperGroup, above: typer.Context | None = None) -> None:
    """Let every argument of a command, and of the commands in it, reach its function as it was typed.

    All of them are text, lists of text or flags, so there is nothing to convert. typer would import pydantic for it,
    which doubles the time that a small file takes.
    """
    context = typer.Context(command, parent=above, **command.context_settings)
    for param in command.get_params(context):
        if hasattr(param, "get_runtime_param"):  # else a typer from before pydantic, which is quick by itself
            setattr(param, "process_value", partial(_as_typed, cast("_Parameter", param)))  # noqa: B010 - mypy lets nobody assign methods
    for inner in getattr(command, "commands", {}).values():
        skip_conversion(inner, context)


def _as_typed(param: _Parameter, context: object, value: object) -> object:
    """Return the value of a parameter, lists as tuples; raises WrongWordsError where a value was forgotten."""
    is_list = param.nargs == -1 or getattr(param, "multiple", False)
    words = tuple(value or ()) if is_list and isinstance(value, (list, tuple, type(None))) else value
    if param.param_type_name == "option" and not getattr(param, "is_flag", False):
        _demand_value(param, words if isinstance(words, tuple) else (words,))
    return words if param.callback is None else param.callback(context, param, words)


def _demand_value(param: _Parameter, words: Sequence[object]) -> None:
    if param.metavar in _MAY_BEGIN_WITH_DASH:
        return
    for word in words:
        if isinstance(word, str) and word.startswith("-"):
            said = f"Option '{param.opts[0]}' requires an argument, and '{word}' cannot be one: it begins with '-'."
            raise WrongWordsError(said)
