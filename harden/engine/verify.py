"""Owns the proof of a rewritten file before it may be written; a failed proof is a bug of harden, and is told so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harden.engine.check import Examined, Examiner, Read, Subject
from harden.engine.edit import Place, Rewriting
from harden.model.finding import Because, Finding, Held
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import Problem, Stage
from harden.model.text import Path, Plain, SourceText, dotted, value_at
from harden.source.locate import locate
from harden.verify.schema import errors, template_errors
from harden.verify.unchanged import differs_only_by

_FAILED = Held(Because.VERIFY, "the result failed its verification")
_HINT = "nothing was written; please report this file as a bug of harden"

#: Returns what is found beside the workloads in files as they are then.
Beside = Callable[[Sequence[Examined]], Sequence[tuple[Place, Finding]]]


class Result(Record):
    """What a changed file became (None where its proof failed and it keeps its text), and what the proof says."""

    after: Examined | None
    problems: tuple[Problem, ...] = ()


def proved(
    examiner: Examiner,
    files: Sequence[Examined],
    rewriting: Rewriting,
    profile: Profile,
    *,
    beside: Beside | None = None,
) -> dict[str, Result]:
    """Return the result of each file that changes, by name; a file whose proof fails is held in `rewriting`.

    Holding one file may take a fix from another one, so the rest is proved again. `beside` is what else a second run
    would find.
    """
    failed: dict[str, Result] = {}
    while True:
        afters = afters_of(examiner, files, rewriting)
        again = _second_pass(examiner, files, afters, profile, beside)
        found = _prove_all(files, afters, rewriting, profile, again)
        broken = {name: problems for name, problems in found.items() if problems}
        if not broken:
            return {name: Result(after) for name, after in afters.items()} | failed
        for name, problems in broken.items():
            rewriting.hold_file(name, _FAILED)
            failed[name] = Result(None, problems)


def afters_of(examiner: Examiner, files: Sequence[Examined], rewriting: Rewriting) -> dict[str, Examined]:
    """Return each changed file as a second run would see it, with its neighbours as they are then."""
    texts = {file.source.name: rewriting.text(file.source.name) for file in files}
    read = {
        file.source.name: examiner.read(
            SourceText(file.source.name, texts[file.source.name], bom=file.source.bom), sketch=True
        )
        for file in files
        if texts[file.source.name] is not file.source.text
    }
    bundle = examiner.bundle(read.get(file.source.name, _as_read(file)) for file in files)
    return {name: examiner.judge(file, bundle) for name, file in read.items()}


def _as_read(file: Examined) -> Read:
    workloads = tuple((subject.document, subject.workload) for subject in file.subjects)
    return Read(file.source, file.lines, file.parsed, workloads, file.skipped, file.problems)


def _prove_all(
    files: Sequence[Examined],
    afters: dict[str, Examined],
    rewriting: Rewriting,
    profile: Profile,
    again: dict[str, list[Said]],
) -> dict[str, tuple[Problem, ...]]:
    found: dict[str, tuple[Problem, ...]] = {}
    for file in files:
        after = afters.get(file.source.name)
        if after is not None:
            said = _shape(file, after) or [
                *_data(file, after, rewriting),
                *_verdicts(file, after, rewriting),
                *_schemas(file, after, profile),
                *again.get(file.source.name, ()),
            ]
            found[file.source.name] = tuple(
                Problem(file.source.name, Stage.VERIFY, message, line, _HINT) for line, message in said
            )
    return found


Said = tuple[int | None, str]


def _shape(before: Examined, after: Examined) -> list[Said]:
    """Say where the result does not parse to the same documents and workloads, with the same problems as before."""
    if after.parsed.syntax_error or len(after.problems) != len(before.problems):
        more = after.problems[-1] if after.problems else None
        return [(more.line if more else None, f"the result does not parse as before: {more.message if more else ''}")]
    same = [d.index for d in before.parsed.documents] == [d.index for d in after.parsed.documents]
    if not same or len(before.subjects) != len(after.subjects):
        return [(None, "the result has other documents or workloads than the original")]
    return []


def _data(before: Examined, after: Examined, rewriting: Rewriting) -> Iterator[Said]:
    """Say where data differs beside the planned paths."""
    for one, other in zip(before.parsed.documents, after.parsed.documents, strict=True):
        if not differs_only_by(one.value, other.value, rewriting.changes(before.source.name, one.index)):
            yield before.lines.line(one.start), "data changed beside the planned fixes"


def _verdicts(before: Examined, after: Examined, rewriting: Rewriting) -> Iterator[Said]:
    """Say which official check refuses a workload anew, or although a fix was to end it."""
    for old, new in zip(before.subjects, after.subjects, strict=True):
        known = {failure.id for failure in old.failures}
        held = (finding for finding in old.findings if rewriting.held(finding) is not None)
        explained = {check for finding in held for check in finding.checks}
        for failure in new.failures:
            if failure.id not in known or failure.id not in explained:
                yield _line(after, new, new.workload.path), f"{_label(new)} is refused: {failure.reason} ({failure.id})"


def _schemas(before: Examined, after: Examined, profile: Profile) -> Iterator[Said]:
    for old, new in zip(before.subjects, after.subjects, strict=True):
        if _object(old) == _object(new):
            continue
        found = _schema_errors(new, profile)
        if not found:
            continue
        # What was wrong before is the user's to mend, and list items may have moved since.
        known = {_place(path, message) for path, message in _schema_errors(old, profile)}
        for path, message in found:
            if _place(path, message) not in known:
                yield _line(after, new, path), f"{_label(new)} breaks the schema at {dotted(path)}: {message}"


def _place(path: Path, message: str) -> tuple[tuple[str, ...], str]:
    return tuple(step for step in path if isinstance(step, str)), message


def _schema_errors(subject: Subject, profile: Profile) -> tuple[tuple[Path, str], ...]:
    workload = subject.workload
    if workload.served:
        return errors(profile.version, workload.api_version, workload.kind, _object(subject))
    return template_errors(profile.version, value_at(subject.document.value, workload.template))


def _object(subject: Subject) -> Plain:
    return value_at(subject.document.value, subject.workload.path)


def _second_pass(
    examiner: Examiner,
    files: Sequence[Examined],
    afters: dict[str, Examined],
    profile: Profile,
    beside: Beside | None,
) -> dict[str, list[Said]]:
    """Return what a second run over all files would change, by file."""
    if not afters:
        return {}
    then = [afters.get(file.source.name, file) for file in files]
    if examiner.needs_bundle:
        bundle = examiner.bundle(map(_as_read, then))
        then = [examiner.judge(_as_read(file), bundle) for file in then]
    else:
        then = list(afters.values())
    again = Rewriting(then, profile.risk, added=() if beside is None else beside(then))
    said: dict[str, list[Said]] = {}
    for file in then:
        edits = again.edits(file.source.name)
        if edits:
            said[file.source.name] = [(file.lines.line(edits[0].start), "a second run would change the result again")]
    return said


def _line(examined: Examined, subject: Subject, path: Path) -> int:
    return examined.lines.line(locate(subject.document, path))


def _label(subject: Subject) -> str:
    return f"{subject.workload.kind} {subject.workload.name}"
