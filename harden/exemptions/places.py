"""Finds what a comment is about: the paths of a document that begin on its line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from harden.model.record import Record
from harden.model.text import Path
from harden.model.tree import Alias, Document, Map, Node, Scalar, Seq, parts_of
from harden.source.build import is_merge, merged_maps, name_of

#: Aliases of aliases can give one line very many paths; nobody means more than these.
_LIMIT = 1000


class _Line(Record):
    """The part of a line in front of a comment: offsets of its first code point, and of the comment.

    `far` says that what begins on the line may be repeated far away from it, by an alias.
    """

    start: int
    comment: int
    far: bool

    def holds(self, offset: int) -> bool:
        return self.start <= offset < self.comment

    def is_in(self, node: Node) -> bool:
        return self.far or (node.start < self.comment and self.start <= node.end)


def has_aliases(document: Document, text: str) -> bool:
    """Return whether aliases may repeat parts of a document; asked once for all of its comments."""
    return text.find("*", document.start, document.end) >= 0


def places(document: Document, text: str, comment: int, *, far: bool) -> tuple[Path, ...] | None:
    """Return the outermost paths that begin on the line of the comment at offset `comment`, in the order of the text.

    `far` says whether the document `has_aliases`. None where `#` is part of a value and so no comment. Empty where
    nothing begins on the line. What an alias or a merge repeats has a path for each time.
    """
    if document.root is None:
        return ()
    line = _Line(text.rfind("\n", 0, comment) + 1, comment, far)
    if any(_is_text(scalar, text, comment) for scalar in _scalars_at(document.root, comment)):
        return None
    return tuple(dict.fromkeys(islice(_paths(document.root, line, ()), _LIMIT)))


def _is_text(scalar: Scalar, text: str, comment: int) -> bool:
    # A comment may stand behind the mark of a block scalar, on the same line.
    return scalar.style not in {"|", ">"} or "\n" in text[scalar.start : comment]


def _scalars_at(node: Node, offset: int) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        if node.start <= offset < node.end:
            yield node
        return
    for child in parts_of(node):
        if child.start <= offset <= child.end:
            yield from _scalars_at(child, offset)


def _paths(node: Node, line: _Line, path: Path) -> Iterator[Path]:
    target = node.target if isinstance(node, Alias) else node
    if isinstance(target, Map):
        for key, value in target.entries:
            if is_merge(key):
                for merged in merged_maps(value):
                    yield from _paths(merged, line, path)
                continue
            place = (*path, name_of(key))
            yield from (place,) if line.holds(key.start) else _inside(value, line, place)
    elif isinstance(target, Seq):
        for index, item in enumerate(target.items):
            yield from ((*path, index),) if line.holds(item.start) else _inside(item, line, (*path, index))


def _inside(node: Node, line: _Line, path: Path) -> Iterator[Path]:
    target = node.target if isinstance(node, Alias) else node
    return _paths(target, line, path) if line.is_in(target) else iter(())
