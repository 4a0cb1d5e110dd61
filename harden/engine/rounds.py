"""Repeats check, choose and edit on the files of a run until a further round would change nothing.

A fix may be right only once another one is made: the capabilities of a container are judged for the user that it has.
So controls judge what is there, and what one round brings about is judged in the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from harden.engine.check import Examined, Examiner, Read
from harden.engine.edit import NOTHING_WITHHELD, Added, Rewriting, Withheld
from harden.model.finding import Risk
from harden.model.record import Record
from harden.model.text import SourceText

#: More rounds than this are a bug: each of the fixes that harden knows waits for two others at most.
MOST_ROUNDS = 5


class Round(Record):
    """The files of one round, by name, and the edits that it makes to them."""

    files: Mapping[str, Examined]
    rewriting: Rewriting


#: Returns the findings beside those on workloads, for files as they are after these rounds.
Beside = Callable[[Sequence[Examined], Sequence[Round]], Iterable[Added]]


class Settled(Record):
    """What a run comes to.

    `rounds` are those that changed something. `files` has every file as it is after them, the very same object where
    nothing changed. `last` is the round that changed nothing, and says why what is left is held; it has edits only
    where the most rounds were not enough. `beside` is what found the findings beside the workloads.
    """

    rounds: tuple[Round, ...]
    files: Mapping[str, Examined]
    last: Rewriting
    beside: Beside | None = None

    def text(self, name: str) -> str:
        """Return the new text of a file; the very same object where nothing changes."""
        return self.files[name].source.text

    def final(self, name: str) -> Rewriting:
        """Return the choice among the findings on a file as it is after the rounds.

        The last round did not look at a file that came to rest before others did.
        """
        file = self.files[name]
        looked = (turn.rewriting for turn in reversed(self.rounds) if turn.files.get(name) is file)
        return next(looked, self.last)

    @property
    def first(self) -> Rewriting:
        """Return the choice among the findings on the files as they were read."""
        return self.rounds[0].rewriting if self.rounds else self.last


def settle(
    examiner: Examiner,
    files: Sequence[Examined],
    accepted: Risk,
    *,
    beside: Beside | None = None,
    withheld: Withheld = NOTHING_WITHHELD,
) -> Settled:
    """Return what the files come to when fixes up to the accepted risk are made.

    What is found beside the workloads is asked for once they are settled: it is made from workloads as they will be.
    """
    rounds: list[Round] = []
    now = {file.source.name: file for file in files}
    active = now
    while True:
        rewriting = Rewriting(tuple(active.values()), accepted, examiner.starting, withheld=withheld)
        if beside is not None and not rewriting.edited:
            added = beside(tuple(active.values()), rounds)
            rewriting = Rewriting(tuple(active.values()), accepted, examiner.starting, added=added, withheld=withheld)
        if not rewriting.edited or len(rounds) == MOST_ROUNDS:
            return Settled(tuple(rounds), now, rewriting, beside)
        rounds.append(Round(active, rewriting))
        changed = _after(examiner, now, rewriting)
        now = now | changed
        # What did not change is judged anew only where it may have changed neighbours.
        active = now if examiner.needs_bundle or beside is not None else changed


def found_only(examiner: Examiner, files: Sequence[Examined], accepted: Risk) -> Settled:
    """Return the choice among what was found in the files, with nothing done about it."""
    return Settled((), {file.source.name: file for file in files}, Rewriting(files, accepted, examiner.starting))


def _after(examiner: Examiner, now: Mapping[str, Examined], rewriting: Rewriting) -> dict[str, Examined]:
    """Return the files that the edits change, and the workloads beside them, as a further run would see them."""
    read: dict[str, Read] = {}
    for name in rewriting.edited:
        source = SourceText(name, rewriting.text(name), bom=now[name].source.bom)
        read[name] = examiner.read(source, sketch=True)
    if not examiner.needs_bundle:
        bundle = examiner.bundle(())
        return {name: examiner.judge(file, bundle) for name, file in read.items()}
    every = {name: read.get(name, file.read) for name, file in now.items()}
    bundle = examiner.bundle(every.values())
    return {name: examiner.judge(file, bundle) for name, file in every.items() if name in read or file.workloads}
