"""Reads and runs the lines that need no typer, whose import takes longer than hardening a small file.

What is certain is read here, by a table that `python -m harden.docs` makes from the typer application: options by their
whole names, their values, and paths. Every other line is for typer: short options in one word, mistakes, help, other
commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harden.cli.commands import Given, run_given
from harden.cli.options.table import COMMANDS, LIST, PATHS

_Options = Mapping[str, tuple[str, str | bool]]


def run_line(words: Sequence[str]) -> int | None:
    """Run a line and return its exit code; None for a line that typer has to read."""
    read = read_line(words)
    return None if read is None else run_given(*read)


def read_line(words: Sequence[str]) -> tuple[str, Given] | None:
    """Return the command of a line and what it is given; None for a line that typer has to read."""
    options: _Options | None = COMMANDS.get(words[0]) if words else None
    if options is None:
        return None
    # Never the value of an option: none that begins with a dash is taken here.
    end = words.index("--") if "--" in words else len(words)
    left = iter(words[1:end])
    given: Given = {}
    for word in left:
        is_path = word == "-" or not word.startswith("-")
        if not (_take(PATHS, word, options, given) if is_path else _take_option(word, left, options, given)):
            return None
    if not all(_take(PATHS, word, options, given) for word in words[end + 1 :]):
        return None
    return words[0], {field: tuple(value) if isinstance(value, list) else value for field, value in given.items()}


def _take_option(word: str, left: Iterator[str], options: _Options, given: Given) -> bool:
    """Add an option to what is given, its value perhaps from the words that are left; return whether it is certain."""
    name, equals, value = word.partition("=")
    field, takes = options.get(name, ("", ""))
    if isinstance(takes, bool):
        given[field] = takes
        return not equals
    if not equals:
        value = next(left, "-")
    elif not name.startswith("--"):
        return False
    return not value.startswith("-") and _take(name, value, options, given)


def _take(name: str, value: str, options: _Options, given: Given) -> bool:
    """Add a value to what is given; return whether there is an option of this name."""
    if name not in options:
        return False
    field, takes = options[name]
    if takes == LIST:
        given.setdefault(field, []).append(value)
    else:
        given[field] = value
    return True
