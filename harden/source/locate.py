"""Finds the place of a path in the text."""

from __future__ import annotations

from functools import lru_cache

from harden.model.text import Path
from harden.model.tree import Alias, Document, Map, Node, Seq, Sketch
from harden.source.build import is_merge, merged_maps, name_of

#: Entries of a mapping from which on it is worth to know where each name stands.
_MANY = 100


def locate(document: Document, path: Path) -> int:
    """Return the offset of the key or list item at `path`, or that of its deepest ancestor that is there.

    A code point of the file; for an item it is the dash or what stands first behind it. Goes through aliases and
    merges. The root is where its first token stands, and the start of the piece when the document is empty.
    """
    if document.sketch is not None:
        return _sketched(document.sketch, path)
    if document.root is None:
        return document.start
    return _found(document.root, path)[0]


def end_of(document: Document, path: Path) -> int:
    """Return the offset behind the value at `path`, or behind that of its deepest ancestor that is there."""
    return document.end if document.root is None else _found(document.root, path)[1].end


def _found(root: Node, path: Path) -> tuple[int, Node]:
    place, node = root.start, root
    for step in path:
        found = _step(node.target if type(node) is Alias else node, step)
        if found is None:
            break
        place, node = found
    return place, node


def _sketched(sketch: Sketch, path: Path) -> int:
    value, place = sketch.value, sketch.start
    for step in path:
        if type(value) is dict and step in value:
            index = list(value).index(step)
        elif type(value) is list and type(step) is int and 0 <= step < len(value):
            index = step
        else:
            return place
        place = sketch.places[id(value)][index]
        value = value[step]  # type: ignore[index]  # the step was just found in it
    return place


def _step(node: Node, step: str | int) -> tuple[int, Node] | None:
    if isinstance(node, Map) and isinstance(step, str):
        return _entry(node, step)
    if isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.items):
        item = node.items[step]
        is_dash = step == 0 and not node.flow and node.anchor is None and node.tag is None
        return (node.start if is_dash else item.start), item
    return None


def _entry(node: Map, name: str) -> tuple[int, Node] | None:
    """Return the key's offset and the value node that give `name` its value, merges included."""
    if len(node.entries) > _MANY:
        return _index(node).get(name)
    if node.plain:
        if name not in node.value:
            return None
        key, value = node.entries[list(node.value).index(name)]
        return key.start, value
    found: tuple[int, Node] | None = None
    for key, value in node.entries:
        if not is_merge(key):
            if name_of(key) == name:
                found = key.start, value
            continue
        for source in merged_maps(value):
            if name in source.value:
                found = _entry(source, name)
                break
    return found


# Of the mappings on the way to a place.
@lru_cache(maxsize=8)
def _index(node: Map) -> dict[str, tuple[int, Node]]:
    """Return what `_entry` does for each name, of a mapping that is asked for many of them."""
    found: dict[str, tuple[int, Node]] = {}
    for key, value in node.entries:
        if not is_merge(key):
            found[name_of(key)] = key.start, value
            continue
        for source in reversed(merged_maps(value)):
            for name in source.value:
                entry = _entry(source, name)
                if entry is not None:
                    found[name] = entry
    return found
