"""Owns the proof of a rewritten file before it may be written; a failed proof is a bug of harden, and is told so."""

from __future__ import annotations

from collections.abc import Iterator

from harden.examine import Examined, Subject
from harden.model.finding import Risk
from harden.model.profile import Profile
from harden.model.report import Problem, Stage
from harden.model.text import LineIndex, Path, Plain, dotted
from harden.rewrite import Rewrite, rewritten
from harden.source.locate import locate
from harden.verify.schema import errors, template_errors
from harden.verify.unchanged import differs_only_by

_HINT = "nothing was written; please report this file as a bug of harden"


def prove(before: Examined, after: Examined, rewrite: Rewrite, profile: Profile) -> tuple[Problem, ...]:
    """Return what is wrong with the result, nothing when it holds.

    It must parse to the same documents, differ in data only at the planned paths, be refused by no official check that
    is not known to stay, break no rule of the strict schema that it kept before, and be left alone by a second pass.
    """
    name = before.source.name
    said = _shape(before, after) or [
        *_data(before, after, rewrite),
        *_verdicts(before, after, rewrite),
        *_schemas(before, after, profile),
        *_second_pass(after, profile.risk),
    ]
    return tuple(Problem(name, Stage.VERIFY, message, line, _HINT) for line, message in said)


Said = tuple[int | None, str]


def _shape(before: Examined, after: Examined) -> list[Said]:
    read = len(before.problems)
    if after.parsed.syntax_error or len(after.problems) != read:
        more = after.problems[-1] if after.problems else None
        return [(more.line if more else None, f"the result does not parse as before: {more.message if more else ''}")]
    same = [d.index for d in before.parsed.documents] == [d.index for d in after.parsed.documents]
    if not same or len(before.subjects) != len(after.subjects):
        return [(None, "the result has other documents or workloads than the original")]
    return []


def _data(before: Examined, after: Examined, rewrite: Rewrite) -> Iterator[Said]:
    for one, other in zip(before.parsed.documents, after.parsed.documents, strict=True):
        plan = rewrite.plans.get(one.index)
        old: Plain = one.root.value if one.root is not None else None
        new: Plain = other.root.value if other.root is not None else None
        if not differs_only_by(old, new, plan.changes if plan is not None else ()):
            yield before.lines.line(one.start), "data changed beside the planned fixes"


def _verdicts(before: Examined, after: Examined, rewrite: Rewrite) -> Iterator[Said]:
    held = rewrite.reasons()
    for old, new in zip(before.subjects, after.subjects, strict=True):
        known = {failure.id for failure in old.failures}
        explained = {check for finding in old.findings if id(finding) in held for check in finding.checks}
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
    return template_errors(profile.version, _at(subject, workload.template))


def _object(subject: Subject) -> Plain:
    return _at(subject, subject.workload.path)


def _at(subject: Subject, path: Path) -> Plain:
    value: Plain = subject.document.root.value if subject.document.root is not None else None
    for step in path:
        if isinstance(value, dict):
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value


def _second_pass(after: Examined, accepted: Risk) -> Iterator[Said]:
    again = rewritten(after, accepted)
    if again.edits:
        line = LineIndex(after.source.text).line(again.edits[0].start)
        yield line, "a second run would change the result again"


def _line(examined: Examined, subject: Subject, path: Path) -> int:
    return examined.lines.line(locate(subject.document, path))


def _label(subject: Subject) -> str:
    return f"{subject.workload.kind} {subject.workload.name}"
