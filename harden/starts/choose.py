"""Chooses among the fixes of a workload those that leave every start as sure as it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from harden.model.record import Record
from harden.model.start import ContainerStart, Topic, Worse
from harden.starts.compare import compare


class Choice(Record):
    """What was chosen: the numbers of the fixes that can be made together, and what each of the others would do."""

    made: tuple[int, ...]
    held: Mapping[int, tuple[Worse, ...]]


def choose(
    before: Sequence[ContainerStart],
    fixes: Sequence[int],
    judge: Callable[[tuple[int, ...]], Sequence[ContainerStart]],
    tolerated: frozenset[Topic] = frozenset(),
    alone: Callable[[Collection[int], int], ContainerStart | None] = lambda _made, _fix: None,
) -> Choice:
    """Return which of some fixes can be made together, so that no container starts less surely than `before`.

    `fixes` are numbers, those first that are wanted most; `judge` gives the starts with those of the numbers made that
    it is given, in the order of `fixes`. Mostly all can be made, which takes one judgement. Else each is tried on
    top of those that hold, again as long as one more holds: a fix may lean on another, as dropping all capabilities
    leans on the user. Two that hold only together are both held. What a held fix would do is told for it alone, on top
    of what was chosen. `tolerated`: see `compare`. `alone` gives, for those that are made and another one, the start of
    the only container that the other one touches, and None where it touches more.
    """
    everything = tuple(fixes)
    if not compare(before, judge(everything), tolerated):
        return Choice(everything, {})
    known = {(each.field, each.name): each for each in before}
    made: set[int] = set()
    held: dict[int, tuple[Worse, ...]] = {}
    waiting, grown = list(everything), True
    while grown:
        grown = False
        for fix in list(waiting):
            if (start := alone(made, fix)) is not None:
                found = compare((known[start.field, start.name],), (start,), tolerated)
            else:
                tried = tuple(each for each in everything if each in made or each == fix)
                found = compare(before, judge(tried), tolerated)
            if found:
                held[fix] = found
                continue
            grown = True
            made.add(fix)
            waiting.remove(fix)
            held.pop(fix, None)
    chosen = tuple(fix for fix in everything if fix in made)
    return Choice(chosen, {fix: held[fix] for fix in everything if fix in held})
