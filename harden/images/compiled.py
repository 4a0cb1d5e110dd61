"""Keeps the shipped facts as JSON beside their YAML, so that an entry is read in a tenth of the time.

The YAML is the source. What stands here is found by the text of an entry, so that it can be missing and never out of
date: an entry that is not found is read from its YAML.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harden.model.text import LineIndex, SourceText
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source.parse import parse

#: Keys below which nodes are told apart; all other values are plain data.
_DEEP = frozenset({"variants", "when", "if"})


class Compiled:
    """Entries as JSON, by what tells their texts apart; each is read when it is asked for."""

    __slots__ = ("_lines",)

    def __init__(self, path: Path) -> None:
        """Take what stands in a file; raises OSError where there is none."""
        pairs = (line.partition(": ") for line in path.read_text("utf-8").split("\n"))
        self._lines = {key.strip('"'): written.removesuffix(",") for key, _, written in pairs}

    def entry(self, text: str) -> Node | None:
        """Return the node of the entry that a text of YAML holds, None where it is not here.

        Where a node begins is told by its 1-based line in that text.
        """
        found = self._lines.get(_key(text))
        return None if found is None else _node(json.loads(found))


def compiled(texts: Iterable[str]) -> str:
    """Return a JSON file of the entries that these texts of YAML hold, one a text."""
    lines = []
    for text in texts:
        (document,) = parse(SourceText("", text), lambda _: True).documents
        if not isinstance(document.root, Seq):
            raise TypeError(f"no list of entries: {text}")
        (entry,) = document.root.items
        written = json.dumps(_written(entry, LineIndex(text)), ensure_ascii=False, separators=(",", ":"))
        lines.append(f'"{_key(text)}": {written}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _key(text: str) -> str:
    """Return what tells texts of entries apart, which nobody means to be alike."""
    data = text.encode()
    return f"{binascii.crc32(data):08x}{binascii.crc_hqx(data, 0):04x}{len(data):x}"


def _written(node: Node, lines: LineIndex) -> Any:
    """Return a node as JSON: of a mapping its line and what is in it, of a list its items, of all else the value."""
    if isinstance(node, Map):
        named = ((str(key.value), value) for key, value in node.entries)
        held = {name: _written(value, lines) if name in _DEEP else value.value for name, value in named}
        return [lines.line(node.start), held]
    if isinstance(node, Seq):
        return [_written(item, lines) for item in node.items]
    return node.value


def _node(written: Any, line: int = 1) -> Node:
    """Return the node that was written so; what is no mapping begins on the line of the mapping around it."""
    if not isinstance(written, list):
        return Scalar(line, line, "", "", written)
    if not written or not isinstance(written[0], int):
        return Seq(line, line, [_node(item, line) for item in written], False, [])
    at, held = written
    named = ((name, _node(each, at) if name in _DEEP else Scalar(at, at, "", "", each)) for name, each in held.items())
    return Map(at, at, [(Scalar(at, at, name, "", name), value) for name, value in named], False, {})
