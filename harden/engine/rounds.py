"""Repeats check, choose and edit on the files of a run until a further round would change nothing.

A fix may be right only once another one is made: the capabilities of a container are judged for the user that it has.
So controls judge what is there, and what one round brings about is judged in the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from harden.engine.check import CheckedFile, Checker, ParsedFile
from harden.engine.edit import NOTHING_WITHHELD, FixKey, ObjectFix, Rewrite, Withheld
from harden.model.finding import Risk
from harden.model.record import Record
from harden.model.text import SourceText

#: More rounds than this are a bug: each of the fixes that harden knows waits for two others at most.
MOST_ROUNDS = 5


class Round(Record):
    """The files of one round, by name, and the edits that it makes to them."""

    files: Mapping[str, CheckedFile]
    rewrite: Rewrite


#: Returns the findings beside those on workloads, for files as they are after these rounds.
ObjectFixes = Callable[[Sequence[CheckedFile], Sequence[Round]], Iterable[ObjectFix]]


class Result(Record):
    """What a run comes to.

    `rounds` are those that changed something. `files` has every file as it is after them, the very same object where
    nothing changed. `last` is the round that changed nothing, and says why what is left is held; it has edits only
    where the most rounds were not enough. `beside` is what found the findings beside the workloads.
    """

    rounds: tuple[Round, ...]
    files: Mapping[str, CheckedFile]
    last: Rewrite
    beside: ObjectFixes | None = None

    def text(self, name: str) -> str:
        """Return the new text of a file; the very same object where nothing changes."""
        return self.files[name].source.text

    def final(self, name: str) -> Rewrite:
        """Return the choice among the findings on a file as it is after the rounds.

        The last round did not look at a file that came to rest before others did.
        """
        file = self.files[name]
        looked = (turn.rewrite for turn in reversed(self.rounds) if turn.files.get(name) is file)
        return next(looked, self.last)

    @property
    def first(self) -> Rewrite:
        """Return the choice among the findings on the files as they were read."""
        return self.rounds[0].rewrite if self.rounds else self.last


def run_rounds(
    checker: Checker,
    files: Sequence[CheckedFile],
    accepted: Risk,
    *,
    beside: ObjectFixes | None = None,
    withheld: Withheld = NOTHING_WITHHELD,
) -> Result:
    """Return what the files come to when fixes up to the accepted risk are made.

    What is found beside the workloads is asked for once they are settled: it is made from workloads as they will be.
    """
    rounds: list[Round] = []
    asking = checker.exempting.asking
    now = {file.source.name: file for file in files}
    active = now
    while True:
        if asking is not None:
            asking.decide(tuple(active.values()), partial(_without, checker, accepted, withheld))
            withheld = withheld._replace(left=asking.left)
        rewrite = Rewrite(tuple(active.values()), accepted, checker.starting, withheld=withheld)
        if beside is not None and not rewrite.edited:
            added = beside(tuple(active.values()), rounds)
            rewrite = Rewrite(tuple(active.values()), accepted, checker.starting, added=added, withheld=withheld)
        if not rewrite.edited or len(rounds) == MOST_ROUNDS:
            return Result(tuple(rounds), now, rewrite, beside)
        rounds.append(Round(active, rewrite))
        changed = _after(checker, now, rewrite)
        now = now | changed
        # What did not change is judged anew only where it may have changed neighbours.
        active = now if checker.needs_bundle or beside is not None else changed


def _without(
    checker: Checker, accepted: Risk, withheld: Withheld, files: Sequence[CheckedFile], left: frozenset[FixKey]
) -> Rewrite:
    """Return the rewrite of some files without the fixes of these keys."""
    return Rewrite(files, accepted, checker.starting, withheld=withheld._replace(left=left))


def found_only(checker: Checker, files: Sequence[CheckedFile], accepted: Risk) -> Result:
    """Return the choice among what was found in the files, with nothing done about it."""
    return Result((), {file.source.name: file for file in files}, Rewrite(files, accepted, checker.starting))


def _after(checker: Checker, now: Mapping[str, CheckedFile], rewrite: Rewrite) -> dict[str, CheckedFile]:
    """Return the files that the edits change, and the workloads beside them, as a further run would see them."""
    read: dict[str, ParsedFile] = {}
    for name in rewrite.edited:
        source = SourceText(name, rewrite.text(name), bom=now[name].source.bom)
        read[name] = checker.read(source, sketch=True)
    if not checker.needs_bundle:
        bundle = checker.bundle(())
        return {name: checker.judge(file, bundle) for name, file in read.items()}
    every = {name: read.get(name, file.read) for name, file in now.items()}
    bundle = checker.bundle(every.values())
    return {name: checker.judge(file, bundle) for name, file in every.items() if name in read or file.workloads}
