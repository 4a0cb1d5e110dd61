"""Reads entries of a facts file: which images they speak of, and what they state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from harden.errors import HardenError
from harden.images.conditions import Condition
from harden.images.fields import FIELDS, Misfit, expressions, folders, globs, read_field, settings
from harden.images.pattern import Pattern, is_tag, pattern_of
from harden.images.reference import ImageNameError
from harden.model.record import Record
from harden.model.report import Problem
from harden.model.text import LineIndex, SourceText
from harden.model.tree import Map, Node, Seq
from harden.source.parse import parse

_T = TypeVar("_T")


class Statement(Record):
    """Fields of ImageFacts that one place states; the value None is "not established".

    `read_for` holds the globs of the tags that were read for it.
    """

    place: str
    fields: Mapping[str, object]
    read_for: tuple[str, ...] = ()


class Variant(Record):
    """A statement about some tags, by globs."""

    tags: tuple[str, ...]
    statement: Statement

    def speaks_of(self, tag: str) -> bool:
        """Return whether the variant speaks of `tag`."""
        return any(is_tag(each, tag) for each in self.tags)


class Entry(Record):
    """An entry of a facts file; later variants add to and override earlier ones.

    `shipped` says that it is one of harden's own; who writes another one states it for all tags.
    """

    patterns: tuple[Pattern, ...]
    statement: Statement
    variants: tuple[Variant, ...]
    shipped: bool = False


def read_entries(source: SourceText, first_line: int = 1, *, shipped: bool = False) -> tuple[Entry, ...]:
    """Return the entries of a facts file, or of a part of one that starts at `first_line`.

    Raises HardenError, with `file:line`, when the text is no list of entries.
    """
    lines = LineIndex(source.text)

    def place(offset: int) -> str:
        return f"{source.name}:{lines.line(offset) + first_line - 1}"

    parsed = parse(source, lambda _: True)
    for problem in parsed.problems:
        raise HardenError(_words(source.name, problem, first_line))
    entries: list[Entry] = []
    for document in parsed.documents:
        if document.root is None:
            continue
        if not isinstance(document.root, Seq):
            raise HardenError(
                f"{place(document.root.start)}: a list of entries is expected; each starts with `- match:`"
            )
        entries.extend(_entry(item, place)._replace(shipped=shipped) for item in document.root.items)
    return tuple(entries)


def shipped_entry(node: Node, name: str, first_line: int) -> Entry:
    """Return the entry of a shipped file that a node holds, as `harden.images.compiled` has it.

    It begins at `first_line` of its file, and lines count from there.
    """
    return _entry(node, lambda line: f"{name}:{line + first_line - 1}")._replace(shipped=True)


def _words(name: str, problem: Problem, first_line: int) -> str:
    where = name if problem.line is None else f"{name}:{problem.line + first_line - 1}"
    return f"{where}: {problem.message}"


#: Says the place of an offset in the text as `file:line`.
_Place = Callable[[int], str]

_MORE = {"read_for", "when"}
_ENTRY_KEYS = {"match", "variants", *_MORE, *FIELDS}
_VARIANT_KEYS = {"tags", *_MORE, *FIELDS}
#: What a condition may state: not what is said of all of an entry.
_CONDITION_FIELDS = FIELDS.keys() - {"class", "confidence", "notes", "sources"}
_CONDITION_KEYS = {"if", "because", *_CONDITION_FIELDS}
_MATCHERS: Mapping[str, Callable[[object], object]] = {
    "env": settings,
    "args": expressions,
    "command": expressions,
    "config": expressions,
    "mount": folders,
    "unmounted": folders,
    "tags": globs,
}


def _entry(node: Node, place: _Place) -> Entry:
    keys = _keys(node, place, _ENTRY_KEYS, "an entry")
    if "match" not in keys:
        raise HardenError(f"{place(node.start)}: an entry must have `match`, the names of its images")
    try:
        patterns = tuple(pattern_of(text) for text in _names(keys["match"], place))
    except ImageNameError as error:
        raise HardenError(f"{place(keys['match'].start)}: match: {error}") from error
    variants: list[Variant] = []
    if "variants" in keys:
        if not isinstance(keys["variants"], Seq):
            raise HardenError(f"{place(keys['variants'].start)}: variants must be a list; each starts with `- tags:`")
        variants.extend(_variant(item, place) for item in keys["variants"].items)
    return Entry(patterns, _statement(node, keys, place), tuple(variants))


def _variant(node: Node, place: _Place) -> Variant:
    keys = _keys(node, place, _VARIANT_KEYS, "a variant")
    if "tags" not in keys:
        raise HardenError(f"{place(node.start)}: a variant must have `tags`, the globs of its tags")
    return Variant(_names(keys["tags"], place), _statement(node, keys, place))


def _statement(node: Node, keys: Mapping[str, Node], place: _Place) -> Statement:
    fields = _fields(keys, FIELDS.keys(), place)
    if "when" in keys:
        fields["when"] = None if keys["when"].value is None else _conditions(keys["when"], place)
    read_for: tuple[str, ...] = ()
    if "read_for" in keys:
        read_for = _read(globs, keys["read_for"], "read_for", place)
    return Statement(place(node.start), fields, read_for)


def _fields(keys: Mapping[str, Node], known: Collection[str], place: _Place) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, node in keys.items():
        if key in known:
            field, value = _read(partial(read_field, key), node, key, place)
            fields[field] = value
    return fields


def _conditions(node: Node, place: _Place) -> tuple[Condition, ...]:
    if not isinstance(node, Seq):
        raise HardenError(f"{place(node.start)}: when must be a list; each starts with `- if:`")
    return tuple(_condition(item, place) for item in node.items)


def _condition(node: Node, place: _Place) -> Condition:
    keys = _keys(node, place, _CONDITION_KEYS, "a condition")
    for wanted, what in (("if", "what it depends on"), ("because", "why, in a sentence")):
        if wanted not in keys:
            raise HardenError(f"{place(node.start)}: a condition must have `{wanted}`, {what}")
    because = keys["because"].value
    if not isinstance(because, str) or not because:
        raise HardenError(f"{place(keys['because'].start)}: because must be a text")
    said = _keys(keys["if"], place, set(_MATCHERS), "if")
    if not said:
        raise HardenError(f"{place(keys['if'].start)}: if must hold some of {', '.join(sorted(_MATCHERS))}")
    matchers: dict[str, Any] = {key: _read(_MATCHERS[key], value, key, place) for key, value in said.items()}
    fields = _fields(keys, _CONDITION_FIELDS, place)
    if not fields:
        raise HardenError(f"{place(node.start)}: a condition must state what follows, such as `root_caps`")
    return Condition(because, place(node.start), fields, **matchers)


def _read(read: Callable[[object], _T], node: Node, key: str, place: _Place) -> _T:
    try:
        return read(node.value)
    except Misfit as misfit:
        raise HardenError(f"{place(node.start)}: {key} {misfit}") from misfit


def _keys(node: Node, place: _Place, known: set[str], what: str) -> dict[str, Node]:
    if not isinstance(node, Map):
        raise HardenError(f"{place(node.start)}: {what} must be a mapping")
    found = {str(key.value): value for key, value in node.entries}
    for key, _ in node.entries:
        if str(key.value) not in known:
            raise HardenError(
                f'{place(key.start)}: {what} has no key "{key.value}"; known are {", ".join(sorted(known))}'
            )
    return found


def _names(node: Node, place: _Place) -> tuple[str, ...]:
    items = node.value if isinstance(node.value, list) else [node.value]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise HardenError(f"{place(node.start)}: a name, or a list of names, is expected")
    return tuple(str(item) for item in items)
