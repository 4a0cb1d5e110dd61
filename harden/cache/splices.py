"""Tells a result by the lines of its original that it keeps: what stays is named, and never written again."""

from __future__ import annotations

from collections.abc import Sequence

from harden.source.hunks import compare

#: Lines of the original and of the result: from, to (0-based, half-open), and what stands in their place.
Splice = tuple[int, int, str]


def splices(before: str, after: str) -> tuple[Splice, ...]:
    """Return what makes `after` of `before`, in order; nothing where they are equal."""
    if before == after:
        return ()
    new = _lines(after)
    found = compare(_lines(before), new)
    return tuple((each.start, each.end, "".join(new[each.new_start : each.new_end])) for each in found)


def spliced(before: str, made: Sequence[Splice]) -> str:
    """Return what splices make of a text; raises ValueError for those of another text."""
    lines = _lines(before)
    done: list[str] = []
    at = 0
    for start, end, text in made:
        if not at <= start <= end <= len(lines):
            raise ValueError("splices of another text")
        done += lines[at:start]
        done.append(text)
        at = end
    return "".join((*done, *lines[at:]))


def _lines(text: str) -> list[str]:
    # At a carriage return, too: no whole file of old Macs is to stand in one splice.
    return text.splitlines(keepends=True)
