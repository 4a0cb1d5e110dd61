"""Verifies what a run comes to before it may be written; what fails is left as it was and reported as a bug of harden.

Each part looks for another kind of mistake: a result that does not parse to the same documents and workloads, data
changed beside the planned places, an official check that refuses a workload anew or although a fix was to end it, a
schema that the result breaks, and fixes that never come to an end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from harden.engine.check import CheckedFile, CheckedWorkload, Checker
from harden.engine.edit import NOTHING_WITHHELD, Withheld
from harden.engine.judging import EVALUATOR
from harden.engine.rounds import MOST_ROUNDS, ObjectFixes, Result, run_rounds
from harden.kube.forbidden import forbidden_in
from harden.kube.workloads import objects
from harden.model.kube import Workload
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import SAID, Problem, Stage
from harden.model.text import Path, Plain, dotted, value_at
from harden.source.locate import locate
from harden.source.split import split
from harden.verify.schema import SchemaError, errors, template_errors
from harden.verify.unchanged import differs_only_by

_HINT = "it was left as it was; please report this as a bug of harden"


class Failure(Record):
    """One thing that is wrong with a result; `document` and `workload` are None where it concerns more than one.

    `line` is 1-based in the result.
    """

    name: str
    document: int | None
    workload: Path | None
    line: int | None
    message: str


def verified(
    checker: Checker, files: Sequence[CheckedFile], profile: Profile, *, beside: ObjectFixes | None = None
) -> tuple[Result, dict[str, tuple[Problem, ...]]]:
    """Return what the files come to, and by file what had to be left as it was because its result is wrong.

    Only the workload that fails loses its fixes; what then still fails, its document, and then its file. Leaving one
    out may take a fix from another one, so the rest is settled and verified again.
    """
    withheld = NOTHING_WITHHELD
    problems: dict[str, dict[Problem, None]] = {}
    while True:
        settled = run_rounds(checker, files, profile.risk, beside=beside, withheld=withheld)
        failures = [failure for file in files for failure in _failures(file, settled, profile)]
        if not failures:
            return settled, {name: tuple(said) for name, said in problems.items()}
        withheld = _widened(withheld, failures)
        for failure in failures:
            problem = Problem(failure.name, Stage.VERIFY, failure.message, failure.line, _HINT)
            problems.setdefault(failure.name, {})[problem] = None


def _widened(withheld: Withheld, failures: Sequence[Failure]) -> Withheld:
    workloads, documents, files = set(withheld.workloads), set(withheld.documents), set(withheld.files)
    for name, document, workload, _, _ in failures:
        if document is None or (name, document) in documents:
            files.add(name)
        elif workload is None or (name, document, workload) in withheld.workloads:
            documents.add((name, document))
        else:
            workloads.add((name, document, workload))
    wider = withheld._replace(workloads=frozenset(workloads), documents=frozenset(documents), files=frozenset(files))
    if wider == withheld:
        raise AssertionError(f"{failures[0].name} fails its verification although nothing changes it")
    return wider


def _failures(file: CheckedFile, settled: Result, profile: Profile) -> list[Failure]:
    after = settled.files[file.source.name]
    if after.source is file.source:
        return []
    return _shape(file, after) or [
        *_data(file, settled),
        *_verdicts(file, settled),
        *_schemas(file, after, profile),
        *_other_schemas(file, after, profile),
        *_unsettled(after, settled),
    ]


def _shape(before: CheckedFile, after: CheckedFile) -> list[Failure]:
    """Say where the result does not parse to the same documents and workloads, with the same problems as before."""
    name = before.source.name
    # A note (a key given twice, an unknown field) may go away with what it is about.
    was, now = ([p for p in file.problems if p.stage not in SAID] for file in (before, after))
    if after.parsed.syntax_error or len(now) != len(was):
        more = now[-1] if now else None
        line = more.line if more else None
        message = f"the result does not parse as before: {more.message if more else ''}"
        return [Failure(name, _document_at(after, line), None, line, message)]
    message = "the result has other documents or workloads than the original"
    odd = {d.index for d in before.parsed.documents} ^ {d.index for d in after.parsed.documents}
    places = [{(s.document.index, s.workload.path) for s in file.subjects} for file in (before, after)]
    odd |= {document for document, _ in places[0] ^ places[1]}
    return [Failure(name, document, None, None, message) for document in sorted(odd)]


def _document_at(after: CheckedFile, line: int | None) -> int | None:
    """Return the 0-based document that a line stands in, counted in the text, because nothing there may parse."""
    pieces = split(after.source.text)
    found = [piece.index for piece in pieces if line is not None and after.lines.line(piece.start) <= line]
    return found[-1] if found else None


def _data(before: CheckedFile, settled: Result) -> Iterator[Failure]:
    """Say where data differs beside the places that each round planned to change."""
    name = before.source.name
    stages = [(turn.files[name], turn.rewrite) for turn in settled.rounds if name in turn.files]
    results = [*(file for file, _ in stages[1:]), settled.files[name]]
    for (file, rewrite), result in zip(stages, results, strict=True):
        for old, new in zip(file.parsed.documents, result.parsed.documents, strict=True):
            if not differs_only_by(old.value, new.value, rewrite.changes(name, old.index)):
                message = "data changed beside the planned fixes"
                yield Failure(name, old.index, None, result.lines.line(new.start), message)


def _verdicts(before: CheckedFile, settled: Result) -> Iterator[Failure]:
    """Say which official check refuses a workload anew, or although a fix was to end it."""
    name = before.source.name
    after = settled.files[name]
    for old, new in zip(before.subjects, after.subjects, strict=True):
        known = {failure.id for failure in old.failures}
        explained = {
            check
            for subject, rewrite in ((old, settled.first), (new, settled.final(name)))
            for finding in subject.findings
            if finding.control != EVALUATOR and rewrite.held(finding) is not None
            for check in finding.checks
        }
        # What no control looks at (it may be switched off) was refused before, and no fix was to end it.
        explained |= {check for finding in old.findings if finding.control == EVALUATOR for check in finding.checks}
        for failure in new.failures:
            if failure.id not in known or failure.id not in explained:
                message = f"{_label(new)} is refused: {failure.reason} ({failure.id})"
                yield _of(after, new, new.workload.path, message)


def _schemas(before: CheckedFile, after: CheckedFile, profile: Profile) -> Iterator[Failure]:
    for old, new in zip(before.subjects, after.subjects, strict=True):
        if _object(old) == _object(new):
            continue
        found = _schema_errors(new, profile)
        if not found:
            continue
        # What was wrong before is the user's to mend, and list items may have moved since.
        known = {_without_indexes(error) for error in _schema_errors(old, profile)}
        for error in found:
            if _without_indexes(error) not in known:
                message = f"{_label(new)} breaks the schema at {dotted(error.path)}: {error.message}"
                yield _of(after, new, error.path, message)


def _other_schemas(before: CheckedFile, after: CheckedFile, profile: Profile) -> Iterator[Failure]:
    """Say which objects that run no pods break their schema anew: a Service that follows a port, a label, a binding."""
    own = {(subject.document.index, subject.workload.path) for subject in after.subjects}
    for old, new in zip(before.parsed.documents, after.parsed.documents, strict=True):
        if old.value == new.value:
            continue
        was = {path: data for path, data, _, _ in objects(old.value)}
        for path, data, api_version, kind in objects(new.value):
            if (new.index, path) in own or was.get(path) == data:
                continue
            known = {_without_indexes(error) for error in _errors(profile, api_version, kind, was.get(path))}
            for error in _errors(profile, api_version, kind, data):
                if _without_indexes(error) not in known:
                    place = (*path, *error.path)
                    message = f"{kind} breaks the schema at {dotted(place)}: {error.message}"
                    line = after.lines.line(locate(new, place))
                    yield Failure(after.source.name, new.index, None, line, message)


def _errors(profile: Profile, api_version: str, kind: str, data: object) -> tuple[SchemaError, ...]:
    return errors(profile.version, api_version, kind, dict(data)) if isinstance(data, dict) else ()


def _unsettled(after: CheckedFile, settled: Result) -> Iterator[Failure]:
    """Say which documents would be changed again after the most rounds: a second run would change them."""
    name = after.source.name
    if name not in settled.last.edited:
        return
    for document in after.parsed.documents:
        if not settled.last.edits_of((name, document.index)):
            continue
        message = f"is changed again after {MOST_ROUNDS} rounds"
        own = [s for s in after.subjects if s.document.index == document.index and _has_fix(s, settled)]
        for subject in own:
            yield _of(after, subject, subject.workload.path, f"{_label(subject)} {message}")
        if not own:
            line = after.lines.line(document.start)
            yield Failure(name, document.index, None, line, f"the document {message}")


def _has_fix(subject: CheckedWorkload, settled: Result) -> bool:
    return any(settled.last.held(finding) is None for finding in subject.findings)


def _without_indexes(error: SchemaError) -> SchemaError:
    return error._replace(path=tuple(step for step in error.path if isinstance(step, str)))


def _schema_errors(subject: CheckedWorkload, profile: Profile) -> tuple[SchemaError, ...]:
    workload = subject.workload
    if workload.served and not workload.row.is_custom:
        return errors(profile.version, workload.api_version, workload.kind, _object(subject))
    if workload.place.is_plain:
        found = template_errors(profile.version, value_at(subject.document.value, workload.template))
        return (*found, *_forbidden(workload))
    pod = template_errors(profile.version, {"metadata": {}, "spec": cast("Plain", workload.spec)})
    return (*(error._replace(path=workload.pod) for error in pod), *_forbidden(workload))


def _forbidden(workload: Workload) -> tuple[SchemaError, ...]:
    """Return the fields of a pod that the schema of its kind does not allow."""
    found = forbidden_in(workload)
    return tuple(SchemaError((*workload.pod, *path), f"unknown field {path[-1]}") for path in found)


def _object(subject: CheckedWorkload) -> Plain:
    return value_at(subject.document.value, subject.workload.path)


def _of(file: CheckedFile, subject: CheckedWorkload, path: Path, message: str) -> Failure:
    line = file.lines.line(locate(subject.document, path))
    return Failure(file.source.name, subject.document.index, subject.workload.path, line, message)


def _label(subject: CheckedWorkload) -> str:
    return f"{subject.workload.kind} {subject.workload.name}"
