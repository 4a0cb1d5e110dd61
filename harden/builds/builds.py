"""One way in which an image is built, as a file of the repository declares it, or as its folder shows."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from harden.builds.files import Files
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import Plain
from harden.source.parse import parse
from harden.source.read import decode

_NO_ARGUMENTS: Mapping[str, str] = MappingProxyType({})


class Build(Record):
    """How an image is built: `image` as declared, `place` the file and line that declare it.

    `shown` is the place that says how, where that is another. `dockerfile` and `context` are paths below the root.
    Without a Dockerfile either `base` and `user` say what the tool builds on (Jib, ko), or `why` says why nothing is
    known.
    """

    image: str
    place: str
    dockerfile: str | None = None
    context: str = ""
    target: str | None = None
    arguments: Mapping[str, str] = _NO_ARGUMENTS
    base: str | None = None
    user: str | None = None
    why: str = ""
    is_missing: bool = False
    shown: str = ""

    @property
    def path(self) -> str:
        """Return the file that people would look into."""
        return self.dockerfile or (self.shown or self.place).rpartition(":")[0]


def documents(files: Files, path: str) -> Iterator[Mapping[str, Plain]]:
    """Yield the mappings among the documents of a YAML file; none of one that cannot be read."""
    text = files.text(path)
    source = None if text is None else decode(path, text.encode("utf-8"))
    if source is None or isinstance(source, Problem):
        return
    for document in parse(source, lambda _: True).documents:
        if isinstance(document.value, Mapping):
            yield document.value


def place_of(files: Files, path: str, word: str) -> str:
    """Return path and line of the first line of a file that holds a word."""
    lines = (files.text(path) or "").splitlines()
    line = next((number for number, text in enumerate(lines, 1) if word in text), 1)
    return f"{path}:{line}"


def below(folder: str, path: str) -> str | None:
    """Return a path joined to a folder; None where it is absolute, no local path, or leads out of the repository."""
    if path.startswith(("/", "git@")) or "://" in path or "$" in path:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined == ".." or joined.startswith("../") else "" if joined == "." else joined


def dict_of(value: Plain) -> Mapping[str, Plain]:
    """Return a mapping as it is, and an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Plain) -> list[Plain]:
    """Return a list as it is, and an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def text_of(value: Plain, default: str = "") -> str:
    """Return a text as it is, and the default in place of anything else."""
    return value if isinstance(value, str) else default


def arguments_of(value: Plain) -> dict[str, str]:
    """Return build arguments, which are a mapping or a list of NAME=VALUE.

    What has no value, or a variable or template in it, is kept as a variable: nobody knows what it is, and it is not
    the default of the Dockerfile.
    """
    if isinstance(value, Mapping):
        return {name: str(item) if isinstance(item, str | int) else f"${name}" for name, item in value.items()}
    pairs = [item.partition("=") for item in list_of(value) if isinstance(item, str)]
    return {name: item if equals else f"${name}" for name, equals, item in pairs}


def is_open(value: str) -> bool:
    """Return whether a build argument has a variable or a template in it."""
    return "$" in value or "{{" in value
