"""Tells a result by the lines of its original that it keeps: what stays is named, and never written again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: Lines of the original and of the result: from, to (0-based, half-open), and what stands in their place.
Splice = tuple[int, int, str]

#: How many lines are looked through for where both go on alike.
_FAR = 400


def splices(before: str, after: str) -> tuple[Splice, ...]:
    """Return what makes `after` of `before`, in order; nothing where they are equal."""
    if before == after:
        return ()
    return tuple(_found(before.splitlines(keepends=True), after.splitlines(keepends=True)))


def spliced(before: str, made: Sequence[Splice]) -> str:
    """Return what splices make of a text; raises ValueError for those of another text."""
    lines = before.splitlines(keepends=True)
    done: list[str] = []
    at = 0
    for start, end, text in made:
        if not at <= start <= end <= len(lines):
            raise ValueError("splices of another text")
        done += lines[at:start]
        done.append(text)
        at = end
    return "".join((*done, *lines[at:]))


def _found(old: list[str], new: list[str]) -> Iterator[Splice]:
    was = now = 0
    while was < len(old) or now < len(new):
        if was < len(old) and now < len(new) and old[was] == new[now]:
            was, now = was + 1, now + 1
            continue
        gone, come = _gap(old, new, was, now)
        yield was, was + gone, "".join(new[now : now + come])
        was, now = was + gone, now + come


def _gap(old: list[str], new: list[str], was: int, now: int) -> tuple[int, int]:
    """Return how many lines go and come before both go on alike: the fewest together."""
    ahead: dict[str, int] = {}
    for come, line in enumerate(new[now : now + _FAR]):
        ahead.setdefault(line, come)
    best = len(old) - was, len(new) - now
    for gone, line in enumerate(old[was : was + _FAR]):
        if gone >= sum(best):
            break
        if line in ahead and gone + ahead[line] < sum(best):
            best = gone, ahead[line]
    return best
