"""Owns turning what was found in a file into its new text: choose, lower each document once, splice once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from harden.examine import Examined, Subject
from harden.kube.placement import BEFORE, ORDER
from harden.model.finding import Risk
from harden.model.plan import Plan
from harden.model.report import Problem
from harden.model.text import Edit, SourceText
from harden.planning import choose
from harden.source.lower import lower
from harden.source.parse import scan
from harden.source.splice import splice


class Rewrite(NamedTuple):
    """The new text of a file, the edits that make it, and the plan of each document (by its index) that they carry."""

    original: str
    text: str
    edits: tuple[Edit, ...] = ()
    plans: Mapping[int, Plan] = MappingProxyType({})
    problems: tuple[Problem, ...] = ()

    def held_back(self, reason: str, *problems: Problem) -> Rewrite:
        """Return the rewrite that changes nothing, everything chosen held for `reason`."""
        plans = {
            index: plan.without(dict.fromkeys(range(len(plan.chosen)), reason)) for index, plan in self.plans.items()
        }
        return Rewrite(self.original, self.original, (), plans, (*self.problems, *problems))

    def reasons(self) -> dict[int, str]:
        """Return why findings are held, by the id() of the finding."""
        return {id(held.finding): held.reason for plan in self.plans.values() for held in plan.held}


def rewritten(examined: Examined, accepted: Risk) -> Rewrite:
    """Return the file's new text with every fix up to the accepted risk.

    A file in which any document has a syntax error keeps its text: what stands around the error may mean something else
    than it seems.
    """
    source = examined.source
    plans: dict[int, Plan] = {}
    edits: list[Edit] = []
    for subjects in _by_document(examined):
        plan, more = _lowered(source, subjects, choose([f for s in subjects for f in s.findings], accepted))
        plans[subjects[0].document.index] = plan
        edits.extend(more)
    rewrite = Rewrite(source.text, splice(source.text, edits), tuple(edits), plans)
    if not edits:
        return rewrite
    broken = None if examined.parsed.syntax_error else scan(source, examined.parsed)
    if broken is not None:
        return rewrite.held_back("the file has a syntax error elsewhere", broken)
    if examined.parsed.syntax_error:
        return rewrite.held_back("the file has a syntax error elsewhere")
    return rewrite


def _by_document(examined: Examined) -> list[list[Subject]]:
    groups: dict[int, list[Subject]] = {}
    for subject in examined.subjects:
        groups.setdefault(subject.document.index, []).append(subject)
    return list(groups.values())


def _lowered(source: SourceText, subjects: list[Subject], plan: Plan) -> tuple[Plan, tuple[Edit, ...]]:
    """Return the edits for one document, and the plan without the findings whose changes its text does not allow."""
    while plan.chosen:
        lowered = lower(subjects[0].document, source, plan.changes, BEFORE, ORDER)
        if not lowered.refused:
            return plan, lowered.edits
        refused = {
            at: reason
            for change, reason in lowered.refused
            for at, finding in enumerate(plan.chosen)
            if change in finding.changes
        }
        plan = plan.without(refused)
    return plan, ()
