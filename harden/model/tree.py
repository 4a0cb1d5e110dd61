"""The YAML tree: nodes with their place in the text and the plain value they stand for.

Nodes are plain slotted classes, neither frozen nor dataclasses: a stream of 2,000 Deployments has 120,000 of them. Only
`harden.source.build` writes to them.

All offsets are code points of `SourceText.text`, half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harden.model.text import Plain


class Scalar:
    """A scalar; `text` is its content after unquoting, `value` what Kubernetes reads, `style` one of '', ', ", |, >."""

    __slots__ = ("anchor", "end", "start", "style", "tag", "text", "value")

    def __init__(
        self,
        start: int,
        end: int,
        text: str,
        style: str,
        value: Plain,
        anchor: str | None = None,
        tag: str | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.style = style
        self.value = value
        self.anchor = anchor
        self.tag = tag


class Seq:
    """A sequence; `value` is the list its items stand for."""

    __slots__ = ("anchor", "end", "flow", "items", "start", "tag", "value")

    def __init__(
        self,
        start: int,
        end: int,
        items: list[Node],
        flow: bool,
        value: list[Plain],
        anchor: str | None = None,
        tag: str | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.items = items
        self.flow = flow
        self.value = value
        self.anchor = anchor
        self.tag = tag


class Map:
    """A mapping; `entries` keep every key as written (`<<` too), `value` has merges applied and string keys.

    `plain` says that both have the same keys in the same order: no merge, and no key that is not a string as written.
    """

    __slots__ = ("anchor", "end", "entries", "flow", "plain", "start", "tag", "value")

    def __init__(
        self,
        start: int,
        end: int,
        entries: list[tuple[Node, Node]],
        flow: bool,
        value: dict[str, Plain],
        anchor: str | None = None,
        tag: str | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.entries = entries
        self.flow = flow
        self.value = value
        self.anchor = anchor
        self.tag = tag
        self.plain = False


class Alias:
    """`*name`; `target` is the node that carries the anchor, `value` that node's value (shared, never changed)."""

    __slots__ = ("end", "name", "start", "target", "value")

    def __init__(self, start: int, end: int, name: str, target: Node, value: Plain) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.target = target
        self.value = value


Node = Scalar | Seq | Map | Alias


def parts_of(node: Node) -> list[Node]:
    """Return the keys and values of a mapping, or the items of a sequence, in the order of the text."""
    if isinstance(node, Map):
        return [part for entry in node.entries for part in entry]
    return node.items if isinstance(node, Seq) else []


class Sketch:
    """What a document means, and where its keys and items stand: what can be told without a tree.

    `start` is the root's offset, `value` its plain value; `places` are the offsets of the keys or items of each
    collection in `value`, in its own order, by the collection's `id`.
    """

    __slots__ = ("places", "start", "value")

    def __init__(self, start: int, value: Plain, places: Mapping[int, Sequence[int]]) -> None:
        self.start = start
        self.value = value
        self.places = places


class Document:
    """One parsed document of a file.

    `index` is 0-based and counted as kubectl's reader counts: pieces between lines that are `---` (with nothing or
    a comment behind); a comment before the first `---` is a piece of its own. `start`/`end` bound the piece in the
    text. `root` is None when the document is empty. Where there is a `sketch`, the tree is grown when somebody asks
    for it.
    """

    __slots__ = ("_grow", "_root", "end", "index", "sketch", "start")

    def __init__(
        self,
        index: int,
        start: int,
        end: int,
        root: Node | None,
        *,
        sketch: Sketch | None = None,
        grow: Callable[[], Node | None] | None = None,
    ) -> None:
        self.index = index
        self.start = start
        self.end = end
        self.sketch = sketch
        self._root = root
        self._grow = grow

    @property
    def root(self) -> Node | None:
        """Return the root of the tree."""
        if self._grow is not None:
            self._root = self._grow()
            self._grow = None
        return self._root

    @property
    def value(self) -> Plain:
        """Return what the document means; None, too, when it is empty."""
        if self.sketch is not None:
            return self.sketch.value
        return None if self._root is None else self._root.value

    @property
    def is_empty(self) -> bool:
        """Return whether the document has nothing in it but comments."""
        return self._root is None and self.sketch is None
