"""Finds lines that one reader takes for something else than another, so that nobody can say what a text means."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence

from harden.source.split import Piece, marks

#: Lines at which kubectl's reader ends a document (k8s.io/apimachinery, `YAMLReader.Read`: behind `---` blanks of any
#: kind, and perhaps a `#` and a rest, up to the line feed), and which say something else in YAML.
_MARKER = r"---(?=[^\S\n]*(?:#|\n|\Z))(?![ \t\r]*(?:\n|\Z))(?![ \t]+#[^\r\n\x85\u2028\u2029]*(?:\r?\n|\r?\Z))"
_INNER_MARK = r"[\n\r\x85\u2028\u2029]\ufeff"
#: What is said of lines that readers do not agree on, and what to do.
_SAID_OF_MARKER = (
    "kubectl ends a document at this line, and YAML does not, or not so",
    "write `---` alone, or a blank and `#` behind it",
)
_SAID_OF_MARK = ("a byte order mark stands within the document, which not all readers skip", "take it out")


def unclear(
    text: str, pieces: Sequence[Piece], marked: Sequence[int] | None = None
) -> Iterator[tuple[int, int, str, str]]:
    """Yield each such line: the number of its piece, the code point where it begins, what is wrong, what to do.

    `marked` are the `marks` of the text, if somebody has found them.
    """
    starts = [piece.start for piece in pieces]
    marked = marks(text) if marked is None else marked
    for found, said in ((_markers(text, marked), _SAID_OF_MARKER), (_inner_marks(text, pieces), _SAID_OF_MARK)):
        for at in found:
            yield bisect(starts, at) - 1, at, *said


def _markers(text: str, marked: Sequence[int]) -> list[int]:
    """Return where the lines begin at which kubectl ends a document, and of which YAML makes something else."""
    marker = re.compile(_MARKER)
    return [at for at in marked if marker.match(text, at) is not None]


def _inner_marks(text: str, pieces: Sequence[Piece]) -> list[int]:
    """Return where a line begins with a byte order mark within a document: libyaml skips it, kubectl's reader does not.

    What stands behind the mark has another indent and name for the one than for the other.
    """
    if "\ufeff" not in text:
        return []
    taken_off = {piece.content - 1 for piece in pieces}
    inner = (found.end() - 1 for found in re.finditer(_INNER_MARK, text))
    return [at for at in inner if at not in taken_off]
