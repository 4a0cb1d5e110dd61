"""Owns the YAML tree: nodes with their place in the text and the plain value they stand for.

Nodes are slotted but not frozen: a stream of 2,000 Deployments has 120,000 of them, and a frozen dataclass costs three
times as much to make. Only `harden.source.parse` writes to them.

All offsets are code points of `SourceText.text`, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass

from harden.model.text import Plain


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar; `text` is its content after unquoting, `value` what Kubernetes reads, `style` one of '', ', ", |, >."""

    start: int
    end: int
    text: str
    style: str
    value: Plain
    anchor: str | None = None
    tag: str | None = None


@dataclass(slots=True, eq=False)
class Seq:
    """A sequence; `value` is the list its items stand for."""

    start: int
    end: int
    items: list[Node]
    flow: bool
    value: list[Plain]
    anchor: str | None = None
    tag: str | None = None


@dataclass(slots=True, eq=False)
class Map:
    """A mapping; `entries` keep every key as written (`<<` too), `value` has merges applied and string keys."""

    start: int
    end: int
    entries: list[tuple[Node, Node]]
    flow: bool
    value: dict[str, Plain]
    anchor: str | None = None
    tag: str | None = None


@dataclass(slots=True, eq=False)
class Alias:
    """`*name`; `target` is the node that carries the anchor, `value` that node's value (shared, never changed)."""

    start: int
    end: int
    name: str
    target: Node
    value: Plain


Node = Scalar | Seq | Map | Alias


@dataclass(slots=True, eq=False)
class Document:
    """One parsed document of a file.

    `index` is 0-based and counted as kubectl's reader counts: pieces between lines that are `---` (with nothing or
    a comment behind); a comment before the first `---` is a piece of its own. `start`/`end` bound the piece in the
    text. `root` is None when the document is empty.
    """

    index: int
    start: int
    end: int
    root: Node | None
