"""Files that are looked at together, as neighbours of one another: from their bytes to their reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.engine.check import CheckedFile, Checker, ParsedFile
from harden.engine.inputs import Input
from harden.engine.net import guarded, without_faulty
from harden.engine.report import describe
from harden.engine.rounds import Result, found_only
from harden.engine.watching import DESCRIBE, JUDGE, PARSE, PROVE, Watch
from harden.kube.bundle import Bundle
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Problem
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.generated import GeneratedObjects

#: What the verification says, by the name of the file.
Failed = dict[str, tuple[Problem, ...]]

#: On which files harden itself fails.
Faulty = dict[str, Problem]


def at_once(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker,
    inputs: Sequence[Input],
    profile: Profile,
    mode: Mode,
    emitter: GeneratedObjects | None,
    watch: Watch,
) -> Iterator[FileReport]:
    """Yield the reports of files that are looked at together, as neighbours of one another."""
    watch.stage(PARSE, len(inputs))
    read = [_read(checker, *each, watch) for each in inputs]
    watch.stage(JUDGE, len(inputs))
    bundle, faulty = without_faulty([each for each in read if isinstance(each, ParsedFile)], _name, checker.bundle)
    known = Bundle((), ()) if bundle is None else bundle
    examined = [_judged(checker, each, known, faulty, watch) for each in read]
    watch.stage(PROVE)
    settled: Result | None
    if emitter is None:
        files = [file for file in examined if isinstance(file, CheckedFile)]
        settled, failed, faulty = _alone(checker, files, profile, mode)
        proposed = _alone(checker, files, profile, Mode.DIFF)[0] if proposes(checker, mode) else None
    else:
        settled, failed, faulty = _accompanied(checker, examined, profile, mode, emitter)
        proposed = settled if proposes(checker, mode) else None
        yield from emitter.further()
    watch.stage(DESCRIBE, len(examined))
    for file in examined:
        if isinstance(file, FileReport):
            yield file
        elif settled is None or file.source.name in faulty:
            yield _unchanged(file.source, faulty[file.source.name])
        else:
            report = guarded(file.source.name, partial(described, file, settled, failed, mode, checker, proposed))
            if isinstance(report, Problem):
                yield _unchanged(file.source, report)
            else:
                yield report if emitter is None else emitter.completed(report)


def _judged(
    checker: Checker, file: ParsedFile | FileReport, bundle: Bundle, faulty: Faulty, watch: Watch
) -> CheckedFile | FileReport:
    if isinstance(file, FileReport):
        return file
    name = file.source.name
    watch(name)
    found = faulty[name] if name in faulty else guarded(name, partial(checker.judge, file, bundle))
    return _unchanged(file.source, found) if isinstance(found, Problem) else found


def _unchanged(source: SourceText, problem: Problem) -> FileReport:
    return FileReport(source.name, source, source.text, problems=(problem,))


def _name(file: ParsedFile | CheckedFile) -> str:
    return file.source.name


def _alone(
    checker: Checker, files: Sequence[CheckedFile], profile: Profile, mode: Mode
) -> tuple[Result | None, Failed, Faulty]:
    found, faulty = without_faulty(files, _name, lambda some: settle(checker, some, profile, mode))
    settled, failed = (None, {}) if found is None else found
    return settled, failed, faulty


def _accompanied(
    checker: Checker,
    examined: Sequence[CheckedFile | FileReport],
    profile: Profile,
    mode: Mode,
    emitter: GeneratedObjects,
) -> tuple[Result | None, Failed, Faulty]:
    """Return what the files come to with companions; without any, where harden fails on those."""
    found = guarded("", lambda: emitter.settle(checker, examined, mode=mode.value))
    if not isinstance(found, Problem):
        return *found, {}
    emitter.give_up(found)
    return _alone(checker, [each for each in examined if isinstance(each, CheckedFile)], profile, mode)


def settle(checker: Checker, files: Sequence[CheckedFile], profile: Profile, mode: Mode) -> tuple[Result, Failed]:
    """Return what the files come to; a check takes the first choice, because it is asked what it finds there."""
    if mode is Mode.CHECK:
        return found_only(checker, files, profile.risk), {}
    from harden.engine.verify import verified  # noqa: PLC0415 - a check proves nothing

    return verified(checker, files, profile)


def described(  # noqa: PLR0913, PLR0917 - each stands for itself
    before: CheckedFile,
    settled: Result,
    failed: Failed,
    mode: Mode,
    checker: Checker,
    proposed: Result | None = None,
) -> FileReport:
    """Return the report of a file."""
    name = before.source.name
    report = describe(before, settled, failed.get(name, ()), mode, checker)
    return report if proposed is None else report._replace(proposed=proposed.text(name))


def proposes(checker: Checker, mode: Mode) -> bool:
    """Return whether a check is asked for the texts that `apply` would write."""
    return mode is Mode.CHECK and checker.telling.proposes


def _read(
    checker: Checker,
    name: str,
    data: bytes | Problem,
    watch: Watch,
) -> ParsedFile | FileReport:
    watch(name)
    source = data if isinstance(data, Problem) else decode(name, data)
    if isinstance(source, Problem):
        return FileReport(name, None, None, problems=(source,))
    found = guarded(name, partial(checker.read, source))
    return _unchanged(source, found) if isinstance(found, Problem) else found
