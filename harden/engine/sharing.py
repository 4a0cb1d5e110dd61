"""Lets the reports of many files hold once what they say alike: in a large tree most findings repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from harden.model.finding import Change, Finding, Fix, RemoveField, moved
from harden.model.report import FileReport, Outcome, WorkloadReport

T = TypeVar("T")


class Sharing:
    """Knows what the reports of a run have said so far.

    Only what holds nothing but texts and whole numbers is looked up by its value: true and 1 are equal, and must not
    stand for each other. What is made of such parts is looked up by which parts those are. No more than about `most`
    parts are known at once: what one workload alone says is among them, too, and would take more than is saved.
    """

    def __init__(self, most: int = 8_000) -> None:
        self._most = most
        self._known: dict[object, object] = {}
        #: By the identity of its parts, which what is made of them holds.
        self._made: dict[tuple[object, ...], object] = {}
        #: By the identity of what was met, with what stands for it: reports of other processes share parts by dozens.
        self._met: dict[int, tuple[object, object]] = {}

    def report(self, report: FileReport) -> FileReport:
        """Return an equal report."""
        if not report.workloads:
            return report
        if len(self._known) + len(self._made) > self._most:
            self._known.clear()
            self._made.clear()
        if len(self._met) > self._most:
            self._met.clear()
        return report._replace(workloads=tuple(map(self._workload, report.workloads)))

    def _one(self, value: T) -> T:
        return cast("T", self._known.setdefault((type(value), value), value))

    def _workload(self, workload: WorkloadReport) -> WorkloadReport:
        return workload._replace(
            before=self._again(workload.before, self._all),
            after=self._again(workload.after, self._all),
            outcomes=tuple([self._again(each, self._outcome) for each in workload.outcomes]),
            kind=self._one(workload.kind),
            namespace=self._one(workload.namespace),
            api_version=self._one(workload.api_version),
            images=self._one(workload.images),
        )

    def _again(self, part: T, share: Callable[[T], T]) -> T:
        met = self._met.get(id(part))
        if met is None:
            met = self._met[id(part)] = part, share(part)
        return cast("T", met[1])

    def _all(self, values: tuple[T, ...]) -> tuple[T, ...]:
        return self._one(tuple(map(self._one, values)))

    def _outcome(self, outcome: Outcome) -> Outcome:
        finding, place, applied, held, check, notes, identity, is_known = outcome
        finding, place, held, notes = self._finding(finding), self._one(place), self._one(held), self._one(notes)
        if identity is not None:
            return outcome._replace(finding=finding, place=place, held=held, notes=notes)
        key = (Outcome, id(finding), id(place), applied, id(held), check, id(notes), is_known)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Outcome(finding, place, applied, held, check, notes, None, is_known)
        return cast("Outcome", found)

    def _finding(self, finding: Finding) -> Finding:
        path, message, fix, checks, control, severity, cis = finding
        path, message, checks, cis = self._one(path), self._one(message), self._one(checks), self._one(cis)
        fix = self._fix(fix) if isinstance(fix, Fix) else self._one(fix)
        key = (Finding, id(path), id(message), id(fix), id(checks), control, severity, id(cis))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Finding(path, message, fix, checks, control, severity, cis)
        return cast("Finding", found)

    def _fix(self, fix: Fix) -> Fix:
        risk, reason, changes, elsewhere, leans_on, creates, needs, evidence = fix
        reason, evidence = self._one(reason), self._one(evidence)
        changes = tuple(map(self._change, changes))
        if elsewhere or creates or needs:
            return fix._replace(reason=reason, evidence=evidence, changes=changes)
        key = (Fix, risk, id(reason), *map(id, changes), repr(leans_on) if leans_on else "", id(evidence))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Fix(risk, reason, changes, (), leans_on, (), (), evidence)
        return cast("Fix", found)

    def _change(self, change: Change) -> Change:
        path = self._one(change.path)
        # What harden writes is plain data: how it is spelt tells its types, too.
        said = change.item if isinstance(change, RemoveField) else repr(change.value)
        key = (type(change), id(path), said)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = moved(change, path)
        return cast("Change", found)
