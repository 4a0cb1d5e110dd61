"""What each command does, in a module of its name; here, what runs one with its options, however they were read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: What a command was given, by the names of its parameters.
Given = dict[str, Any]


def run_given(command: str, given: Given) -> int:
    """Run a command with what it was given and return the exit code."""
    return RUNS[command](command, given)


def _rewrite(mode: str, given: Given) -> int:
    from harden.cli.commands.apply_diff_check import rewrite  # noqa: PLC0415 - each command loads what it needs
    from harden.cli.request import Request  # noqa: PLC0415 - see above

    return rewrite(Request(mode, **given))


def _graph(mode: str, given: Given) -> int:
    from harden.cli.commands.graph import run_graph  # noqa: PLC0415 - see above
    from harden.cli.request import Request  # noqa: PLC0415 - see above

    return run_graph(Request(mode, **given))


def _post_render(_command: str, given: Given) -> int:
    from harden.cli.commands.post_render import post_render  # noqa: PLC0415 - see above
    from harden.cli.request import Request  # noqa: PLC0415 - see above

    fail_on = given.pop("fail_on", ())
    return post_render(Request("apply", ("-",), **given), fail_on)


def _patch(_command: str, given: Given) -> int:
    from harden.cli.commands.patch import patch  # noqa: PLC0415 - see above
    from harden.cli.request import Request  # noqa: PLC0415 - see above

    own = {name: given.pop(name, None) for name in ("output", "base", "form")}
    return patch(Request("apply", **given), own["output"], base=own["base"], form=own["form"])


def _fn(_command: str, given: Given) -> int:
    from harden.cli.commands.fn import run_function  # noqa: PLC0415 - see above

    return run_function(**given)


#: By the names of those commands that need no typer.
RUNS: dict[str, Callable[[str, Given], int]] = {
    "apply": _rewrite,
    "diff": _rewrite,
    "check": _rewrite,
    "graph": _graph,
    "post-render": _post_render,
    "patch": _patch,
    "fn": _fn,
}
