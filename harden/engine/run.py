"""The way from a file's bytes to its report: examine, choose, lower, splice, verify. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.engine.check import CheckedFile, Checker, ParsedFile
from harden.engine.exempt import RunExemptions
from harden.engine.net import guarded, without_faulty
from harden.engine.report import describe
from harden.engine.rounds import Result, found_only
from harden.engine.telling import Telling
from harden.engine.watching import DESCRIBE, JUDGE, PARSE, PROVE, SHARES, Nobody, Watch
from harden.kube.bundle import Bundle
from harden.kube.kinds import BUILT_IN, Kinds
from harden.kube.kustomizations import among
from harden.kube.namespaces import Namespaces
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Problem
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.controls import Control
    from harden.generated import GeneratedObjects
    from harden.images.facts import ImageFacts
    from harden.model.change import Change
    from harden.usage import Usage

Input = tuple[str, bytes | Problem]

#: Bytes of a stream that may be worth another process, and files that are worth it: each process reads facts anew.
_LONG, _WORTH = 40_000, 1_500
#: Files that are looked at together.
_MANY = 100

#: What the verification says, by the name of the file.
Failed = dict[str, tuple[Problem, ...]]

#: On which files harden itself fails.
Faulty = dict[str, Problem]


def harden(  # noqa: PLR0913 -- what each keyword adds is independent of the others
    inputs: Iterable[Input],
    profile: Profile,
    mode: Mode,
    *,
    namespaces: Namespaces | None = None,
    images: Callable[[str], ImageFacts | None] | None = None,
    usage: Usage | None = None,
    exempting: RunExemptions | None = None,
    watch: Watch = Nobody(),  # noqa: B008 - it holds nothing
    emitter: GeneratedObjects | None = None,
    controls: Sequence[Control] | None = None,
    signed: frozenset[str] = frozenset(),
    kinds: Kinds = BUILT_IN,
    change: Change | None = None,
    jobs: int = 0,
    telling: Telling = Telling(),  # noqa: B008 - it cannot be changed
) -> Iterator[FileReport]:
    """Yield one report for each input, in order; a file that cannot be read keeps its text.

    None stands for `namespaces` by the kustomizations among the inputs, for the shipped facts as `images`, for
    exemptions in the files, and for all `controls`. `emitter` makes companions: reports of further files come first.
    `signed` files stay, and so does what a `change` did not touch. `jobs` processes may work, 0: one a processor.
    """
    known = list(inputs)
    checker = Checker(
        profile,
        images=images,
        usage=usage,
        exempting=exempting,
        previous_output=None if emitter is None else emitter.previous_output,
        controls=controls,
        namespaces=namespaces or Namespaces(among(known)),
        signed=signed,
        kinds=kinds,
    )
    checker.look_around(known, telling, change)
    together = emitter is not None or not _stand_apart(checker)
    run = partial(_at_once, emitter=emitter) if together else partial(_thrifty, jobs=jobs)
    yield from run(checker, known, profile, mode, watch=watch)


def _thrifty(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker, known: Sequence[Input], profile: Profile, mode: Mode, watch: Watch, jobs: int
) -> Iterator[FileReport]:
    """Return the reports of files that say nothing of one another; those of many hold once what they say alike."""
    reports = _apart(checker, known, profile, mode, watch, jobs)
    if len(known) < _WORTH:
        return reports
    from harden.engine.sharing import Sharing  # noqa: PLC0415 - only for long runs

    return map(Sharing().report, reports)


def _stand_apart(checker: Checker) -> bool:
    """Return whether what becomes of a file hangs on no other file of the run."""
    return not checker.needs_bundle and checker.exempting.asking is None and checker.limits is None


def _apart(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker, known: Sequence[Input], profile: Profile, mode: Mode, watch: Watch, jobs: int
) -> Iterator[FileReport]:
    """Yield the reports of files that say nothing of one another: what was read of some goes before others are read."""
    shared = _in_shares(checker, known, profile, mode, watch, jobs)
    if shared is not None:
        yield shared
        return
    if len(known) < _MANY:
        yield from _at_once(checker, known, profile, mode, None, watch)
        return
    from harden.engine.parallel import processors  # noqa: PLC0415 - only for long runs

    if (count := jobs or (processors() if len(known) >= _WORTH else 1)) > 1:
        watch.stage(SHARES, len(known))
        yield from _among_processes(checker, known, profile, mode, watch, count)
        return
    for at in range(0, len(known), _MANY):
        yield from _at_once(checker, known[at : at + _MANY], profile, mode, None, watch)


def _among_processes(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker, known: Sequence[Input], profile: Profile, mode: Mode, watch: Watch, count: int
) -> Iterator[FileReport]:
    from harden.engine.parallel import in_parallel  # noqa: PLC0415 - only for long runs

    def report(each: Input) -> FileReport:
        (only,) = _at_once(checker, [each], profile, mode, None, Nobody())
        return only

    def elsewhere(each: Input) -> FileReport | None:
        # What becomes of exemptions is counted in this process.
        source = _text(*each)
        return None if source is not None and checker.exempting.concerns(source) else report(each)

    found = in_parallel(known, elsewhere, count, partial(_look_ahead, checker, known))
    for each, made in zip(known, found, strict=True):
        watch(each[0])
        yield report(each) if made is None else made


def _look_ahead(checker: Checker, known: Sequence[Input]) -> None:
    for source in filter(None, (_text(*each) for each in known)):
        checker.images.look_ahead(source.name, source.text)


def _text(name: str, data: bytes | Problem) -> SourceText | None:
    source = decode(name, data) if isinstance(data, bytes) else data
    return source if isinstance(source, SourceText) else None


def _at_once(  # noqa: PLR0913, PLR0917 - each stands for itself
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
        proposed = _alone(checker, files, profile, Mode.DIFF)[0] if _proposes(checker, mode) else None
    else:
        settled, failed, faulty = _accompanied(checker, examined, profile, mode, emitter)
        proposed = settled if _proposes(checker, mode) else None
        yield from emitter.further()
    watch.stage(DESCRIBE, len(examined))
    for file in examined:
        if isinstance(file, FileReport):
            yield file
        elif settled is None or file.source.name in faulty:
            yield _unchanged(file.source, faulty[file.source.name])
        else:
            report = guarded(file.source.name, partial(_described, file, settled, failed, mode, checker, proposed))
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
    found, faulty = without_faulty(files, _name, lambda some: _settled(checker, some, profile, mode))
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


def _settled(checker: Checker, files: Sequence[CheckedFile], profile: Profile, mode: Mode) -> tuple[Result, Failed]:
    """Return what the files come to; a check takes the first choice, because it is asked what it finds there."""
    if mode is Mode.CHECK:
        return found_only(checker, files, profile.risk), {}
    from harden.engine.verify import verified  # noqa: PLC0415 - a check proves nothing

    return verified(checker, files, profile)


def _described(  # noqa: PLR0913, PLR0917 - each stands for itself
    before: CheckedFile,
    settled: Result,
    failed: Failed,
    mode: Mode,
    checker: Checker,
    proposed: Result | None = None,
) -> FileReport:
    name = before.source.name
    report = describe(before, settled, failed.get(name, ()), mode, checker)
    return report if proposed is None else report._replace(proposed=proposed.text(name))


def _proposes(checker: Checker, mode: Mode) -> bool:
    return mode is Mode.CHECK and checker.telling.proposes


def _in_shares(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker, known: Sequence[Input], profile: Profile, mode: Mode, watch: Watch, jobs: int
) -> FileReport | None:
    """Return the report of one long stream made by several processes, None where it has to be made by this one."""
    if len(known) != 1 or isinstance(known[0][1], Problem) or len(known[0][1]) < _LONG:
        return None
    source = decode(known[0][0], known[0][1])
    if not isinstance(source, SourceText) or _proposes(checker, mode) or checker.exempting.concerns(source):
        return None
    from harden.engine.parallel import processors, run_in_parallel  # noqa: PLC0415 - only for long streams

    def run(part: SourceText) -> FileReport:
        file = checker.judge(checker.read(part), Bundle((), ()))
        settled, failed = _settled(checker, [file], profile, mode)
        return _described(file, settled, failed, mode, checker)

    watch.stage(SHARES)
    # Where harden fails on a share, the way of one process finds out on what.
    prepare = partial(checker.images.look_ahead, source.name, source.text)
    shared = guarded(source.name, lambda: run_in_parallel(source, run, mode.value, jobs or processors(), prepare))
    return None if isinstance(shared, Problem) else shared


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
