"""Owns the way from a file's bytes to its report: examine, choose, lower, splice, verify. It writes nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum

from harden.examine import Examined, Examiner, Subject
from harden.kube.kustomize import is_kustomization, patch_files
from harden.model.profile import Profile
from harden.model.report import FileReport, Outcome, Problem, WorkloadReport
from harden.model.text import Path, SourceText
from harden.proof import prove
from harden.rewrite import Rewrite, rewritten
from harden.source.locate import locate
from harden.source.parse import parse
from harden.source.read import decode

Input = tuple[str, bytes | Problem]


class Mode(Enum):
    """What the run is for: `check` leaves out what only a result needs."""

    APPLY = "apply"
    DIFF = "diff"
    CHECK = "check"


def harden(
    inputs: Iterable[Input],
    profile: Profile,
    mode: Mode,
    *,
    patches: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[FileReport]:
    """Yield one report for each input, in order; a file that cannot be read or proved keeps its text.

    `patches` maps files that are kustomize patches to the kustomization that says so, beyond what the inputs say
    themselves. `progress` is called with each name before its file is looked at.
    """
    known = list(inputs)
    named = {**(patches or {}), **_patches(known)}
    examiner = Examiner(profile)
    for name, data in known:
        if progress is not None:
            progress(name)
        if isinstance(data, Problem):
            yield FileReport(name, None, None, problems=(data,))
            continue
        source = decode(name, data)
        if isinstance(source, Problem):
            yield FileReport(name, None, None, problems=(source,))
            continue
        examined = examiner.examine(source, patch_of=named.get(posixpath.normpath(name)))
        yield _report(examiner, examined, profile, mode)


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
    values = (document.root.value for document in documents if document.root is not None)
    return {path: kustomization.name for value in values for path in patch_files(kustomization.name, value)}


def _report(examiner: Examiner, examined: Examined, profile: Profile, mode: Mode) -> FileReport:
    rewrite = rewritten(examined, profile.risk)
    if mode is Mode.CHECK or not rewrite.edits:
        return _described(examined, rewrite, None, mode)
    after = examiner.examine(SourceText(examined.source.name, rewrite.text, bom=examined.source.bom))
    problems = prove(examined, after, rewrite, profile)
    if problems:
        return _described(examined, rewrite.held_back("the result failed its verification"), None, mode, problems)
    return _described(examined, rewrite, after, mode)


def _described(
    before: Examined, rewrite: Rewrite, after: Examined | None, mode: Mode, problems: tuple[Problem, ...] = ()
) -> FileReport:
    held = rewrite.reasons()
    results = after.subjects if after is not None else before.subjects
    workloads = tuple(
        _workload(subject, result, held, after if mode is Mode.APPLY and after is not None else before, mode)
        for subject, result in zip(before.subjects, results, strict=True)
    )
    return FileReport(
        name=before.source.name,
        before=before.source,
        after=rewrite.text,
        workloads=workloads,
        skipped=before.skipped,
        problems=(*before.problems, *rewrite.problems, *problems),
    )


def _workload(subject: Subject, result: Subject, held: Mapping[int, str], now: Examined, mode: Mode) -> WorkloadReport:
    """Return the report of one workload; `now` is the text that line numbers count in."""
    workload = subject.workload
    shown = result if now.source is not None and mode is Mode.APPLY else subject
    failing = {failure.id for failure in subject.failures}

    def line(path: Path) -> int:
        return now.lines.line(locate(shown.document, path))

    outcomes = []
    for finding in subject.findings:
        reason = held.get(id(finding))
        applied = reason is None and mode is not Mode.CHECK
        # What was written is shown where it now stands; what was not, at the place it is about.
        path = finding.changes[0].path if applied else finding.path
        check = next((id_ for id_ in finding.checks if id_ in failing), None)
        outcomes.append(Outcome(finding, line(path), applied, reason, check))
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
    )
