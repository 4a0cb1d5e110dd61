"""Reads a YAML file of settings, with the line of each key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harden.errors import HardenError
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import LineIndex, Plain
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source.parse import parse
from harden.source.read import decode
from harden.source.regular import read_regular


class Settings(Record):
    """A file of settings: `name` is how people know it, `lines` holds the 1-based line of each key by its path.

    The items of a list have their 0-based index as a key.
    """

    name: str
    path: Path
    data: dict[str, Plain]
    lines: dict[tuple[str, ...], int]

    def where(self, *keys: str) -> str:
        """Return the place of a key as `file:line`, or the file where the key has no place of its own."""
        line = self.lines.get(keys)
        return self.name if line is None else f"{self.name}:{line}"


def read(path: Path, name: str) -> Settings:
    """Return the settings in the file at `path`; raises HardenError when it is no readable YAML mapping."""
    try:
        source = decode(name, read_regular(path))
    except OSError as error:
        raise HardenError(f"{name}: cannot be read: {error.strerror}") from error
    if isinstance(source, Problem):
        raise HardenError(f"{name}: {source.message}")
    parsed = parse(source, lambda _: True)
    for problem in parsed.problems:
        place = name if problem.line is None else f"{name}:{problem.line}"
        raise HardenError(f"{place}: {problem.message}")
    roots = [document.root for document in parsed.documents if document.root is not None]
    if len(roots) > 1:
        raise HardenError(f"{name}: one YAML document is expected, not {len(roots)}")
    if not roots:
        return Settings(name, path, {}, {})
    if not isinstance(roots[0], Map):
        raise HardenError(f"{name}: a mapping of settings is expected")
    lines = LineIndex(source.text)
    return Settings(name, path, roots[0].value, {keys: lines.line(at) for keys, at in _places(roots[0], ())})


def _places(node: Node, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    for index, item in enumerate(node.items if isinstance(node, Seq) else ()):
        keys = (*above, str(index))
        yield keys, item.start
        yield from _places(item, keys)
    for key, value in node.entries if isinstance(node, Map) else ():
        if isinstance(key, Scalar):
            keys = (*above, key.text)
            yield keys, key.start
            yield from _places(value, keys)
