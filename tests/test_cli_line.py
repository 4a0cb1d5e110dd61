"""Lines that are read without typer: each is left to it, or means exactly what it would read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer
from cli_session import POD, Session, put

from harden.cli.application.app import app
from harden.cli.application.typer_extensions import given_of, skip_conversion
from harden.cli.commands import RUNS
from harden.cli.options.table import COMMANDS, LIST
from harden.cli.plain_line import read_line
from harden.cli.request import Request

LINES = 300
VALUES = ("", "-", "--", "safe", "a.yaml", "a=b", "-x", "--risk", "=", "check", "*.y*ml", "ä b", "\udcff", "0")
WORDS = (
    "-",
    "--",
    "-h",
    "--help",
    "--version",
    "-qi",
    "-pbaseline",
    "-p=x",
    "--ris",
    "--no-quiet",
    "--=x",
    "---",
    "-f",
)


@cache
def group() -> Any:
    """Return the typer application as harden runs it."""
    command = typer.main.get_command(app)
    skip_conversion(command)  # type: ignore[arg-type] # a group
    return command


def typed(words: list[str]) -> tuple[str, dict[str, Any]] | None:
    """Return the command of a line and what typer gives it; None where it does something else, such as refuse it."""
    try:
        above = group().make_context("harden", list(words))
        name, command, rest = group().resolve_command(above, [*above._protected_args, *above.args])
        return name, given_of(command.make_context(name, rest, parent=above).params)
    except (typer.Exit, typer.TyperException):
        return None


def lines(seed: int) -> Iterator[list[str]]:
    """Yield random lines: a command's own options with values, those of others, and words that mean something else."""
    chance = random.Random(seed)
    every = sorted({name for options in COMMANDS.values() for name in options if name.startswith("-")})
    for _ in range(LINES):
        command = chance.choice([*RUNS, *RUNS, "explain", "images", "--", "chekc"])
        own = [name for name in COMMANDS.get(command, ()) if name.startswith("-")] or every
        line = [command]
        for _ in range(chance.randrange(6)):
            name, value = chance.choice(own if chance.random() < 0.95 else every), chance.choice(VALUES[3:5])
            if chance.random() < 0.1:
                value = chance.choice(VALUES)
            takes = COMMANDS.get(command, {}).get(name, ("", ""))[1]
            apart = [name] if isinstance(takes, bool) and chance.random() < 0.9 else [name, value]
            line += chance.choices(
                [apart, [f"{name}={value}"], [value], [chance.choice(WORDS)]], weights=[6, 2, 3, 0.4]
            )[0]
        yield line


@pytest.mark.parametrize("seed", range(8))
def test_a_line_is_left_to_typer_or_means_what_typer_reads(seed: int) -> None:
    with_typer = 0
    for line in lines(seed):
        read = read_line(line)
        if read is None:
            with_typer += 1
            continue
        expected = typed(line)
        assert expected is not None, f"seed {seed}: typer refuses {line}"
        name, given = expected
        bare = typed([name])
        assert bare is not None
        assert (read[0], {**bare[1], **read[1]}) == (name, given), f"seed {seed}: {line}"
        if name in ("apply", "diff", "check", "graph"):
            assert Request(read[0], **read[1]) == Request(name, **given), f"seed {seed}: {line}"
    # Else there would be little to compare.
    assert with_typer < LINES * 0.7


def test_every_option_of_its_commands_is_read_here() -> None:
    for command, options in COMMANDS.items():
        for name, (field, takes) in options.items():
            if name.startswith("-"):
                value = takes if isinstance(takes, bool) else ("a.yaml",) if takes == LIST else "a.yaml"
                line = [command, name, *([] if isinstance(takes, bool) else ["a.yaml"])]
                assert read_line(line) == (command, {field: value})
                assert typed(line) is not None


@pytest.mark.parametrize(
    ("plain", "joined"),
    [
        (["check", "-q", "-p", "baseline", "a.yaml"], ["check", "-qpbaseline", "a.yaml"]),
        (["diff", "a.yaml", "--risk=safe", "-q"], ["diff", "a.yaml", "--risk=safe", "-qq"]),
        (["apply", "-q", "-"], ["apply", "-qq", "-"]),
        (["graph", "-p", "hardened", "a.yaml"], ["graph", "-phardened", "a.yaml"]),
        (["post-render", "-q", "--fail-on", "short"], ["post-render", "-qq", "--fail-on", "short"]),
        (["patch", "-q", "-"], ["patch", "-qq", "-"]),
    ],
)
def test_a_command_does_the_same_either_way(harden: Session, plain: list[str], joined: list[str]) -> None:
    put(a_yaml=POD)
    assert read_line(plain) is not None
    assert read_line(joined) is None
    quick, slow = (harden(*words, stdin=POD.encode()) for words in (plain, joined))
    assert (quick.code, quick.out, quick.err) == (slow.code, slow.out, slow.err)
