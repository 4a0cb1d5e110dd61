"""Asks a person about one fix after the other, and keeps the answers for the rounds of a run.

What one fix leans on goes with it, and what leans on a fix that is left is left too: both are said. Only what is left
is held; everything else is chosen, made and proved as in any other run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from harden.engine.check import CheckedFile, CheckedWorkload
from harden.engine.edit import FixKey, Rewrite, key_of
from harden.model.finding import Finding, Fix
from harden.model.record import Record
from harden.model.report import FileReport
from harden.source.locate import locate


class Reach(Enum):
    """How far an answer goes."""

    FIX = "this fix"
    CONTROL = "all that are left of this control"
    FILE = "all that are left in this file"
    ALL = "all that are left"


class Answer(Record):
    """What a person says to a fix: whether to make it, and to which others that goes as well."""

    makes: bool
    reach: Reach = Reach.FIX


class Question(Record):
    """One fix to decide about, with those that go with it, the fix that is asked about first.

    `files` are those that they change, as they are with what is decided so far, and as they would be. `number` counts
    the questions of a round from 1, `total` are the fixes of that round. `line` is 1-based.
    """

    subject: CheckedWorkload
    name: str
    line: int
    findings: tuple[Finding, ...]
    files: tuple[FileReport, ...]
    number: int
    total: int


class Proposal(Record):
    """A fix that a round would make."""

    key: FixKey
    file: CheckedFile
    subject: CheckedWorkload
    finding: Finding

    @property
    def touched(self) -> set[str]:
        """Return the names of the files that the fix changes."""
        return {self.file.source.name, *(remote.source for remote in self.finding.elsewhere)}


#: Makes the rewrite of some files without the fixes of these keys.
Rewriting = Callable[[Sequence[CheckedFile], frozenset[FixKey]], Rewrite]


class Asking:
    """The answers of a run; `ask` puts a question, `tell` says what follows from an answer."""

    def __init__(self, ask: Callable[[Question], Answer], tell: Callable[[str], None]) -> None:
        self._ask = ask
        self._tell = tell
        self._said: dict[FixKey, bool] = {}
        self._rules: list[tuple[Reach, str, bool]] = []

    @property
    def left(self) -> frozenset[FixKey]:
        """Return the fixes that are not to be made."""
        return frozenset(key for key, makes in self._said.items() if not makes)

    def decide(self, files: Sequence[CheckedFile], rewriting: Rewriting) -> None:
        """Ask about each fix that a round would make and nobody has decided about."""
        every = list(_proposals(files, rewriting(files, self.left)))
        for at, proposal in enumerate(every):
            if proposal.key in self._said:
                continue
            rule = self._rule(proposal)
            if rule is None:
                self._put(proposal, every, files, rewriting, at + 1)
            elif not rule:
                self._leave(proposal, every, files, rewriting)

    def _rule(self, proposal: Proposal) -> bool | None:
        """Return what an earlier answer says to a fix, None where it says nothing."""
        about = {Reach.CONTROL: proposal.finding.control, Reach.FILE: proposal.file.source.name, Reach.ALL: ""}
        return next((makes for reach, word, makes in self._rules if about.get(reach) == word), None)

    def _put(
        self,
        proposal: Proposal,
        every: Sequence[Proposal],
        files: Sequence[CheckedFile],
        rewriting: Rewriting,
        number: int,
    ) -> None:
        touched = [file for file in files if file.source.name in proposal.touched]
        group = self._group(proposal, every, touched, rewriting)
        if not group:
            self._tell(f"{proposal.finding.control}: {proposal.finding.message}: left, it needs what you left")
            self._said[proposal.key] = False
            return
        now = self._alone(every, touched, rewriting, ())
        then = self._alone(every, touched, rewriting, group)
        shown = tuple(
            FileReport(
                each.source.name, each.source._replace(text=now.text(each.source.name)), then.text(each.source.name)
            )
            for each in touched
        )
        line = proposal.file.lines.line(locate(proposal.subject.document, proposal.finding.path))
        told = tuple(then.told(each.finding) for each in group)
        question = Question(proposal.subject, proposal.file.source.name, line, told, shown, number, len(every))
        answer = self._ask(question)
        word = {Reach.CONTROL: proposal.finding.control, Reach.FILE: proposal.file.source.name}.get(answer.reach, "")
        if answer.reach is not Reach.FIX:
            # What an earlier answer decides is not among what is left.
            self._rules.append((answer.reach, word, answer.makes))
        if answer.makes:
            self._said.update(dict.fromkeys((each.key for each in group), True))
        else:
            self._leave(proposal, every, files, rewriting)

    def _group(
        self, proposal: Proposal, every: Sequence[Proposal], touched: Sequence[CheckedFile], rewriting: Rewriting
    ) -> list[Proposal]:
        """Return a fix with the fewest others that it takes, none where it takes one that is left."""

        def works(group: Sequence[Proposal]) -> bool:
            return self._alone(every, touched, rewriting, group).held(proposal.finding) is None

        if works([proposal]):
            return [proposal]
        names = {file.source.name for file in touched}
        group = [proposal, *(each for each in every if self._is_near(each, proposal, names))]
        if not works(group):
            return []
        for each in group[1:]:
            fewer = [other for other in group if other is not each]
            if works(fewer):
                group = fewer
        return group

    def _is_near(self, each: Proposal, proposal: Proposal, names: set[str]) -> bool:
        return each is not proposal and each.key not in self._said and not names.isdisjoint(each.touched)

    def _alone(
        self,
        every: Sequence[Proposal],
        touched: Sequence[CheckedFile],
        rewriting: Rewriting,
        group: Sequence[Proposal],
    ) -> Rewrite:
        """Return the rewrite of some files with what is decided, and with this group."""
        made = {each.key for each in group}
        others = {each.key for each in every if not self._said.get(each.key, each.key in made)}
        return rewriting(touched, frozenset(others | self.left))

    def _leave(
        self, proposal: Proposal, every: Sequence[Proposal], files: Sequence[CheckedFile], rewriting: Rewriting
    ) -> None:
        """Leave a fix, and those that lean on it."""
        touched = [file for file in files if file.source.name in proposal.touched]
        self._said[proposal.key] = False
        without = rewriting(touched, self.left)
        names = {file.source.name for file in touched}
        for each in every:
            if self._is_near(each, proposal, names) and (held := without.held(each.finding)) is not None:
                self._said[each.key] = False
                self._tell(f"{each.finding.control}: {each.finding.message}: left too: {held.text}")


def _proposals(files: Sequence[CheckedFile], rewrite: Rewrite) -> Iterator[Proposal]:
    for file in files:
        for subject in file.subjects:
            for finding in subject.findings:
                if isinstance(finding.fix, Fix) and rewrite.held(finding) is None:
                    yield Proposal(key_of(file.source.name, subject.document.index, finding), file, subject, finding)
