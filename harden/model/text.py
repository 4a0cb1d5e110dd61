"""The records of text: as it stands in a file, places in it, and replacements of it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, count
from operator import add, itemgetter

from harden.model.record import Record

#: Plain data as JSON knows it: what a manifest means once YAML is out of the way.
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]

#: Where a value stands in a document: mapping keys and 0-based list indexes, from the root.
Path = tuple[str | int, ...]


class SourceText(Record):
    """One input as text: every line end kept, only the byte order mark taken off (and put back by `encode`)."""

    name: str
    text: str
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """Return `text` as the bytes of this file: UTF-8, with the byte order mark it had."""
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode("utf-8")


class Edit(Record):
    """Replaces `text[start:end]` (half-open, code points of the ORIGINAL text) by `text`; start == end inserts."""

    start: int
    end: int
    text: str


class Place(Record):
    """A stretch of text: 1-based lines, and columns in code points; `end_column` is the one behind its last."""

    line: int
    column: int
    end_line: int
    end_column: int

    def on(self, line: int) -> Place:
        """Return the same stretch beginning on another line."""
        return Place(line, self.column, self.end_line + line - self.line, self.end_column)


#: From so many questions on the beginning of each line is noted, which takes as long as to count them seven times.
_MANY = 16


class LineIndex:
    """Turns code point offsets into 1-based line numbers; lines end at a line feed only, as for git and patch.

    The lines are counted when somebody asks: most files have nothing to be said of, and of most others little.
    """

    __slots__ = ("_counted", "_known", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: list[int] | None = None
        #: Offsets that were asked for, in order, and their lines.
        self._counted: list[tuple[int, int]] = [(0, 1)]

    @property
    def _starts(self) -> list[int]:
        if self._known is None:
            lengths = map(len, self._text.split("\n"))
            # Each line but the last has a break behind it.
            self._known = list(map(add, accumulate(lengths, initial=0), count()))[:-1]
        return self._known

    @property
    def last(self) -> int:
        """Return the number of the last line."""
        return len(self._starts)

    def line(self, offset: int) -> int:
        """Return the 1-based line that holds the code point at `offset`."""
        if self._known is not None or len(self._counted) > _MANY:
            return bisect_right(self._starts, offset)
        at = bisect_right(self._counted, offset, key=itemgetter(0))
        before, line = self._counted[at - 1]
        if before < offset:
            line += self._text.count("\n", before, offset)
            self._counted.insert(at, (offset, line))
        return line

    def column(self, offset: int) -> int:
        """Return the 1-based column (in code points) of the code point at `offset`."""
        if self._known is None:
            return offset - self._text.rfind("\n", 0, offset)
        return offset - self._known[bisect_right(self._known, offset) - 1] + 1

    def place(self, offset: int) -> Place:
        """Return the stretch from `offset` to the end of its line, without the white space there."""
        line, column = self.line(offset), self.column(offset)
        end = self._text.find("\n", offset)
        rest = self._text[offset : end if end >= 0 else None].rstrip()
        return Place(line, column, line, column + len(rest))

    def whole(self, line: int) -> Place:
        """Return all that stands on a 1-based line, without the white space around it."""
        start = self._starts[line - 1]
        end = self._text.find("\n", start)
        text = self._text[start : end if end >= 0 else None]
        return self.place(start + len(text) - len(text.lstrip()))


def value_at(data: Plain, path: Path) -> Plain:
    """Return what stands at `path`, or the scalar that ends it; raises KeyError or IndexError for a missing step."""
    for step in path:
        if isinstance(data, dict):
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
    return data


def found_at(data: object, path: Path) -> object:
    """Return what stands at `path`, None where a step is missing."""
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def dotted(path: Path) -> str:
    """Return a path as people write it: `spec.containers[0].image`; other characters are quoted as in JSON."""
    said = ""
    for step in path:
        if isinstance(step, int):
            said += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            said += f".{step}" if said else step
        else:
            import json  # noqa: PLC0415 - few keys need it, and every run starts here

            said += f"[{json.dumps(step, ensure_ascii=False)}]"
    return said
