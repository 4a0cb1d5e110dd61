r"""Finds where the parts of a node stand: blanks, lines, block scalars, properties, colons and dashes.

All offsets are code points. YAML 1.1 breaks lines at more than `\\n`; `Lines` knows them all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache

from harden.model.tree import Alias, Map, Node, Scalar, Seq

_ASCII_BLANK = re.compile(r"(?:[ \t\r\n]+|(?<!\S)#[^\r\n]*)*")
_INLINE_BLANK = re.compile(r"[ \t]*")
_PROPERTY = re.compile(r"&[\w-]*|![^\s,\[\]{}]*")
_COMMON_BREAK = re.compile(r"\r\n|[\n\r]")
_HEADER = re.compile(r"[|>][-+0-9]*")


# Compiled when a text has characters beyond ASCII, or breaks lines oddly: all their characters take long.
@cache
def _blank() -> re.Pattern[str]:
    return re.compile(r"(?:[ \t\r\n\x85\u2028\u2029\ufeff]+|(?<![^\s\x85])#[^\r\n\x85\u2028\u2029]*)*")


@cache
def _break() -> re.Pattern[str]:
    return re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@cache
def _odd_break() -> re.Pattern[str]:
    return re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")


@lru_cache(maxsize=1)
def _bounds(text: str) -> tuple[list[int], list[int]]:
    """Return where the lines of a text begin, and where they end, in front of their breaks."""
    found = [match.span() for match in _break().finditer(text)]
    return [0, *(end for _, end in found)], [*(start for start, _ in found), len(text)]


class Lines:
    r"""Finds line boundaries around an offset; cheap where only `\\n` and `\\r\\n` break lines."""

    __slots__ = ("_marked", "_odd", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        start = max(start - 1, 0)
        is_ascii = text.isascii()
        #: Whether a line may begin with a byte order mark, which takes no column.
        self._marked = not is_ascii and text.find("\ufeff", start, end) >= 0
        may_be_odd = not is_ascii or text.find("\r", start, end) >= 0
        self._odd = may_be_odd and _odd_break().search(text, start, end) is not None

    def start(self, offset: int) -> int:
        """Return the offset at which the line of `offset` begins."""
        text = self.text
        if self._odd:
            starts, _ = _bounds(text)
            at = starts[bisect_right(starts, offset) - 1]
        else:
            at = text.rfind("\n", 0, offset) + 1
        return at + 1 if self._marked and at < offset and text[at] == "\ufeff" else at

    def end(self, offset: int) -> int:
        """Return the offset of the line break that ends the line of `offset`, or the end of the text."""
        text = self.text
        if self._odd:
            _, ends = _bounds(text)
            return ends[bisect_left(ends, offset)]
        at = text.find("\n", offset)
        if at < 0:
            return len(text)
        return at - 1 if at > offset and text[at - 1] == "\r" else at

    def next(self, offset: int) -> int:
        """Return the start of the line behind the one of `offset`, or the end of the text."""
        end = self.end(offset)
        return end + 2 if self.text.startswith("\r\n", end) else min(end + 1, len(self.text))

    def column(self, offset: int) -> int:
        """Return the 0-based column of `offset`."""
        return offset - self.start(offset)

    def is_first(self, offset: int) -> bool:
        """Return whether only blanks stand before `offset` on its line."""
        return not self.text[self.start(offset) : offset].strip(" \t")

    def newline(self, offset: int) -> str:
        r"""Return the line break to use near `offset`: that of its line, else the text's first, else `\\n`."""
        found = _COMMON_BREAK.search(self.text, offset) or _COMMON_BREAK.search(self.text)
        return "\n" if found is None else found.group()


def skip_blank(text: str, offset: int) -> int:
    """Return the first offset at or behind `offset` that is neither white space nor in a comment."""
    found = (_ASCII_BLANK if text.isascii() else _blank()).match(text, offset)
    return offset if found is None else found.end()


def skip_inline(text: str, offset: int) -> int:
    """Return the first offset at or behind `offset` that is no space or tab."""
    found = _INLINE_BLANK.match(text, offset)
    return offset if found is None else found.end()


