"""Reads the style of a document: indents, dashes, quotes and flow spacing near a place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from harden.model.record import Record
from harden.model.tree import Map, Node, Scalar, Seq
from harden.source import spans
from harden.source.flow_habits import Habits, habits
from harden.source.spans import Lines

_Of = TypeVar("_Of")
_Found = TypeVar("_Found", int, str)
_DEFAULT_STEP = 2
_DEFAULT_DASH = 2


class BlockLook(Record):
    """How new block lines look: columns of a nested mapping and of a dash from the key above, text behind a dash.

    `flow_lists` says that the neighbours of a new key are flow lists of scalars.
    """

    step: int
    dash: int
    gap: str
    quote: str
    flow_lists: bool


class FlowLook(Record):
    """How new flow text looks; `json` asks for double quotes everywhere, `unit` is one indent of expanded text.

    `spread` asks for one entry a line beside entries that have lines of their own; for the rest see `Habits`.
    """

    json: bool
    pad: str
    comma: str
    colon: str
    quote: str
    unit: str
    inline_lists: bool
    spread: bool
    trailing: bool
    cuddled: bool
    quoted: bool


class Style:
    """Answers questions of looks for one document; `ancestors` arguments are ancestors, the nearest last."""

    __slots__ = (
        "_commas_of",
        "_dash_of",
        "_flows",
        "_habits",
        "_lines",
        "_on_one_line",
        "_quote",
        "_root",
        "_step_of",
        "_text",
        "_usual",
    )

    def __init__(self, lines: Lines, root: Node) -> None:
        self._lines = lines
        self._text = lines.text
        self._root = root
        self._quote: str | None = None
        self._on_one_line: bool | None = None
        self._flows: list[Map | Seq] | None = None
        self._habits: Habits | None = None
        # What was found of a node by its id: a long list is looked through once, not once for each of its items.
        self._step_of: dict[int, int | None] = {}
        self._dash_of: dict[int, int | None] = {}
        self._commas_of: dict[int, str | None] = {}
        self._usual: tuple[int, int] | None = None

    @property
    def quote(self) -> str:
        """Return the quote that the document uses most; `"` when it is undecided."""
        if self._quote is None:
            self._quote = '"'
            # A document without single quotes, the usual one, needs no walk.
            if self._text.find("'", self._root.start, self._root.end) >= 0:
                styles = [node.style for node in walk(self._root) if isinstance(node, Scalar)]
                self._quote = "'" if styles.count("'") > styles.count('"') else '"'
        return self._quote

    def block(self, ancestors: Sequence[Node]) -> BlockLook:
        """Return how block lines look that are new in the last node of `ancestors`."""
        nearest = [node for node in reversed(ancestors) if spans.is_block(node)]
        step = _first(self._step, nearest)
        # Lists of one mapping look alike; those of others in the file follow the most, not the nearest.
        dash = _first(self._dash, nearest[:1])
        if step is None or dash is None:
            usual_step, usual_dash = self._most_used
            step = usual_step if step is None else step
            dash = usual_dash if dash is None else dash
        gap = next((self.gap(node) for node in nearest if isinstance(node, Seq)), " ")
        return BlockLook(
            step=step,
            dash=dash,
            gap=gap,
            quote=self.quote,
            flow_lists=self._prefers_flow_lists(ancestors[-1]) if ancestors else False,
        )

    def gap(self, seq: Seq) -> str:
        """Return what stands between dash and item in a block sequence."""
        for index, item in enumerate(seq.items):
            dash = spans.dash_before(self._text, seq, index)
            between = self._text[dash + 1 : item.start]
            if between and not between.strip(" "):
                return between
        return " "

    def column(self, node: Map) -> int:
        """Return the 0-based column of the keys of a block mapping."""
        return self._lines.column(spans.entry_start(self._text, node, 0))

    def dash_column(self, seq: Seq) -> int:
        """Return the 0-based column of the dashes of a block sequence."""
        return self._lines.column(spans.dash_before(self._text, seq, 0))

    def flow(self, ancestors: Sequence[Node]) -> FlowLook:
        """Return how flow text looks that is new in the last node of `ancestors`."""
        flows = [node for node in reversed(ancestors) if isinstance(node, Map | Seq) and node.flow]
        json = any(_is_json(node) for node in (*flows, self._root))
        spread = flows or self._other_flows
        pad = next((pad for node in spread for pad in self._pads(node)), "")
        colon = next((colon for node in spread for colon in self._colons(node)), ": ")
        comma = _first(self._comma, spread)
        if comma is None:
            comma = "," if colon == ":" else ", "
        if self._habits is None:
            self._habits = habits(self._text, self._other_flows)
        own = self._habits
        return FlowLook(
            json=json,
            pad=pad,
            comma=comma,
            colon=colon if json else ": ",
            quote=self.quote,
            unit=self._unit(flows),
            inline_lists=(json or own.spread) and self._has_inline_lists,
            spread=json or own.spread,
            trailing=own.trailing and not json,
            cuddled=own.cuddled,
            quoted=own.quoted and not json,
        )

    @property
    def _other_flows(self) -> list[Map | Seq]:
        if self._flows is None:
            self._flows = [node for node in walk(self._root) if isinstance(node, Map | Seq) and node.flow]
        return self._flows

    @property
    def _has_inline_lists(self) -> bool:
        if self._on_one_line is None:
            lists = (node for node in self._other_flows if isinstance(node, Seq) and node.items)
            self._on_one_line = any("\n" not in self._text[node.start : node.end] for node in lists)
        return self._on_one_line

    @property
    def _most_used(self) -> tuple[int, int]:
        """Return how far nested keys, and dashes, mostly stand behind the key above: in the document, else the file."""
        if self._usual is None:
            steps: Counter[int] = Counter()
            dashes: Counter[int] = Counter()
            for node in walk(self._root):
                if isinstance(node, Map) and not node.flow:
                    steps.update(self._distances(node, Map))
                    dashes.update(self._distances(node, Seq))
            # All of a file is looked through only where the document has none.
            self._usual = _most(steps, _DEFAULT_STEP), _most(dashes, 0) if dashes else file_dash(self._text)
        return self._usual

    def _distances(self, node: Map, of: type[Map | Seq]) -> Iterator[int]:
        for index, (_, value) in enumerate(node.entries):
            if type(value) is of and isinstance(value, Map | Seq) and not value.flow:
                column = self._lines.column(spans.entry_start(self._text, node, index))
                yield (self.column(value) if isinstance(value, Map) else self.dash_column(value)) - column

    def _step(self, node: Node) -> int | None:
        """Return how far the keys of the first block mapping in a block mapping stand behind its own."""
        if not isinstance(node, Map) or node.flow:
            return None
        if id(node) not in self._step_of:
            self._step_of[id(node)] = next(self._distances(node, Map), None)
        return self._step_of[id(node)]

    def _dash(self, node: Node) -> int | None:
        """Return how far the dashes of most block sequences in a block mapping stand behind its keys."""
        if not isinstance(node, Map) or node.flow:
            return None
        if id(node) not in self._dash_of:
            found = list(self._distances(node, Seq))
            self._dash_of[id(node)] = _most(Counter(found), 0) if len(found) > 1 else next(iter(found), None)
        return self._dash_of[id(node)]

    def _comma(self, node: Map | Seq) -> str | None:
        if id(node) not in self._commas_of:
            self._commas_of[id(node)] = next(self._commas(node), None)
        return self._commas_of[id(node)]

    def _prefers_flow_lists(self, node: Node) -> bool:
        if not isinstance(node, Map) or node.flow:
            return False
        lists = [value for _, value in node.entries if isinstance(value, Seq) and value.items]
        flat = (value.flow and all(isinstance(item, Scalar) for item in value.items) for value in lists)
        return bool(lists) and all(flat)

    def _pads(self, node: Map | Seq) -> Iterator[str]:
        if not isinstance(node, Map) or not node.entries or self._text[node.start : node.start + 1] != "{":
            return
        between = self._text[node.start + 1 : spans.entry_start(self._text, node, 0)]
        if not between.strip(" "):
            yield between

    def _colons(self, node: Map | Seq) -> Iterator[str]:
        if not isinstance(node, Map):
            return
        for key, value in node.entries:
            between = self._text[key.end : value.start]
            if between.strip(" ") == ":" and not spans.is_absent(value):
                yield between

    def _commas(self, node: Map | Seq) -> Iterator[str]:
        last = [value for _, value in node.entries[:-1]] if isinstance(node, Map) else node.items[:-1]
        for end in (child.end for child in last):
            at = spans.skip_blank(self._text, end)
            if self._text[at : at + 1] == ",":
                after = spans.skip_inline(self._text, at + 1)
                if self._text[after : after + 1] not in {"\n", "\r", "#", ""}:
                    yield self._text[at:after]

    def _unit(self, flows: Sequence[Node]) -> str:
        for node in flows:
            if not isinstance(node, Map) or not node.entries:
                continue
            first = spans.entry_start(self._text, node, 0)
            outer = self._text[self._lines.start(node.start) : node.start]
            outer = outer[: len(outer) - len(outer.lstrip())]
            inner = self._text[self._lines.start(first) : first]
            if not inner.strip() and inner.startswith(outer) and len(inner) > len(outer):
                return inner[len(outer) :]
        return "  "


def walk(root: Node) -> Iterator[Node]:
    """Yield every node of a tree in the order of the text, without following aliases."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, Map):
            todo.extend(child for entry in reversed(node.entries) for child in reversed(entry))
        elif isinstance(node, Seq):
            todo.extend(reversed(node.items))


@lru_cache(maxsize=1)
def file_dash(text: str) -> int:
    """Return how far dashes mostly stand behind the key above in a file, read from its lines alone."""
    dashes: Counter[int] = Counter()
    for found in re.finditer(r"^( *)(?:- +)*[\w./\"'-]+:[ \t]*(?:#.*)?\r?\n( *)- ", text, re.MULTILINE):
        key = found[0].partition(":")[0]
        column = len(key) - len(key.lstrip(" -"))
        if len(found[2]) >= column:
            dashes[len(found[2]) - column] += 1
    return _most(dashes, _DEFAULT_DASH)


def _most(counts: Counter[int], default: int) -> int:
    # The first of those that are used equally often.
    return counts.most_common(1)[0][0] if counts else default


def _first(find: Callable[[_Of], _Found | None], nodes: Iterable[_Of]) -> _Found | None:
    for node in nodes:
        found = find(node)
        if found is not None:
            return found
    return None


def _is_json(node: Node) -> bool:
    if not isinstance(node, Map) or not node.flow or not node.entries:
        return False
    key = node.entries[0][0]
    return isinstance(key, Scalar) and key.style == '"'
