"""What scripts and pipelines tell `docker build` besides the Dockerfile: arguments, and the stage to stop at.

Which of their lines builds which image is mostly not to be seen. So they decide nothing: they only show that a
Dockerfile by itself does not.
"""

from __future__ import annotations

import re
from functools import cached_property

from harden.builds.builds import Build
from harden.builds.scripts import Scripts

_ARGUMENT = re.compile(r"--build-arg[= ]\s*[\"']?(\w+)(?:=([^\s\"']*))?")
_BLOCK = re.compile(r"^([ \t]*)(?:-\s+)?build-args:[ \t]*[|>]?[-+]?[ \t]*(.*\n(?:\1[ \t]+\S.*\n?)*)", re.MULTILINE)
_PAIR = re.compile(r"^\s*(?:-\s*)?[\"']?(\w+)=(.*?)[\"']?\s*$", re.MULTILINE)
_TARGET = re.compile(r"(?:--target[= ]|^\s*target:)\s*[\"']?([\w.-]+)", re.MULTILINE)
#: Stages that pipelines stop at to build, test or look: no cluster runs them.
_STEPS = frozenset(
    {"base", "build", "build-env", "builder", "ci", "compile", "debug", "deps", "dependencies", "dev", "development"}
    | {"install", "lint", "test", "tester", "testing", "tests", "unit-test", "vendor"}
)


class Told:
    """The arguments and stages that the scripts and pipelines of a repository name when they build."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def ways(self, build: Build, text: str, stages: tuple[str, ...]) -> tuple[Build, ...]:
        """Return the ways in which a Dockerfile with this text may be built: as it is, and as the scripts tell."""
        if build.image or build.dockerfile is None or build.target is not None:
            return (build,)
        targets = self._targets.intersection(stages[:-1]) - _STEPS
        ways = (build, *(build._replace(target=target) for target in sorted(targets)))
        # Which image a value is for, nobody knows.
        given = {name: f"${name}" for name, values in self._arguments.items() if _differs(name, values, text)}
        return tuple(way._replace(arguments=given) for way in ways) if given else ways

    @cached_property
    def _targets(self) -> frozenset[str]:
        return frozenset(match.lower() for _, text in self._scripts.texts for match in _TARGET.findall(text))

    @cached_property
    def _arguments(self) -> dict[str, set[str]]:
        """Return the arguments with the values that they get; an empty one is not known."""
        found: dict[str, set[str]] = {}
        for _, text in self._scripts.texts:
            blocks = (_PAIR.findall(block[1]) for block in _BLOCK.findall(text))
            for name, value in (*_ARGUMENT.findall(text), *(pair for pairs in blocks for pair in pairs)):
                found.setdefault(name, set()).add(value)
        return found


def _differs(name: str, values: set[str], text: str) -> bool:
    """Return whether a Dockerfile has an argument with another default."""
    match = re.search(rf"^\s*ARG\s(?:.*\s)?{name}\b(?:=[\"']?([^\s\"']*))?", text, re.MULTILINE | re.IGNORECASE)
    return match is not None and values != {match[1]}