def holds_comment(text: str, start: int, end: int) -> bool:
    """Return whether a comment begins in `start..end`, which must hold no block scalar."""
    at = start
    quote = ""
    while at < end:
        char = text[at]
        if quote:
            at += 1 if quote == '"' and char == "\\" else 0
            quote = "" if char == quote else quote
        elif char in "'\"" and text[at - 1] in " \t\r\n,[{:":
            quote = char
        elif char == "#" and text[at - 1] in " \t\r\n":
            return True
        at += 1
    return False


def block_scalar_end(text: str, start: int, end: int) -> int:
    """Return where the content of a `|` or `>` scalar ends, before the line break of its last line.

    `start` and `end` are the parser's marks, which include properties and trailing blank lines. With `+` those lines
    are content.
    """
    header = _HEADER.match(text, content_start(text, start))
    if header is None:
        return end
    lines = _break().split(text[header.start() : end])
    breaks = _break().findall(text[header.start() : end])
    marks = header.group()
    if "+" in marks:
        return end - len(breaks[-1]) if breaks and not lines[-1] else end
    first = next((line for line in lines[1:] if line.strip(" ")), "")
    indent = 0 if any(mark.isdigit() for mark in marks) else len(first) - len(first.lstrip(" "))
    keep = len(lines)
    while keep > 1 and not lines[keep - 1].strip(" ") and (not lines[keep - 1] or len(lines[keep - 1]) <= indent):
        keep -= 1
    return header.start() + sum(map(len, lines[:keep])) + sum(map(len, breaks[: keep - 1]))


def header_end(text: str, start: int) -> int:
    """Return where the `|` or `>` at `start`, and what says more of it, ends (`start` where there is none)."""
    found = _HEADER.match(text, start)
    return start if found is None else found.end()


def content_start(text: str, start: int) -> int:
    """Return where a node's content begins behind its anchor and tag (`start` when it has none)."""
    at = start
    while text[at : at + 1] in {"&", "!"}:
        found = _PROPERTY.match(text, at)
        if found is None:
            return at
        at = skip_blank(text, found.end())
    return at


def properties_token_end(text: str, start: int) -> int:
    """Return where the one anchor or tag at `start` ends."""
    found = _PROPERTY.match(text, start)
    return start if found is None else found.end()


def colon_between(text: str, key: Node, value: Node) -> int | None:
    """Return the offset of the colon between a mapping's key and value, or None where the entry has none."""
    if value.start == value.end:
        # An absent value is marked behind its colon, or behind its key; a colon further on belongs to another entry.
        return value.start - 1 if value.start > key.end and text[value.start - 1] == ":" else None
    return colon_behind(text, key)


def colon_behind(text: str, key: Node) -> int | None:
    """Return the offset of the colon that stands next behind a mapping's key, or None."""
    at = skip_blank(text, key.end)
    return at if text[at : at + 1] == ":" else None


def dash_before(text: str, seq: Seq, index: int) -> int:
    """Return the offset of the dash of item `index` of a block sequence."""
    if index > 0:
        return skip_blank(text, seq.items[index - 1].end)
    return content_start(text, seq.start)


def entry_start(text: str, node: Map, index: int) -> int:
    """Return where entry `index` of a mapping begins: its key, or the `?` in front of it."""
    key = node.entries[index][0]
    floor = node.entries[index - 1][1].end if index > 0 else content_start(text, node.start)
    if text.find("?", floor, key.start) < 0:
        return key.start
    if index == 0 and node.flow and text[floor : floor + 1] == "{":
        floor += 1
    at = skip_blank(text, floor)
    if node.flow and text[at : at + 1] == ",":
        at = skip_blank(text, at + 1)
    is_explicit = at < key.start and text[at : at + 1] == "?"
    return at if is_explicit else key.start


def is_absent(node: Node) -> bool:
    """Return whether a node is a null that takes no room in the text (it may have an anchor or tag)."""
    return isinstance(node, Scalar) and node.value is None and not node.text and not node.style


def is_block(node: Node) -> bool:
    """Return whether a node is a block mapping or a block sequence."""
    return isinstance(node, Map | Seq) and not node.flow


def followed(node: Node) -> Node:
    """Return the node that an alias stands for, or the node itself."""
    return node.target if isinstance(node, Alias) else node
