"""Judges whether the starts of a pod's containers got worse by a change."""

from __future__ import annotations

from collections.abc import Iterable

from harden.model.start import ContainerStart, Doubt, Setback, Start, Topic, Worse


def compare(
    before: Iterable[ContainerStart], after: Iterable[ContainerStart], tolerated: frozenset[Topic] = frozenset()
) -> tuple[Worse, ...]:
    """Return the containers that start less surely after a change than before it, in the order of the pod.

    A container with the doubts that it had before is no worse: an unknown image that is left as it is is none. One that
    is gone is none either. One that is new is measured against nothing: what is missing for it is missing because of
    the change. Doubts about a topic of `tolerated` make no start worse: a caller may take it that facts hold for other
    tags too, where a person looks at the result.
    """
    known = {(each.field, each.name): each for each in before}
    found = (_worse(known.get((each.field, each.name)), each, tolerated) for each in after)
    return tuple(each for each in found if each is not None)


def _worse(before: ContainerStart | None, after: ContainerStart, tolerated: frozenset[Topic]) -> Worse | None:
    was = Start.YES if before is None else before.verdict
    if after.verdict is Start.YES or was is Start.NO:
        return None
    if after.verdict is Start.NO:
        return _made(before, after, Setback.STOPS, after.reason, ())
    old = set() if before is None else set(before.doubts)
    new = tuple(doubt for doubt in after.doubts if doubt not in old and doubt.topic not in tolerated)
    if not new:
        return None
    return _made(before, after, Setback.LOSES if was is Start.YES else Setback.DEPENDS, new[0].text, new)


def _made(
    before: ContainerStart | None, after: ContainerStart, setback: Setback, reason: str, new: tuple[Doubt, ...]
) -> Worse:
    topics = tuple(dict.fromkeys(doubt.topic for doubt in new))
    was = None if before is None else before.verdict
    return Worse(after.name, after.field, after.image, setback, was, after.verdict, reason, topics)
