"""Chooses among the fixes of one workload by what they do to its starts.

Most fixes touch one container only, and then only that container's start is asked for: the work grows with the
containers, not with their square.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.model.finding import Because, Change, Finding, Held, Risk, moved
from harden.model.kinds import OF_CONTAINERS
from harden.model.kube import Workload
from harden.model.record import Record
from harden.model.start import ContainerStart, Topic, Worse
from harden.model.tree import Document
from harden.starts import Judged

if TYPE_CHECKING:
    from harden.engine.apart import Apart
    from harden.engine.starting import Starting

#: What facts say may be taken to hold for another tag, and the program's file to have no capability, where a person
#: looks at the result.
TOLERATED = frozenset({Topic.TAG, Topic.FILE_CAPABILITIES})
#: Of so few containers it is as quick to judge all of them again.
_FEW = 8

Starts = tuple[ContainerStart, ...]


class Raised(Record):
    """That a fix is riskier than its control can know, and why."""

    risk: Risk
    reason: str


class Weighed(Record):
    """What the starts of a workload say of its fixes, by their numbers; of the others they say nothing."""

    held: Mapping[int, Held] = {}
    raised: Mapping[int, Raised] = {}


NOTHING = Weighed()


class Choosing:
    """The choice among the fixes of one workload; `asked` are the numbers of those that starts may hang on."""

    def __init__(
        self, starting: Starting, workload: Workload, document: Document, fixes: Sequence[Finding], asked: list[int]
    ) -> None:
        self._starting = starting
        self._workload = workload
        self._document = document
        self._fixes = fixes
        self._asked = asked
        self._own = {at: _own(workload, fixes[at].changes) for at in asked}
        self._judgements: dict[tuple[int, ...], Starts] = {}
        self._apart: Apart | None = None
        self._kept = Judged() if len(workload.containers) > _FEW else None
        self._made_anyway: dict[int, Raised] = {}

    def by(self, accepted: Risk) -> Weighed:
        """Return what the starts say of the fixes at an accepted risk."""
        before = self._starting.of(self._workload, self._document)
        self._judgements[()] = before
        if self._kept is not None:
            from harden.engine.apart import Apart  # noqa: PLC0415 - only pods of many containers need it

            self._apart = Apart.of(self._workload.spec, before, self._own)
        weighed = None
        while weighed is None:
            weighed = self._weighed(before, accepted)
        return weighed

    def _weighed(self, before: Starts, accepted: Risk) -> Weighed | None:
        """Return the choice, None where one more fix is to be made anyway before there is one."""
        from harden.starts import choose, compare  # noqa: PLC0415 - only where something is to be fixed

        base = self._base(before, accepted)
        start = self._judge(base) if base else before
        bottom = frozenset(base)
        rest = tuple(at for at in self._asked if at not in bottom)
        passes = frozenset[Topic]() if accepted is Risk.SAFE else TOLERATED
        choice = choose(start, rest, lambda made: self._judge((*base, *made)), passes, partial(self._alone, bottom))
        held = {at: self._starting.held(worse, self._workload.source) for at, worse in choice.held.items()}
        if accepted is Risk.BREAKING and held:
            # Made all the same; what leans on a refused root is judged with it.
            first = next((at for at in held if Topic.USER in choice.held[at][0].topics), next(iter(held)))
            self._made_anyway[first] = Raised(Risk.BREAKING, held[first].text)
            return None
        if accepted is Risk.BREAKING:
            return Weighed(raised=self._made_anyway)
        if accepted is Risk.SAFE:
            tolerable = {at: each for at, each in choice.held.items() if _is_tolerable(each)}
            raised = {at: Raised(Risk.REVIEW, worse[0].reason) for at, worse in tolerable.items()}
            return Weighed(held | {at: Held(Because.RISK, each.reason) for at, each in raised.items()}, raised)
        worse = compare(before, self._judge((*base, *choice.made)))
        return Weighed(held, self._not_safe(before, choice.made, worse[0].reason)) if worse else Weighed(held)

    def _base(self, before: Starts, accepted: Risk) -> tuple[int, ...]:
        """Return the fixes that are made whatever they do to a start, and those that make a container start.

        The others are judged on top of them.
        """
        # Below that risk there is none such, but where only some of a workload's breaking fixes are worth their price.
        bold = tuple(at for at in self._asked if self._fixes[at].risk is Risk.BREAKING or at in self._made_anyway)
        if accepted is Risk.BREAKING or all(each.verdict.rank for each in before):
            return bold
        known = {(each.field, each.name): each for each in before}
        return tuple(at for at in self._asked if at in bold or self._is_mended(before, known, at))

    def _is_mended(self, before: Starts, known: Mapping[tuple[str, str], ContainerStart], fix: int) -> bool:
        alone = self._alone((), (), fix)
        if alone is None:
            return _mends(before, self._judge((fix,)))
        return _mends((known[alone.field, alone.name],), (alone,))

    def _not_safe(self, before: Starts, made: tuple[int, ...], reason: str) -> dict[int, Raised]:
        """Return the fixes that are safe by their control alone; `reason` is what the result as a whole hangs on."""
        from harden.starts import choose  # noqa: PLC0415 - as above

        safe = tuple(at for at in made if self._fixes[at].risk is Risk.SAFE)
        found = choose(before, safe, self._judge, alone=partial(self._alone, ())).held if safe else {}
        return {
            at: Raised(Risk.REVIEW, worse[0].reason if TOLERATED.issuperset(worse[0].topics) else reason)
            for at, worse in found.items()
        }

    def _judge(self, made: tuple[int, ...]) -> Starts:
        chosen = tuple(sorted(made))
        if chosen not in self._judgements:
            changes = [change for at in chosen for change in self._own[at]]
            self._judgements[chosen] = self._starting.judged(self._workload, self._document, changes, self._kept)
        return self._judgements[chosen]

    def _alone(self, base: Collection[int], made: Collection[int], fix: int) -> ContainerStart | None:
        """Return how the only container that a fix touches starts with it; None where it touches more than that."""
        at = None if self._apart is None else self._apart.container(fix)
        if self._apart is None or at is None:
            return None
        changes = [
            change
            for number in self._apart.concerning(at)
            if number == fix or number in base or number in made
            for change in self._apart.changes(number, at)
        ]
        pod = self._workload._replace(spec=self._apart.spec(at))
        return self._starting.judged(pod, self._document, changes, self._kept)[-1]


def _is_tolerable(worse: Sequence[Worse]) -> bool:
    """Return whether a fix that is not safe is made at review."""
    return all(each.topics and TOLERATED.issuperset(each.topics) for each in worse)


def _mends(before: Starts, after: Starts) -> bool:
    known = {(each.field, each.name): each.verdict.rank for each in after}
    return any(each.verdict.rank == 0 and known.get((each.field, each.name), 0) > 0 for each in before)


def _own(workload: Workload, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that lie in the pod's spec, with their paths there."""
    found = (_within(workload, change) for change in changes)
    return tuple(change for change in found if change is not None)


def _within(workload: Workload, change: Change) -> Change | None:
    """Return a change with the path that it has in the pod's spec, under Kubernetes' names; None outside of it."""
    path = change.path
    if not workload.place.is_plain:
        if path[: len(workload.security)] == workload.security:
            return moved(change, ("securityContext", *path[len(workload.security) :]))
        index = dict.fromkeys(("initContainers", "containers", "ephemeralContainers"), 0)
        inside = workload.container_at(path)
        if inside is not None and inside.path == workload.template and path[len(inside.path)] not in OF_CONTAINERS:
            # The main container and the pod are one, and this is the pod's.
            return moved(change, path[len(inside.path) :])
        for container in workload.containers:
            if container is inside:
                own = (container.field, index[container.field], *path[len(container.path) :])
                return moved(change, own)
            index[container.field] += 1
    pod = workload.pod
    return moved(change, path[len(pod) :]) if path[: len(pod)] == pod and len(path) > len(pod) else None
