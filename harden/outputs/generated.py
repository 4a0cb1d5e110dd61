"""Writes what the report for people says beside the workloads: other objects, companions, and what is not written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from harden.model.finding import NoFix
from harden.model.generated import GeneratedReport, GeneratedRow, ObjectOutcome, Status
from harden.model.report import FileReport, Report
from harden.outputs.columns import Line, Row, arrange, visible
from harden.outputs.titles import title

_SEVERITIES = {"error": "bad", "warning": "warn", "note": "dim"}
_STANDINGS = {
    Status.NEW: ("new", "good"),
    Status.UPDATED: ("updated", "good"),
    Status.KEPT: ("left as it is", "warn"),
    Status.SAME: ("unchanged", "dim"),
}


def remarks(file: FileReport, report: Report, width: int | None) -> Iterator[Line]:
    """Yield what is said of the objects of a file, one after the other, without the file's own line."""
    shown = (remark for remark in file.remarks if not remark.outcome.is_known)
    for (_, kind, name, namespace), ones in groupby(shown, key=_object):
        place = f" ({namespace})" if namespace is not None else ""
        yield ((visible(f"  {kind} {name}{place}"), "workload"),)
        yield from arrange([_row(each, report) for each in ones], width)


def _object(object_outcome: ObjectOutcome) -> tuple[int, str, str, str | None]:
    return object_outcome.document, object_outcome.kind, object_outcome.name, object_outcome.namespace


def _row(object_outcome: ObjectOutcome, report: Report) -> Row:
    outcome, finding = object_outcome.outcome, object_outcome.outcome.finding
    control, message = visible(finding.control), visible(finding.message)
    fix = finding.fix
    if outcome.exempt and outcome.held is not None:
        return Row("=", outcome.line, message, "exempt", control, visible(outcome.held.text), "dim")
    if isinstance(fix, NoFix):
        return Row(
            "!",
            outcome.line,
            message,
            object_outcome.severity,
            control,
            visible(fix.reason),
            _SEVERITIES[object_outcome.severity],
        )
    if outcome.held is not None:
        return Row("!", outcome.line, message, fix.risk.word, control, visible(outcome.held.text), "bad")
    said = visible(title(fix))
    if report.mode == "check":
        return Row("*", outcome.line, message, fix.risk.word, control, f"fix: {said}", "warn")
    return Row("+", outcome.line, said, fix.risk.word, control, visible(fix.reason), "good")


def companions(report: Report) -> Iterator[Line]:
    """Yield the companions that are not as they were, by file."""
    found = report.beside.companions if report.beside is not None else ()
    shown = [each for each in found if each.standing is not Status.SAME and not each.is_known]
    for (file, standing), ones in groupby(shown, key=lambda each: (each.file, each.standing)):
        word, style = _STANDINGS[standing]
        yield (visible(file), "file"), ("   companions: ", ""), (word, style)
        yield from (_companion(each) for each in ones)


def _companion(generated_row: GeneratedRow) -> Line:
    return (visible(f"  {generated_row.kind} {generated_row.name}"), "workload"), (
        visible(f"   {generated_row.because}"),
        "dim",
    )


def offers(report: Report) -> Iterator[Line]:
    """Yield what is not written, and what would write it."""
    found = report.beside.offers if report.beside is not None else ()
    if found:
        yield (("not written:", ""),)
    for each in found:
        yield (visible(f"  {each.message}"), ""), (visible(f" ({each.option})"), "dim")


def summary(beside: GeneratedReport, mode: str) -> str:
    """Return the companions in a few words, for the last line; "" where there are none."""
    counts = {each: sum(written.standing is each for written in beside.companions) for each in Status}
    words = [f"{number} {_STANDINGS[count][0]}" for count, number in counts.items() if number]
    total = len(beside.companions)
    noun = "companion" if total == 1 else "companions"
    return f"{total} {noun}{' wanted' if mode == 'check' else ''}: {', '.join(words)}" if total else ""
