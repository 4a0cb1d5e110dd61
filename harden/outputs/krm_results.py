"""Writes a report as the results of a function: severity, object, field and file of each finding.

Source: kpt.dev, KRM Functions Specification, results; severities are error, warning and info.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harden.model.finding import Fix, NoFix, SetField
from harden.model.report import FileReport, Outcome, Problem, Report, Stage
from harden.model.text import Path, Plain, dotted
from harden.outputs.tally import is_error
from harden.outputs.titles import title

Result = dict[str, Plain]
#: Returns the object of a 0-based document of a file: its reference and its file as results say them.
Place = Callable[[str, int], tuple[Result, Result]]


def results(report: Report, place: Place) -> list[Result]:
    """Return the results of a run, in the order of the report; no value of the manifests is in them."""
    found = [_of_problem(problem) for problem in report.problems]
    for file in report.files:
        found += _of_file(file, place)
    return found


def line_of(result: Result) -> str:
    """Return a result as a line for people: `FILE: KIND NAME: FIELD: MESSAGE`, with the severity in front."""
    reference, field, file = (_mapping(result.get(key)) for key in ("resourceRef", "field", "file"))
    named = " ".join(str(reference[key]) for key in ("kind", "name") if reference.get(key))
    words = [str(file.get("path") or ""), named, str(field.get("path") or ""), str(result["message"])]
    return f"[{result['severity']}] {': '.join(word for word in words if word)}"


def _mapping(value: Plain) -> Result:
    return value if isinstance(value, dict) else {}


def _of_file(file: FileReport, place: Place) -> Iterator[Result]:
    for problem in file.problems:
        yield _of_problem(problem)
    for skip in file.skipped:
        reference, where = place(file.name, skip.document)
        yield _result(f"left alone: {skip.reason}", "warning", reference, (), where)
    for workload in file.workloads:
        for outcome in workload.outcomes:
            if not outcome.is_moot:
                yield _of_outcome(outcome, *place(file.name, workload.document))
    for remark in file.remarks:
        severity = "info" if remark.outcome.applied or remark.severity == "note" else remark.severity
        yield _of_outcome(remark.outcome, *place(file.name, remark.document), severity=severity)


def _of_problem(problem: Problem) -> Result:
    severity = "error" if is_error(problem) else "warning" if problem.stage is Stage.LEFT else "info"
    # Lines count in what came in, which nobody has as a file.
    return _result(problem.message, severity, {}, (), {})


def _of_outcome(outcome: Outcome, reference: Result, where: Result, severity: str = "") -> Result:
    finding, fix = outcome.finding, outcome.finding.fix
    if outcome.applied and isinstance(fix, Fix):
        said = f"{title(fix)} ({finding.control}, {fix.risk.word}: {fix.reason})"
        path = fix.changes[0].path if fix.changes else finding.path
        return _result(said, severity or "info", reference, path, where, _proposed(outcome))
    reason = outcome.held.text if outcome.held is not None else fix.reason if isinstance(fix, NoFix) else ""
    said = f"{finding.message} ({finding.control}{f': {reason}' if reason else ''})"
    word = "info" if outcome.exempt else severity or ("error" if outcome.check is not None else "warning")
    proposed = _proposed(outcome)
    # A value is proposed for the field that it is of, which may lie below what the finding is about.
    path = finding.path if proposed is None else finding.changes[0].path
    return _result(said, word, reference, path, where, proposed)


def _proposed(outcome: Outcome) -> Plain:
    """Return what a fix writes, None where that may be a secret, or where it is no single value."""
    changes = outcome.finding.changes
    is_told = len(changes) == 1 and not outcome.finding.control.startswith("secret-")
    return changes[0].value if is_told and isinstance(changes[0], SetField) else None


def _result(  # noqa: PLR0913, PLR0917 - the fields of a result
    message: str, severity: str, reference: Result, path: Path, where: Result, proposed: Plain = None
) -> Result:
    field: Result = {"path": dotted(path), **({"proposedValue": proposed} if proposed is not None else {})}
    parts = {"resourceRef": reference, "field": field if path else {}, "file": where}
    return {"message": message, "severity": severity, **{key: value for key, value in parts.items() if value}}
