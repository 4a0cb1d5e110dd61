"""Turns parser events into trees: one pass, no recursion, plain values made on the way."""

from __future__ import annotations

import re
from typing import Any

from harden.model.record import Record
from harden.model.text import Plain
from harden.model.tree import Alias, Map, Node, Scalar, Seq
from harden.source import spans
from harden.source.events import ALIAS, DOCUMENT, DOCUMENT_END, MAP, MAP_END, SCALAR, SEQ, SEQ_END, Next
from harden.source.scalars import MERGE_TAG, Unreadable, key_name, plain_cache, resolve_plain, resolve_tagged

#: Nesting that is still read; Kubernetes objects stay far below, hostile input does not.
DEPTH_LIMIT = 200
#: Nodes that aliases may add to one document, as in go-yaml (`alias_ratio_range_low`).
ALIAS_LIMIT = 400_000

_ANCHOR = re.compile(r"[0-9A-Za-z_-]+\Z")
#: Says that the cache has no such text.
_NEW: Plain = float("nan")
#: What the keys of nearly all mappings are.
_NAMES = frozenset({str})
#: Stands for the value of a key such as `.inf`, which has a name and no JSON value.
_UNREAD: Plain = float("nan")


class Refusal(Exception):  # noqa: N818 - it is no error of the program, and never leaves harden.source
    """A document that is YAML but is not read; `offset` is a code point of the file."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class TooDeep(Refusal):
    """A document nested deeper than DEPTH_LIMIT; what stands behind that place was not looked at."""


class Root(Record):
    """A document as the parser saw it; `start` is the code point of its first token.

    `repeated` are the keys given more than once in one mapping: each once, with the place of the last, which counts.
    """

    start: int
    node: Node | None
    repeated: tuple[tuple[int, str], ...] = ()


def build(  # noqa: C901, PLR0912, PLR0915 - one loop for speed, see below
    next_event: Next, text: str, base: int, *, trust_nulls: bool
) -> list[Root]:
    """Return the documents of an event stream whose offset 0 is `text[base]`.

    `trust_nulls` says that the parser marks an absent value right behind its colon (the C parser does, the pure one
    does not). Raises Refusal, and whatever the parser raises. Longer than 40 lines because it runs for each of 120,000
    events of a large stream: functions for scalars and ends
    were measured to cost 14 % of the time spent here.
    """
    known = plain_cache()
    look_up = known.get
    roots: list[Root] = []
    repeated: dict[int, str] = {}
    anchors: dict[str, Node] = {}
    nodes: list[Node] = []
    stack: list[tuple[Map | Seq, list[Node]]] = []
    expansion: _Expansion | None = None
    begin = base
    node: Any  # a Map or a Seq, as the event says
    value: Plain
    while True:
        event = next_event()
        if event is None:
            return roots
        kind = event[0]
        if kind == SCALAR:
            _, content, style, tag, anchor, start, end = event
            start += base
            end += base
            if tag is not None:
                tag = str(tag)
                value = _special(tag, content, start, is_key=_awaits_key(stack, nodes))
            elif style:
                value = content
            else:
                value = look_up(content, _NEW)
                if value is _NEW:
                    value = _special(None, content, start, is_key=_awaits_key(stack, nodes))
                    if value is not _UNREAD:
                        known[content] = value
            if style:
                if style in "|>":
                    end = spans.block_scalar_end(text, start, end)
            elif start == end:
                start = end = _null_place(start, nodes, text, stack, trust_nulls=trust_nulls)
            leaf = Scalar(start, end, content, style, value, anchor, tag)
            if anchor is not None:
                anchors[_checked(anchor, start)] = leaf
            nodes.append(leaf)
        elif kind == MAP_END:
            node, outer = stack.pop()
            node.entries = list(zip(nodes[::2], nodes[1::2], strict=True))
            node.end = event[1] + base if node.flow else nodes[-1].end
            try:
                made = {key.value: item.value for key, item in node.entries}
            except TypeError:
                made = {}  # a key is a list or a mapping
            if len(made) != len(node.entries) or "<<" in made or not {*map(type, made)} <= _NAMES:
                made = _resolve_entries(node, repeated)
            else:
                node.plain = True
            node.value = made
            nodes = outer
        elif kind in {MAP, SEQ}:
            _, start, tag, anchor, flow = event
            start += base
            tag = None if tag is None else str(tag)
            if kind == MAP:
                node = Map(start, -1, [], bool(flow), {}, anchor, tag)
            else:
                node = Seq(start, -1, [], bool(flow), [], anchor, tag)
            if anchor is not None:
                anchors[_checked(anchor, start)] = node
            nodes.append(node)
            stack.append((node, nodes))
            nodes = []
            if len(stack) > DEPTH_LIMIT:
                raise TooDeep(f"nested deeper than {DEPTH_LIMIT} levels", start)
        elif kind == SEQ_END:
            node, outer = stack.pop()
            node.items = nodes
            node.end = event[1] + base if node.flow else nodes[-1].end
            node.value = [item.value for item in nodes]
            nodes = outer
        elif kind == ALIAS:
            _, anchor, start, end = event
            expansion = expansion or _Expansion()
            nodes.append(expansion.alias(anchor, anchors.get(anchor), start + base, end + base))
        elif kind == DOCUMENT:
            begin = event[1] + base
        elif kind == DOCUMENT_END:
            root = nodes.pop()
            roots.append(Root(begin, None if _is_empty(root) else root, tuple(repeated.items())))
            repeated = {}
            anchors = {}
            expansion = None


def _checked(anchor: str, start: int) -> str:
    """Return the name of an anchor; raises Refusal for one that go-yaml does not read (`is_alpha`)."""
    if _ANCHOR.match(anchor) is None:
        raise Refusal("an `&` anchor has a name with other characters than letters, digits, - and _", start)
    return anchor


def _awaits_key(stack: list[tuple[Map | Seq, list[Node]]], nodes: list[Node]) -> bool:
    return bool(stack) and isinstance(stack[-1][0], Map) and len(nodes) % 2 == 0


def _special(tag: str | None, content: str, start: int, *, is_key: bool) -> Plain:
    """Return what a tagged scalar, or a plain one not seen before, means; as a key it may be what no value can."""
    try:
        return resolve_plain(content) if tag is None else resolve_tagged(tag, content)
    except Unreadable as reason:
        if is_key:
            return _UNREAD
        raise Refusal(str(reason), start) from None


def _is_empty(root: Node) -> bool:
    return (
        isinstance(root, Scalar) and root.value is None and root.anchor is None and root.tag is None and not root.text
    )


def _null_place(
    start: int, nodes: list[Node], text: str, stack: list[tuple[Map | Seq, list[Node]]], *, trust_nulls: bool
) -> int:
    """Return where an absent value is: behind its colon, or behind its key where there is no colon."""
    is_value = bool(stack) and isinstance(stack[-1][0], Map) and len(nodes) % 2 == 1
    if not is_value or (trust_nulls and text[start - 1 : start] == ":"):
        return start
    # In block style, the C parser marks a value without a colon where the next entry begins.
    colon = None if trust_nulls and not stack[-1][0].flow else spans.colon_behind(text, nodes[-1])
    return nodes[-1].end if colon is None else colon + 1


def _resolve_entries(node: Map, repeated: dict[int, str]) -> dict[str, Plain]:
    """Return the value of a mapping that has merges, keys that are no plain strings, or keys given more than once.

    Merges are applied where they stand: go-yaml v2 (`decode.go`, `merge`) lets a `<<` overwrite what stands above it,
    and what stands below overwrites the `<<`. Of a key given more than once the last counts, as for kubectl
    (k8s.io/apimachinery, `util/yaml.YAMLOrJSONDecoder`); it goes into `repeated`.
    """
    made: dict[str, Plain] = {}
    last: dict[str, int] = {}
    again: set[str] = set()
    for key, item in node.entries:
        if is_merge(key):
            for source in reversed(merged_maps(item)):
                made.update(source.value)
            continue
        name = name_of(key)
        if name in last:
            again.add(name)
        last[name] = key.start
        made[name] = item.value
    repeated.update((last[name], name) for name in last if name in again)
    return made


def is_merge(key: Node) -> bool:
    """Return whether a mapping's key is the merge key `<<` (go-yaml v2 `isMerge`), which the tag `!` leaves one."""
    if not isinstance(key, Scalar) or key.text != "<<":
        return False
    return key.tag in {MERGE_TAG, "!"} if key.tag is not None else key.style == ""


