"""Moves what came and what went to the borders of documents, where a diff may have it as well.

Documents begin with the same words. So a diff of a new one often begins in the middle of its neighbour, and ends in the
middle of the new one: the same lines came as with a diff that names the document itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harden.model.change import FileChange, Gap

_BORDER = "---"


def at_borders(change: FileChange, text: str) -> FileChange:
    """Return a change of a text with each block of lines that holds a document's border begun or ended by one."""
    own = [line.rstrip("\r") for line in text.split("\n")]
    if change.is_whole or _BORDER not in text:
        return change
    replaced = {gap.after for gap in change.gaps if gap.came}
    added: dict[int, str] = {}
    for first, last in _runs(sorted(change.added)):
        if first - 1 not in replaced and any(own[line - 1].startswith(_BORDER) for line in range(first, last + 1)):
            first, last = _moved(own, first, last)  # noqa: PLW2901 - it is the same block
        added |= {line: own[line - 1] for line in range(first, last + 1)}
    gaps = tuple(gap if gap.came else _moved_gap(own, gap) for gap in change.gaps)
    return change._replace(added=added, gaps=gaps)


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of lines that stand one below the other."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at] != lines[at - 1] + 1:
            yield lines[start], lines[at - 1]
            start = at


def _moved(own: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Return where a block of new lines stands as well, so that it begins or ends with a border."""
    low = first
    while low > 1 and own[low - 2] == own[low + last - first - 1]:
        low -= 1
    high = first
    while high + last - first < len(own) and own[high - 1] == own[high + last - first]:
        high += 1
    for start in range(low, high + 1):
        end = start + last - first
        if own[start - 1].startswith(_BORDER) or own[end - 1].startswith(_BORDER):
            return start, end
    return first, last


def _moved_gap(own: Sequence[str], gap: Gap) -> Gap:
    """Return where lines that went may have stood as well, so that they begin or end with a border."""
    if not any(line.startswith(_BORDER) for line in gap.lines):
        return gap
    low = gap
    while 0 < low.after <= len(own) and own[low.after - 1] == low.lines[-1]:
        low = Gap(low.after - 1, (own[low.after - 1], *low.lines[:-1]))
    while True:
        if low.lines[0].startswith(_BORDER) or low.lines[-1].startswith(_BORDER):
            return low
        if low.after >= len(own) or own[low.after] != low.lines[0]:
            return gap
        low = Gap(low.after + 1, (*low.lines[1:], own[low.after]))
