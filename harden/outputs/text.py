"""Writes the report for people: what was done and what is left, by file and workload, and one last line for the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from harden.model.report import FileReport, Outcome, Problem, Report, Stage, WorkloadReport
from harden.outputs import Detail
from harden.outputs.columns import Line, Row, arrange, inert, visible, wrapped
from harden.outputs.recurring import Recurring
from harden.outputs.rows import Rows
from harden.outputs.summary import judged_by, number, summary
from harden.outputs.tally import is_error, problems, short, standing

#: Stands before an offer, which is about the workload above.
_OFFERED = "    "
#: Lines that are written at once.
_AT_ONCE = 2_000


def render(report: Report, *, detail: Detail = Detail.ALL, width: int | None = None) -> str:
    """Return the report as plain text; `width` is that of a terminal, None where lines are not to be broken."""
    return "".join(parts(report, detail=detail, width=width))


def parts(report: Report, *, detail: Detail = Detail.ALL, width: int | None = None) -> Iterator[str]:
    """Yield the text piece by piece, for who writes it: of a large tree it is long."""
    told = ("".join(text for text, _ in line) for line in lines(report, detail=detail, width=width))
    while some := [f"{inert(line)}\n" for line in islice(told, _AT_ONCE)]:
        yield "".join(some)


def lines(report: Report, *, detail: Detail = Detail.ALL, width: int | None = None) -> Iterator[Line]:
    """Yield the report line by line, each as pieces with the name of their style."""
    if detail is Detail.ERRORS:
        yield from (_problem(problem) for problem in problems(report) if is_error(problem))
        return
    if detail is Detail.ALL:
        yield from _known(report, width)
        files = sorted(report.files, key=lambda file: file.name)
        rows = Rows(report)
        recurring = Recurring(own for file in files for own in rows.of(file))
        for file in files:
            told = [(own, recurring.without(file.name, own)) for own in rows.of(file)]
            yield from _file(file, report, width, told)
        yield from recurring.lines(width)
        yield from _companions(report)
    if detail is Detail.STATISTICS:
        from harden.outputs.statistics import statistics  # noqa: PLC0415 - only where it is asked for

        yield from statistics(report)
    yield from _remarks(report)
    if detail is not Detail.LAST:
        # What `check` lists in full is all short of the profile.
        yield from _short(report) if report.mode != "check" else ()
        yield from _offers(report)
        yield from _left_out(report)
        yield from _images(report)
        yield from _exemptions(report)
        yield from _gone(report)
    for part in wrapped(summary(report), width):
        yield ((part, "last"),)


def _file(
    file: FileReport, report: Report, width: int | None, rows: Sequence[tuple[Sequence[Row], Sequence[Row]]]
) -> Iterator[Line]:
    """Yield what is told of one file; `rows` has for each workload all its rows, and those that stand there."""
    shown = [
        (workload, own)
        for workload, (every, own) in zip(file.workloads, rows, strict=True)
        if own or _has_verdict(workload, report, is_told=bool(every))
    ]
    has_remarks = any(not remark.outcome.is_known for remark in file.remarks)
    if not shown and not has_remarks:
        return
    names = Counter((workload.kind, workload.name) for workload in file.workloads)
    yield ((visible(file.name), "file"),)
    for workload, own in shown:
        is_twin = names[workload.kind, workload.name] > 1
        yield _head(workload, report, is_twin=is_twin)
        if own:
            yield from arrange(own, width)
        yield from _offer(workload, width)
    if has_remarks:
        from harden.outputs.generated import remarks  # noqa: PLC0415 - only where companions were asked for

        yield from remarks(file, report, width)


def _has_verdict(workload: WorkloadReport, report: Report, *, is_told: bool) -> bool:
    """Return whether a workload without rows of its own is worth a line; `is_told`: its rows stand elsewhere."""
    if workload.outcomes and all(outcome.is_known or outcome.is_outside for outcome in workload.outcomes):
        return False
    if is_told:
        return bool(standing(workload, report.mode) or workload.offer)
    return bool(workload.outcomes or workload.before or workload.after)


def _companions(report: Report) -> Iterator[Line]:
    if report.beside is not None:
        from harden.outputs.generated import companions  # noqa: PLC0415 - see above

        yield from companions(report)


def _known(report: Report, width: int | None) -> Iterator[Line]:
    if report.compared is not None:
        from harden.outputs.baseline import known  # noqa: PLC0415 - only where there is a baseline

        yield from known(report, width)


def _gone(report: Report) -> Iterator[Line]:
    if report.compared is not None:
        from harden.outputs.baseline import gone  # noqa: PLC0415 - see above

        yield from gone(report)


def _offers(report: Report) -> Iterator[Line]:
    if report.beside is not None:
        from harden.outputs.generated import offers  # noqa: PLC0415 - see above

        yield from offers(report)


def _head(workload: WorkloadReport, report: Report, *, is_twin: bool) -> Line:
    place = f" ({workload.namespace})" if is_twin and workload.namespace is not None else ""
    verdict, style = _verdict(workload, report)
    name = visible(f"  {workload.label}{place}")
    return (name, "workload"), (f"   {report.level}: ", ""), (verdict, style)


def _verdict(workload: WorkloadReport, report: Report) -> tuple[str, str]:
    """Return how many official checks refuse the pod, before and after; a check may take several rows to end."""
    before, after = len(workload.before), len(standing(workload, report.mode))
    found = f"refused by {number(before, 'check')}" if before else "admitted"
    if after and not short(workload, report.mode):
        why = _why_it_stands(workload.outcomes)
        return (f"{found}, {why}" if report.mode == "check" else f"{found} -> {after}, {why}"), "warn"
    if report.mode == "check":
        return found, "bad" if before else "good"
    if after == 0:
        return (f"{found} -> admitted" if before else "admitted"), "good"
    return f"{found} -> {after}", "bad"


def _why_it_stands(outcomes: Sequence[Outcome]) -> str:
    if any(outcome.exempt for outcome in outcomes):
        return "exempt"
    return "in the baseline" if any(outcome.is_known for outcome in outcomes) else "outside of the change"


def _offer(workload: WorkloadReport, width: int | None) -> Iterator[Line]:
    """Yield the exemption to paste, if one is offered: a sentence, and lines that are never broken."""
    for said in workload.offer[:1]:
        for part in wrapped(visible(said), None if width is None else width - len(_OFFERED)):
            yield ((f"{_OFFERED}{part}", "dim"),)
    for line in workload.offer[1:]:
        yield ((visible(f"      {line}"), ""),)


def _exemptions(report: Report) -> Iterator[Line]:
    if report.exemptions:
        yield (("exemptions:", ""),)
    for exemption in report.exemptions:
        yield ((visible(f"  {exemption.said}"), "bad" if exemption.is_expired else ""),)


def _remarks(report: Report) -> Iterator[Line]:
    """Yield what was left alone or went wrong: a line each, as compilers write them."""
    skipped = [file for file in report.files if file.skipped]
    if skipped:
        from harden.outputs.left_alone import left_alone  # noqa: PLC0415 - only where something was left alone

        for said in left_alone(sorted(skipped, key=lambda file: file.name)):
            yield ((visible(said), "dim"),)
    for problem in sorted(problems(report), key=lambda problem: (problem.file, problem.line or 0)):
        yield _problem(problem)


def _problem(problem: Problem) -> Line:
    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    hint = f" ({problem.hint})" if problem.hint else ""
    word, style = ("error", "bad") if is_error(problem) else ("note", "warn")
    if problem.stage is Stage.LEFT:
        word = "left alone"
    return (visible(f"{place}: "), ""), (word, style), (visible(f": {problem.message}{hint}"), "")


def _short(report: Report) -> Iterator[Line]:
    """Yield which workloads are still refused, and by which official checks."""
    refused = [
        f"  {file.name}:{workload.line}: {workload.label}: {', '.join(check.id for check in failing)}"
        for file in sorted(report.files, key=lambda file: file.name)
        for workload in file.workloads
        if (failing := short(workload, report.mode))
    ]
    if refused:
        yield ((f"still refused at {judged_by(report)}:", "bad"),)
    for line in refused:
        yield ((visible(line), ""),)


def _left_out(report: Report) -> Iterator[Line]:
    if report.left_out:
        yield (("left out: " + ", ".join(_counted(number, reason) for reason, number in report.left_out), "dim"),)


def _counted(number: int, reason: str) -> str:
    if number == 1:
        for many, single in (
            ("links that leave", "link that leaves"),
            ("links to", "link to"),
            ("templates", "template"),
        ):
            reason = reason.replace(many, single)
    return f"{number} {reason}"


def _images(report: Report) -> Iterator[Line]:
    """Yield in how many workloads every image is known, where it is not in all, the other images, and what to do."""
    images = report.images
    total = sum(len(file.workloads) for file in report.files)
    if images is None or images.workloads == total:
        return
    yield ((f"image facts cover {images.workloads} of {number(total, 'workload')}", ""),)
    told = {
        "not known": images.unknown,
        "start as root, and no other user is known for them": images.rootful,
        "no valid names": images.nameless,
    }
    for said, names in told.items():
        if names:
            yield ((f"  {said} ({len(names)}):", "warn"),)
        yield from (((visible(f"    {name}"), ""),) for name in names)
    if images.command:
        yield ((visible(f"  to look the others up: {images.command}"), ""),)
