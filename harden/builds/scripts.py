"""The scripts and pipelines of a repository, in which people build and push images."""

from __future__ import annotations

import re
from functools import cached_property

from harden.builds.files import Files

_SCRIPTS = re.compile(r"(?:.*/)?(?:GNUm|M|m)akefile|.*\.(?:mk|sh)|(?:.*/)?(?:Jenkinsfile|README\.md|Taskfile\.ya?ml)")
_PIPELINES = re.compile(r"\.github/workflows/.*\.ya?ml|(?:.*/)?(?:\.gitlab-ci\.yml|cloudbuild[\w.-]*\.ya?ml)")
_SCRIPT_LIMIT = 500
_LINE = 2000


class Scripts:
    """The scripts and pipelines of a repository; they are read once, when somebody asks."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Return path and text of each, continued lines joined, long ones left out."""
        paths = [path for path in self._files.paths if _SCRIPTS.fullmatch(path) or is_pipeline(path)]
        return tuple((path, self._text(path)) for path in paths[:_SCRIPT_LIMIT])

    def _text(self, path: str) -> str:
        lines = (self._files.text(path) or "").replace("\\\n", " ").splitlines()
        return "\n".join(line for line in lines if len(line) <= _LINE)


def is_pipeline(path: str) -> bool:
    """Return whether a file says what continuous integration does."""
    return _PIPELINES.fullmatch(path) is not None
