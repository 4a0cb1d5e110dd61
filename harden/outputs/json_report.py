"""Writes the report for programs; its shape is `harden/schemas/report.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.model.finding import Fix
from harden.model.kube import Skip
from harden.model.report import ContainerReport, FileReport, ImageCount, Outcome, Problem, Report, WorkloadReport
from harden.model.text import Plain, dotted
from harden.outputs.json_text import json_text
from harden.outputs.tally import count, standing

if TYPE_CHECKING:
    from harden.model.generated import GeneratedReport, ObjectOutcome


def render(report: Report) -> str:
    """Return `report` as one line of JSON: documents count from 0, lines from 1, files are sorted by name.

    A path that is no file at all stands as a file with nothing but its problem.
    """
    strays = [FileReport(problem.file, None, None, problems=(problem,)) for problem in report.problems]
    files = sorted((*report.files, *strays), key=lambda file: file.name)
    data: dict[str, Plain] = {
        "profile": report.profile,
        "level": report.level,
        "version": report.version,
        "files": [_file(file, report.mode) for file in files],
    }
    tally = count(report)
    data["waiting"] = {"workloads": tally.waiting, "images": list(tally.images)}
    if report.images is not None:
        data["images"] = _images(report.images)
    if report.beside is not None:
        data |= _beside(report.beside)
    if report.outside is not None:
        data["outside"] = {"findings": report.outside.findings, "workloads": report.outside.workloads}
    if report.exemptions:
        data["exemptions"] = [dict(exemption.data) for exemption in report.exemptions]
    if report.compared is not None:
        data["baseline"] = {"file": report.compared.file, "known": tally.known, "gone": list(report.compared.gone)}
    return json_text(data)


def _file(file: FileReport, mode: str) -> Plain:
    remarks: dict[str, Plain] = {"remarks": [_remark(remark) for remark in file.remarks]} if file.remarks else {}
    return remarks | {
        "path": file.name,
        "problems": [_problem(problem) for problem in file.problems],
        "skipped": [_skip(skip) for skip in file.skipped],
        "workloads": [_workload(workload, mode) for workload in file.workloads],
    }


def _images(images: ImageCount) -> Plain:
    return {
        "workloads": images.workloads,
        "unknown": list(images.unknown),
        "rootful": list(images.rootful),
        "nameless": list(images.nameless),
    }


def _remark(remark: ObjectOutcome) -> Plain:
    finding = remark.outcome.finding
    return {
        "document": remark.document,
        "kind": remark.kind,
        "namespace": remark.namespace,
        "name": remark.name,
        "severity": remark.severity,
        "control": finding.control,
        "path": dotted(finding.path),
        **_place(remark.outcome),
        "message": finding.message,
        "reason": finding.fix.reason,
        "risk": None if finding.risk is None else finding.risk.word,
        "applied": remark.outcome.applied,
        **_held(remark.outcome),
        **_known(remark.outcome),
    }


def _beside(beside: GeneratedReport) -> dict[str, Plain]:
    companions: list[Plain] = [
        {
            "path": companion.file,
            "kind": companion.kind,
            "name": companion.name,
            "namespace": companion.namespace,
            "because": companion.because,
            "standing": companion.standing.value,
            **({"known": True} if companion.is_known else {}),
        }
        for companion in beside.companions
    ]
    offers: list[Plain] = [{"message": offer.message, "option": offer.option} for offer in beside.offers]
    return {"companions": companions, "offers": offers}


def _problem(problem: Problem) -> Plain:
    return {
        "line": problem.line,
        "column": None if problem.place is None else problem.place.column,
        "endLine": None if problem.place is None else problem.place.end_line,
        "endColumn": None if problem.place is None else problem.place.end_column,
        "message": problem.message,
        "stage": problem.stage.value,
        "hint": problem.hint,
    }


def _skip(skip: Skip) -> Plain:
    code = skip.because.name.lower().replace("_", "-")
    said = {"kind": skip.kind, "name": skip.name, "because": code, "reason": skip.reason}
    return {"document": skip.document, **said}


def _workload(workload: WorkloadReport, mode: str) -> Plain:
    return {
        "document": workload.document,
        "kind": workload.kind,
        "namespace": workload.namespace,
        "name": workload.name,
        "admitted": not standing(workload, mode),
        "findings": [_finding(outcome) for outcome in workload.outcomes if not outcome.is_outside],
        "containers": [_container(container) for container in workload.containers],
    }


def _container(container: ContainerReport) -> Plain:
    starts: Plain = {"before": container.before, "after": container.after, "reason": container.reason}
    return {
        "name": container.name,
        "image": container.image,
        "evidence": list(container.evidence),
        "starts": starts,
    }


def _finding(outcome: Outcome) -> Plain:
    finding = outcome.finding
    return {
        "control": finding.control,
        "check": outcome.check,
        "path": dotted(finding.path),
        **_place(outcome),
        "message": finding.message,
        "evidence": list(finding.fix.evidence) if isinstance(finding.fix, Fix) else [],
        "notes": list(outcome.notes),
        "risk": None if finding.risk is None else finding.risk.word,
        "applied": outcome.applied,
        **_held(outcome),
        **_known(outcome),
    }


def _known(outcome: Outcome) -> dict[str, Plain]:
    return {"known": True} if outcome.is_known else {}


def _held(outcome: Outcome) -> dict[str, Plain]:
    held = outcome.held
    if held is None:
        return {"held": None, "because": None}
    return {"held": held.text, "because": held.because.value}


def _place(outcome: Outcome) -> dict[str, Plain]:
    place = outcome.place
    return {"line": place.line, "column": place.column, "endLine": place.end_line, "endColumn": place.end_column}
