"""Tells what became of the findings on objects: a row for each, by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.engine.check import CheckedFile
from harden.engine.identity import identify_object
from harden.model.finding import Finding, Held, NoFix, ObjectFinding
from harden.model.generated import ObjectOutcome
from harden.model.kube import Resource
from harden.model.report import Outcome
from harden.model.text import Path, Place
from harden.source.locate import locate

#: Files as line numbers count in them, by name.
Shown = Mapping[str, CheckedFile]


def of_fixed(
    found: ObjectFinding, held: Held | None, shown: Shown, *, is_check: bool
) -> Iterator[tuple[str, ObjectOutcome]]:
    """Yield what is told of a finding with a fix, with the file of each row; `held` is None where it is made.

    What only creates an object is told where that object is.
    """
    if held is None and not found.finding.changes:
        return
    applied = held is None and not is_check
    fix = found.finding.fix
    for each in (found, *found.also):
        if each.resource is None:
            continue
        # The rows of one fix stand or fall together.
        finding = each.finding._replace(fix=fix) if isinstance(fix, NoFix) else each.finding
        path = finding.changes[0].path if applied else finding.path
        outcome = Outcome(finding, _place(each.resource, path, shown), applied, held, None)
        yield each.resource.source, _remarked(each.resource, finding, outcome)


def of_unfixed(found: ObjectFinding, held: Held | None, shown: Shown) -> Iterator[tuple[str, ObjectOutcome]]:
    """Yield what is told of a finding without a fix, with its file; `held` is what a person has said of it."""
    finding = found.finding
    if found.resource is not None and isinstance(finding.fix, NoFix):
        why = held or Held(finding.fix.because, finding.fix.reason)
        outcome = Outcome(finding, _place(found.resource, finding.path, shown), False, why, None)
        yield found.resource.source, _remarked(found.resource, finding, outcome)


def by_file(told: Iterable[tuple[str, ObjectOutcome]]) -> dict[str, tuple[ObjectOutcome, ...]]:
    """Return what is told by file, in the order of the text; what is said twice stands once."""
    found: dict[str, dict[tuple[int, int, str], ObjectOutcome]] = {}
    for name, remarked in told:
        key = (remarked.document, remarked.outcome.line, remarked.outcome.finding.message)
        found.setdefault(name, {})[key] = remarked
    return {name: tuple(sorted(rows.values(), key=_order)) for name, rows in found.items()}


def _order(remarked: ObjectOutcome) -> tuple[int, int]:
    return remarked.document, remarked.outcome.line


def _place(resource: Resource, path: Path, shown: Shown) -> Place:
    file = shown[resource.source]
    document = next(each for each in file.parsed.documents if each.index == resource.document)
    return file.lines.place(locate(document, path))


def _remarked(resource: Resource, finding: Finding, outcome: Outcome) -> ObjectOutcome:
    severity = finding.severity.word
    outcome = outcome._replace(identity=identify_object(finding, resource.data, resource.path))
    return ObjectOutcome(resource.document, resource.kind, resource.namespace, resource.name, severity, outcome)
