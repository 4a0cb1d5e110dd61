"""Reads a Dockerfile: its stages, each with its base and its instructions, variables expanded where known."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harden.builds.builds import is_open
from harden.builds.placeholders import deciding_line, placeholder_in
from harden.model.record import Record

if TYPE_CHECKING:
    from e2b_dockerfile_utils import DockerfileInstruction

_DEFAULTED = re.compile(r"\$\{\w+:?-")
#: What BuildKit sets by itself, as far as it is the same on all nodes that run Linux.
_GLOBAL = {"TARGETOS": "linux"}
#: The most stages of a file; each is gone through from the one before.
_STAGES = 100


class Instruction(Record):
    """An instruction as BuildKit's parser splits it; `line` is 1-based, `heredoc` the text of its here-documents."""

    name: str
    args: tuple[str, ...]
    flags: tuple[str, ...]
    is_json: bool
    heredoc: str
    line: int
    rest: str

    def flag(self, name: str) -> str | None:
        """Return the value of a flag such as `from`."""
        start = f"--{name}="
        return next((flag[len(start) :] for flag in self.flags if flag.startswith(start)), None)


class Stage(Record):
    """A stage; `base` is what its FROM names, with what could not be expanded left as it is; `platform` its flag."""

    name: str | None
    base: str
    line: int
    instructions: tuple[Instruction, ...]
    platform: str = ""


class Recipe(Record):
    """A Dockerfile; `arguments` are those before the first FROM, as far as they have values."""

    path: str
    stages: tuple[Stage, ...]
    escape: str
    arguments: Mapping[str, str]
    given: Mapping[str, str]

    def stage(self, target: str | None) -> int | None:
        """Return the index of a stage by its name or number, of the last one without a target; None for no stage."""
        if target is None:
            return len(self.stages) - 1
        for index, stage in enumerate(self.stages):
            if stage.name == target.lower() or str(index) == target:
                return index
        return None


class Unreadable(Record):
    """Why a Dockerfile could not be read."""

    reason: str


def read_recipe(path: str, text: str, given: Mapping[str, str]) -> Recipe | Unreadable:
    """Return the stages of a Dockerfile; `given` are the build arguments that the build is known to set."""
    line = deciding_line(text)
    if line is not None:
        return Unreadable(f"{path} is a template, of which line {line} decides what is in it")
    # Half of the time of a look-up is this import; few runs need it.
    from e2b_dockerfile_utils import parse_dockerfile_ast  # noqa: PLC0415

    try:
        parsed = parse_dockerfile_ast(text)
    except ValueError as error:
        return Unreadable(f"{path} cannot be read: {error}")
    arguments = {**_GLOBAL, **{name: f"${name}" if is_open(value) else value for name, value in given.items()}}
    stages: list[Stage] = []
    bodies: list[list[Instruction]] = []
    for raw in parsed.instructions:
        item = _instruction(raw)
        if item.name == "ARG" and not stages:
            arguments |= declared(item, arguments, {}, given, parsed.escape_token)
        elif item.name == "FROM":
            bodies.append([])
            stages.append(_stage(item, arguments, parsed.escape_token))
        elif bodies:
            bodies[-1].append(item)
    if not stages:
        return Unreadable(f"{path} has no FROM")
    if len(stages) > _STAGES:
        return Unreadable(f"{path} has {len(stages)} stages, more than {_STAGES}")
    whole = tuple(stage._replace(instructions=tuple(body)) for stage, body in zip(stages, bodies, strict=True))
    return Recipe(path, whole, parsed.escape_token, arguments, given)


def triggers(items: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """Return what the ONBUILD instructions among `items` do to an image that builds on this one."""
    from e2b_dockerfile_utils import parse_dockerfile_ast  # noqa: PLC0415 - as above

    found: list[Instruction] = []
    for item in items:
        if item.name != "ONBUILD":
            continue
        try:
            found += [_instruction(raw) for raw in parse_dockerfile_ast(item.rest).instructions]
        except ValueError:
            continue
    return tuple(found)


def declared(
    item: Instruction, environment: Mapping[str, str], outer: Mapping[str, str], given: Mapping[str, str], escape: str
) -> dict[str, str]:
    """Return the values of the variables that an ARG declares, those left out that have none."""
    found: dict[str, str] = {}
    known = ChainMap(found, environment)  # type: ignore[arg-type]  # only the first one is written to
    for word in item.args:
        name, equals, default = word.partition("=")
        value = expand(default, known, escape) if equals else None
        value = given.get(name, value if equals else outer.get(name))
        if name in given and is_open(given[name]):
            # A variable that stays one, so that a default where it is used does not count either.
            value = f"${name}"
        if value is not None:
            found[name] = value
    return found


def expand(word: str, environment: Mapping[str, str], escape: str = "\\") -> str | None:
    """Return a word without quotes and with its variables expanded; None where one of them is not known."""
    if not any(mark in word for mark in "$'\"`\\"):
        return word
    from e2b_dockerfile_utils import ShellLex  # noqa: PLC0415 - as above

    try:
        done = ShellLex(escape, env=environment).process_word(word)
        if "$" in done and len(_DEFAULTED.findall(done)) == done.count("$"):
            done = ShellLex(escape, env=environment, skip_unset_env=False).process_word(word)
    except ValueError:
        return None
    return None if "$" in done else done


def _instruction(raw: DockerfileInstruction) -> Instruction:
    heredoc = "\n".join(document.content for document in raw.heredocs)
    rest = raw.original.strip().partition(" ")[2].strip()
    return Instruction(raw.name.upper(), tuple(raw.args), tuple(raw.flags), raw.json, heredoc, raw.start_line, rest)


def _stage(item: Instruction, arguments: Mapping[str, str], escape: str) -> Stage:
    words = item.args
    base = placeholder_in(item.rest) or (words[0] if words else "")
    name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else None
    platform = expand(item.flag("platform") or "", arguments, escape) or ""
    return Stage(name, expand(base, arguments, escape) or base, item.line, (), platform)
