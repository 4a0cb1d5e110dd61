"""Describes what became of one file: its workloads with their verdicts, and what was done with each finding."""

from __future__ import annotations

from harden.engine.check import CheckedFile, CheckedWorkload, Checker
from harden.engine.rounds import Result
from harden.model.finding import Finding, Held
from harden.model.kube import Container
from harden.model.record import Record
from harden.model.report import FileReport, Identity, Mode, Outcome, Problem, WorkloadReport
from harden.model.text import Path
from harden.source.locate import locate


class _Told(Record):
    """A finding with the subject that it was found on, its 0-based index there, and why it is held.

    `held` is None where the fix is made, or would be.
    """

    subject: CheckedWorkload
    at: int
    finding: Finding
    held: Held | None
    notes: tuple[str, ...] = ()


def describe(
    before: CheckedFile, settled: Result, failed: tuple[Problem, ...], mode: Mode, checker: Checker
) -> FileReport:
    """Return the report of one file; `failed` is what its verification says.

    Line numbers count in the text as it now is: the result where it is applied, the original elsewhere.
    """
    name = before.source.name
    after = settled.files[name]
    now = after if mode is Mode.APPLY else before
    workloads = []
    for at, subject in enumerate(before.subjects):
        told = _told(name, at, settled)
        report = _workload(subject, after.subjects[at], told, now, mode, identifies=checker.telling.identifies)
        if checker.telling.starts:
            last = after.subjects[at]
            places = ((subject.workload, subject.document), (last.workload, last.document))
            report = report._replace(containers=checker.starting.told(*places))
        workloads.append(_offered(report, told, checker))
    for subject in now.subjects:
        checker.exempting.note(subject.workload, subject.findings, subject.said)
    unread = [problem for subject in now.subjects for problem in subject.said.unread]
    broken = settled.first.problems.get(name)
    return FileReport(
        name=name,
        before=before.source,
        after=before.source.text if mode is Mode.CHECK else settled.text(name),
        workloads=tuple(workloads),
        skipped=before.skipped,
        problems=(
            *(_placed(problem, before) for problem in before.problems),
            *(_placed(problem, now) for problem in unread),
            *(_placed(problem, before) for problem in ((broken,) if broken else ())),
            *(_placed(problem, after) for problem in failed),
        ),
    )


def _placed(problem: Problem, file: CheckedFile) -> Problem:
    """Return a problem with its place in the text whose lines it counts."""
    if problem.line is None or problem.place is not None or not 0 < problem.line <= file.lines.last:
        return problem
    return problem._replace(place=file.lines.whole(problem.line))


def _told(name: str, at: int, settled: Result) -> list[_Told]:
    """Return what there is to tell of one workload: what the first round found, and what later rounds made of it."""
    turns = [(turn.files[name], turn.rewrite) for turn in settled.rounds if name in turn.files]
    if not turns or turns[-1][0] is not settled.files[name]:
        # Else the file came to rest before others did, and the last round did not look at it.
        turns.append((settled.files[name], settled.last))
    rounds = [
        [
            _Told(file.subjects[at], index, rewrite.told(finding), rewrite.held(finding), rewrite.notes(finding))
            for index, finding in enumerate(file.subjects[at].findings)
        ]
        for file, rewrite in turns
    ]
    first, *later = rounds
    made = [told for found in later for told in found if told.held is None]
    if not made:
        # What only a later round found, and could not do, is told beside what the first one found.
        known = {_key(told) for told in first}
        return [*first, *(told for told in rounds[-1] if told.held is not None and _key(told) not in known)]
    # What was held at first was judged before the later fixes; what is still open is told as it is now.
    left = {_key(told): told for told in later[-1] if told.held is not None}
    still = [told if told.held is None else left.pop(_key(told), None) for told in first]
    return [*(told for told in still if told is not None), *made, *left.values()]


def _key(told: _Told) -> tuple[str, str]:
    return told.finding.control, told.finding.message


def _workload(  # noqa: PLR0913 - each stands for itself
    before: CheckedWorkload,
    after: CheckedWorkload,
    told: list[_Told],
    now: CheckedFile,
    mode: Mode,
    *,
    identifies: bool = False,
) -> WorkloadReport:
    workload = before.workload
    document = after.document if mode is Mode.APPLY else before.document
    failing = {failure.id for each in told for failure in each.subject.failures}

    def line(path: Path) -> int:
        return now.lines.line(locate(document, path))

    outcomes = []
    for each in told:
        finding = each.finding
        applied = each.held is None and mode is not Mode.CHECK
        # What was written is shown where it now stands; what was not, at the place it is about.
        path = finding.changes[0].path if applied else finding.path
        check = next((id_ for id_ in finding.checks if id_ in failing), None)
        place = now.lines.place(locate(document, path))
        identity = _identity(each) if identifies else None
        notes = each.notes if applied else ()
        outcomes.append(Outcome(finding, place, applied, each.held, check, notes, identity))
    return WorkloadReport(
        document=workload.document,
        line=line(workload.path),
        kind=workload.kind,
        namespace=workload.namespace,
        name=workload.name,
        before=before.failures,
        after=before.failures if mode is Mode.CHECK else after.failures,
        outcomes=tuple(outcomes),
        api_version=workload.api_version,
        images=tuple(_image(container) for container in workload.containers),
        is_outside=before.outside.is_whole,
    )


def _identity(told: _Told) -> Identity:
    from harden.engine.identity import identify  # noqa: PLC0415 - only where somebody compares runs

    return identify(told.finding, told.subject.workload, told.subject.document.value)


def _offered(report: WorkloadReport, told: list[_Told], checker: Checker) -> WorkloadReport:
    """Return the report with an exemption to paste, where what is held shows that the program needs its node."""
    unsaid = [each.finding for each in told if each.held is not None and each.at not in each.subject.said.rulings]
    if not unsaid:
        return report
    workload = told[0].subject.workload
    lines = checker.exempting.offer(workload, unsaid, checker.images.of(workload.source))
    return report._replace(offer=lines) if lines else report


def _image(container: Container) -> str:
    image = container.get("image")
    return image if isinstance(image, str) else ""
