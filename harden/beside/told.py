"""Owns what a report says of the objects of the input, beside the findings on workloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.beside.findings import Plan
from harden.companions.model import Remark
from harden.engine.check import Examined
from harden.engine.plan import held_at
from harden.model.beside import Remarked
from harden.model.finding import Held, NoFix, Risk
from harden.model.report import Outcome
from harden.model.text import Path
from harden.source.locate import locate

#: Files as line numbers count in them, by name.
Shown = Mapping[str, Examined]


def of_plan(plan: Plan, held: Held | None, shown: Shown, *, is_check: bool) -> Iterator[tuple[str, Remarked]]:
    """Yield what is told of a plan's objects, with the file of each; `held` is None where it was made, or would be."""
    applied = held is None and not is_check
    for remark in plan.remarks:
        finding = remark.finding
        path = finding.changes[0].path if applied else finding.path
        if isinstance(plan.finding.fix, NoFix):
            finding = finding._replace(fix=plan.finding.fix)
        yield _told(remark, Outcome(finding, _line(remark, path, shown), applied, held, None))


def of_remarks(remarks: Iterable[Remark], shown: Shown) -> Iterator[tuple[str, Remarked]]:
    """Yield what is told of objects without a change to them, with the file of each."""
    for remark in remarks:
        finding = remark.finding
        if not finding.changes:
            line = _line(remark, finding.path, shown)
            held = held_at(finding, Risk.SAFE)
            yield _told(remark, Outcome(finding, line, applied=False, held=held, check=None))


def by_file(told: Iterable[tuple[str, Remarked]]) -> dict[str, tuple[Remarked, ...]]:
    """Return what is told by file, in the order of the text; what is said twice stands once."""
    found: dict[str, dict[tuple[int, int, str], Remarked]] = {}
    for name, one in told:
        key = (one.document, one.outcome.line, one.outcome.finding.message)
        found.setdefault(name, {})[key] = one
    return {name: tuple(sorted(ones.values(), key=_order)) for name, ones in found.items()}


def _order(one: Remarked) -> tuple[int, int]:
    return one.document, one.outcome.line


def _line(remark: Remark, path: Path, shown: Shown) -> int:
    file = shown[remark.resource.source]
    document = next(one for one in file.parsed.documents if one.index == remark.resource.document)
    return file.lines.line(locate(document, path))


def _told(remark: Remark, outcome: Outcome) -> tuple[str, Remarked]:
    one = remark.resource
    severity = remark.severity.name.lower()
    return one.source, Remarked(one.document, one.kind, one.namespace, one.name, severity, outcome)
