"""Compares two texts line by line: which lines stay, and so which go and come.

The way from one text to the other is sought as Myers does (An O(ND) Difference Algorithm and Its Variations, 1986), but
settled piece by piece: a way that meets a run of equal lines is taken as it is. What harden does to a text is many
small changes, so the time grows with the length of the text, not with the square of the number of changes. Every answer
is a true difference; only its size may be above the smallest possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.record import Record

#: A run of this many equal lines settles a piece.
_SETTLED = 8

#: After this many lines gone and come without such a run, the way that got farthest is taken.
_PATIENCE = 256

#: Equal lines: where they start in the old and in the new text, and how many they are.
_Run = tuple[int, int, int]
_Chain = tuple[_Run, "_Chain"] | None


class Hunk(Record):
    """Lines `old[start:end]` become `new[new_start:new_end]`; 0-based, half-open; one of the two may be empty."""

    start: int
    end: int
    new_start: int
    new_end: int


def lines_of(text: str) -> list[str]:
    """Return the lines with their line feeds; a carriage return is part of its line, as for Git and patch."""
    lines = text.split("\n")
    last = lines.pop()
    kept = [f"{line}\n" for line in lines]
    return [*kept, last] if last else kept


def compare(old: Sequence[str], new: Sequence[str]) -> Iterator[Hunk]:
    """Yield what turns `old` into `new`, in order; between two hunks at least one line stays."""
    at, new_at = 0, 0
    for start, new_start, length in (*_kept(old, new), (len(old), len(new), 0)):
        if (start, new_start) != (at, new_at):
            yield Hunk(at, start, new_at, new_start)
        at, new_at = start + length, new_start + length


def _kept(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    runs: list[_Run] = []
    at, new_at = 0, 0
    while True:
        same = _same(old, new, at, new_at)
        if same:
            runs.append((at, new_at, same))
            at, new_at = at + same, new_at + same
        if at == len(old) or new_at == len(new):
            return runs
        chain, at, new_at = _way(old, new, at, new_at)
        piece = []
        while chain is not None:
            run, chain = chain
            piece.append(run)
        runs.extend(reversed(piece))


def _way(old: Sequence[str], new: Sequence[str], at: int, new_at: int) -> tuple[_Chain, int, int]:
    """Return the equal lines on the way from (at, new_at), the last run first, and where that way has got to."""
    # By diagonal (lines gone less lines come): how far into `old` the best way gets with so many steps, and its runs.
    reach: dict[int, tuple[int, _Chain]] = {0: (at, None)}
    for steps in range(1, _PATIENCE + 1):
        farther: dict[int, tuple[int, _Chain]] = {}
        for diagonal in range(-steps, steps + 1, 2):
            insert, delete = reach.get(diagonal + 1), reach.get(diagonal - 1)
            if insert is not None and (delete is None or delete[0] < insert[0]):
                x, chain = insert
            elif delete is not None:
                x, chain = delete[0] + 1, delete[1]
            else:
                continue
            y = new_at + x - at - diagonal
            if x > len(old) or y > len(new):
                continue
            same = _same(old, new, x, y)
            if same:
                x, y, chain = x + same, y + same, ((x, y, same), chain)
            if same >= _SETTLED or (x == len(old) and y == len(new)):
                return chain, x, y
            farther[diagonal] = (x, chain)
        reach = farther
    # Of ways that get equally far, the one with the most insertions: harden adds far more than it removes.
    diagonal = min(reach, key=lambda key: (key - 2 * reach[key][0], key))
    x, chain = reach[diagonal]
    return chain, x, new_at + x - at - diagonal


def _same(old: Sequence[str], new: Sequence[str], at: int, new_at: int) -> int:
    """Return how many lines from `old[at]` and `new[new_at]` on are equal."""
    start, end = at, min(len(old), at + len(new) - new_at)
    while at < end and old[at] == new[new_at]:
        at += 1
        new_at += 1
    return at - start