def merged_maps(item: Node) -> list[Map]:
    """Return the mappings that a `<<` value names, the strongest first; raises Refusal for what is no mapping."""
    sources = item.items if isinstance(item, Seq) else [item]
    maps: list[Map] = []
    for source in sources:
        target = source.target if isinstance(source, Alias) else source
        if not isinstance(target, Map):
            raise Refusal("`<<` merges something that is no mapping", source.start)
        maps.append(target)
    return maps


def name_of(key: Node) -> str:
    """Return the name that Kubernetes gives a mapping's key; raises Refusal where it has none."""
    if type(key) is Scalar and key.tag is None and type(key.value) is str:
        return key.value  # by far the most keys, asked for many times
    node = key.target if isinstance(key, Alias) else key
    if not isinstance(node, Scalar):
        raise Refusal("a key is a list or a mapping, which Kubernetes does not read", key.start)
    try:
        return key_name(node.tag, node.text, plain=node.style == "")
    except Unreadable as reason:
        raise Refusal(str(reason), key.start) from None


class _Expansion:
    """Counts what the aliases of one document stand for."""

    __slots__ = ("_sizes", "_total")

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._total = 0

    def alias(self, name: str, target: Node | None, start: int, end: int) -> Alias:
        """Return the alias node; raises Refusal for unknown, self-containing and exploding aliases."""
        if target is None:
            # The name may be a password that lacks its quotes.
            raise Refusal("a `*` alias names no anchor: quote a value that begins so", start)
        if target.end < 0:
            raise Refusal(f"anchor &{name} contains itself", start)
        size = self._size(target)
        self._total += size
        if self._total > ALIAS_LIMIT:
            raise Refusal("aliases expand to too much data", start)
        node = Alias(start, end, name, target, target.value)
        self._sizes[id(node)] = size
        return node

    def _size(self, target: Node) -> int:
        known = self._sizes.get(id(target))
        if known is not None:
            return known
        size = 0
        todo: list[Node] = [target]
        while todo:
            node = todo.pop()
            size += self._sizes.get(id(node), 1)
            if isinstance(node, Map):
                todo.extend(child for entry in node.entries for child in entry)
            elif isinstance(node, Seq):
                todo.extend(node.items)
        self._sizes[id(target)] = size
        return size
