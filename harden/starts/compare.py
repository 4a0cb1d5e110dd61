"""Judges whether the starts of a pod's containers got worse by a change."""

from __future__ import annotations

from collections.abc import Iterable

from harden.model.start import ContainerStart, Doubt, Setback, Start, Worse


def compare(before: Iterable[ContainerStart], after: Iterable[ContainerStart]) -> tuple[Worse, ...]:
    """Return the containers that start less surely after a change than before it, in the order of the pod.

    A container with the doubts that it had before is no worse: an unknown image that is left as it is is none. One that
    is gone is none either. One that is new is measured against nothing: what is missing for it is missing because of
    the change.
    """
    known = {(one.field, one.name): one for one in before}
    found = (_worse(known.get((one.field, one.name)), one) for one in after)
    return tuple(one for one in found if one is not None)


def _worse(before: ContainerStart | None, after: ContainerStart) -> Worse | None:
    was = Start.YES if before is None else before.verdict
    if after.verdict is Start.YES or was is Start.NO:
        return None
    if after.verdict is Start.NO:
        return _made(before, after, Setback.STOPS, after.reason, ())
    old = set() if before is None else set(before.doubts)
    new = tuple(doubt for doubt in after.doubts if doubt not in old)
    if was is Start.YES:
        return _made(before, after, Setback.LOSES, after.reason, new)
    return _made(before, after, Setback.DEPENDS, new[0].text, new) if new else None


def _made(
    before: ContainerStart | None, after: ContainerStart, setback: Setback, reason: str, new: tuple[Doubt, ...]
) -> Worse:
    topics = tuple(dict.fromkeys(doubt.topic for doubt in new))
    was = None if before is None else before.verdict
    return Worse(after.name, after.field, after.image, setback, was, after.verdict, reason, topics)
