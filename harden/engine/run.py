"""Owns the way from a file's bytes to its report: examine, choose, lower, splice, verify. It writes nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from harden.engine.check import Examined, Examiner, Read, Subject
from harden.engine.edit import Rewriting
from harden.engine.exempt import Exempting
from harden.engine.parallel import spread
from harden.engine.verify import Result, proved
from harden.kube.bundle import Bundle
from harden.kube.kustomize import is_kustomization, patch_files
from harden.model.kube import Container
from harden.model.profile import Profile
from harden.model.report import FileReport, Outcome, Problem, WorkloadReport
from harden.model.text import Path, SourceText
from harden.source.locate import locate
from harden.source.parse import parse
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.beside import Company
    from harden.images.facts import ImageFacts
    from harden.usage import Usage

Input = tuple[str, bytes | Problem]


class Mode(Enum):
    """What the run is for: `check` leaves out what only a result needs."""

    APPLY = "apply"
    DIFF = "diff"
    CHECK = "check"


def harden(  # noqa: PLR0913 -- what each keyword adds is independent of the others
    inputs: Iterable[Input],
    profile: Profile,
    mode: Mode,
    *,
    patches: Mapping[str, str] | None = None,
    images: Callable[[str], ImageFacts | None] | None = None,
    usage: Usage | None = None,
    exempting: Exempting | None = None,
    progress: Callable[[str], None] | None = None,
    company: Company | None = None,
) -> Iterator[FileReport]:
    """Yield one report for each input, in order; a file that cannot be read or proved keeps its text.

    `patches` maps files that are kustomize patches to the kustomization that says so, beyond what the inputs say
    themselves. `images` tells what is known of an image, None: what the shipped facts say. `usage` is what was measured
    of containers. `exempting` says what holds for exemptions, None: those that stand in the files do, whatever the day;
    once all reports are there, it has the account. `progress` is called with each name before its file is looked at.
    `company` makes companions: the reports of files that are not among the inputs come first.
    """
    known = list(inputs)
    named = {**(patches or {}), **_patches(known)}
    aside = None if company is None else company.aside
    examiner = Examiner(profile, images=images, usage=usage, exempting=exempting, aside=aside)
    shared = _in_shares(examiner, known, profile, mode, named) if company is None else None
    if shared is not None:
        yield shared
        return
    read = [_read(examiner, name, data, named, progress) for name, data in known]
    yield from _at_once(examiner, read, profile, mode, company)


def _at_once(
    examiner: Examiner, read: list[Read | FileReport], profile: Profile, mode: Mode, company: Company | None
) -> Iterator[FileReport]:
    """Yield the reports of files that are looked at together, as neighbours of one another."""
    bundle = examiner.bundle(file for file in read if isinstance(file, Read))
    examined = [examiner.judge(file, bundle) if isinstance(file, Read) else file for file in read]
    if company is None:
        files = [file for file in examined if isinstance(file, Examined)]
        rewriting = Rewriting(files, profile.risk)
        results = {} if mode is Mode.CHECK else proved(examiner, files, rewriting, profile)
    else:
        rewriting, results = company.settle(examiner, examined, mode=mode.value)
        yield from company.further()
    for file in examined:
        if not isinstance(file, Examined):
            yield file
            continue
        report = _described(file, rewriting, results.get(file.source.name), mode, examiner)
        yield report if company is None else company.completed(report)


def _in_shares(
    examiner: Examiner, known: list[Input], profile: Profile, mode: Mode, patches: Mapping[str, str]
) -> FileReport | None:
    """Return the report of one long stream made by several processes, None where it has to be made by this one."""
    source = decode(known[0][0], known[0][1]) if len(known) == 1 and isinstance(known[0][1], bytes) else None
    if not isinstance(source, SourceText) or examiner.needs_bundle or examiner.exempting.concerns(source):
        return None

    def run(part: SourceText) -> FileReport:
        file = examiner.judge(examiner.read(part, patch_of=patches.get(posixpath.normpath(part.name))), Bundle((), ()))
        rewriting = Rewriting([file], profile.risk)
        results = {} if mode is Mode.CHECK else proved(examiner, [file], rewriting, profile)
        return _described(file, rewriting, results.get(part.name), mode, examiner)

    return spread(source, run, mode.value)


def _read(
    examiner: Examiner,
    name: str,
    data: bytes | Problem,
    patches: Mapping[str, str],
    progress: Callable[[str], None] | None,
) -> Read | FileReport:
    if progress is not None:
        progress(name)
    source = data if isinstance(data, Problem) else decode(name, data)
    if isinstance(source, Problem):
        return FileReport(name, None, None, problems=(source,))
    return examiner.read(source, patch_of=patches.get(posixpath.normpath(name)))


def _patches(inputs: list[Input]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, data in inputs:
        if isinstance(data, bytes) and is_kustomization(name):
            source = decode(name, data)
            if isinstance(source, SourceText):
                found.update(patches_of(source))
    return found


def patches_of(kustomization: SourceText) -> dict[str, str]:
    """Return the patch files that a kustomization names, each mapped to its name."""
    documents = parse(kustomization, lambda _text: True).documents
    return {
        path: kustomization.name for document in documents for path in patch_files(kustomization.name, document.value)
    }


def _described(
    before: Examined, rewriting: Rewriting, result: Result | None, mode: Mode, examiner: Examiner
) -> FileReport:
    name = before.source.name
    after = result.after if result is not None else None
    results = after.subjects if after is not None else before.subjects
    now = after if mode is Mode.APPLY and after is not None else before
    workloads = tuple(
        _offered(_workload(subject, changed, rewriting, now, mode), subject, examiner)
        for subject, changed in zip(before.subjects, results, strict=True)
    )
    for subject in now.subjects:
        examiner.exempting.note(subject.workload, subject.findings, subject.said)
    unread = [problem for subject in now.subjects for problem in subject.said.unread]
    broken = rewriting.problems.get(name)
    found = (*before.problems, *unread, *((broken,) if broken else ()))
    return FileReport(
        name=name,
        before=before.source,
        after=before.source.text if mode is Mode.CHECK else rewriting.text(name),
        workloads=workloads,
        skipped=before.skipped,
        problems=(*found, *(result.problems if result is not None else ())),
    )


def _workload(subject: Subject, result: Subject, rewriting: Rewriting, now: Examined, mode: Mode) -> WorkloadReport:
    """Return the report of one workload; `now` is the text that line numbers count in."""
    workload = subject.workload
    shown = result if mode is Mode.APPLY else subject
    failing = {failure.id for failure in subject.failures}

    def line(path: Path) -> int:
        return now.lines.line(locate(shown.document, path))

    outcomes = []
    for finding in subject.findings:
        held = rewriting.held(finding)
        applied = held is None and mode is not Mode.CHECK
        # What was written is shown where it now stands; what was not, at the place it is about.
        path = finding.changes[0].path if applied else finding.path
        check = next((id_ for id_ in finding.checks if id_ in failing), None)
        outcomes.append(Outcome(finding, line(path), applied, held, check))
    return WorkloadReport(
        document=workload.document,
        line=line(workload.path),
        kind=workload.kind,
        namespace=workload.namespace,
        name=workload.name,
        before=subject.failures,
        after=result.failures,
        outcomes=tuple(outcomes),
        api_version=workload.api_version,
        images=tuple(_image(container) for container in workload.containers),
    )


def _offered(report: WorkloadReport, subject: Subject, examiner: Examiner) -> WorkloadReport:
    """Return the report with an exemption to paste, where what is held shows that the program needs its node."""
    unsaid = [
        o.finding for at, o in enumerate(report.outcomes) if o.held is not None and at not in subject.said.rulings
    ]
    lines = examiner.exempting.offer(subject.workload, unsaid, examiner.images)
    return report._replace(offer=lines) if lines else report


def _image(container: Container) -> str:
    image = container.get("image")
    return image if isinstance(image, str) else ""
