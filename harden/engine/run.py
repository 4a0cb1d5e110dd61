"""The way from a file's bytes to its report: examine, choose, lower, splice, verify. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.engine.check import Checker
from harden.engine.exempt import RunExemptions
from harden.engine.inputs import Input, Inputs
from harden.engine.net import guarded
from harden.engine.telling import Telling
from harden.engine.together import at_once, described, proposes, settle
from harden.engine.watching import SHARES, Nobody, Watch
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
    from harden.engine.keeping import Given, Keeping, Told
    from harden.generated import GeneratedObjects
    from harden.images.facts import ImageFacts
    from harden.model.change import Change
    from harden.usage import Usage

__all__ = ["Input", "harden"]

#: Bytes of a stream that may be worth another process, and files that are worth it: each process reads facts anew.
_LONG, _WORTH = 40_000, 1_500
#: Files that are looked at together.
_MANY = 100


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
    keeping: Keeping | None = None,
) -> Iterator[FileReport]:
    """Return one report for each input, in order; a file that cannot be read keeps its text.

    None stands for `namespaces` by the kustomizations among the inputs, for the shipped facts as `images`, for
    exemptions in the files, and for all `controls`. `emitter` makes companions: reports of further files come first.
    `signed` files and what a `change` did not touch stay. `jobs` processes may work, 0: one a processor. `keeping` has
    what earlier runs found with all controls, and takes what this one finds.
    """
    known = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
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
    return _found(checker, known, (profile, mode, telling, usage, tuple(kinds), signed), watch, jobs, keeping, emitter)


def _found(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker,
    known: Inputs,
    given: Given,
    watch: Watch,
    jobs: int,
    keeping: Keeping | None,
    emitter: GeneratedObjects | None,
) -> Iterator[FileReport]:
    """Return the reports of all files, those that were kept among them: only of files that say nothing of one another.

    `given`: see `Keeping`.
    """
    profile, mode, *_ = given
    if emitter is not None or not _stand_apart(checker):
        return at_once(checker, known, profile, mode, emitter, watch)
    make = partial(_thrifty, checker, profile, mode, watch, jobs)
    return make(known) if keeping is None else keeping.reports(checker, known, given, make, watch)


def _thrifty(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker,
    profile: Profile,
    mode: Mode,
    watch: Watch,
    jobs: int,
    known: Inputs,
    keeping: Keeping | None = None,
) -> Iterator[FileReport]:
    """Return the reports of files that say nothing of one another; those of many hold once what they say alike."""
    reports = known.reported(_apart(checker, known, profile, mode, watch, jobs, keeping))
    if len(known) < _WORTH:
        return reports
    from harden.engine.sharing import Sharing  # noqa: PLC0415 - only for long runs

    return map(Sharing().report, reports)


def _stand_apart(checker: Checker) -> bool:
    """Return whether what becomes of a file hangs on no other file of the run."""
    return not checker.needs_bundle and checker.exempting.asking is None and checker.limits is None


def _apart(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker,
    known: Sequence[Input],
    profile: Profile,
    mode: Mode,
    watch: Watch,
    jobs: int,
    keeping: Keeping | None,
) -> Iterator[FileReport]:
    """Yield the reports of files that say nothing of one another: what was read of some goes before others are read."""
    # What a report rests on is told file by file.
    shared = None if keeping is not None else _in_shares(checker, known, profile, mode, watch, jobs)
    if shared is not None:
        yield shared
        return
    if len(known) < _MANY:
        yield from at_once(checker, known, profile, mode, None, watch)
        return
    from harden.engine.parallel import processors  # noqa: PLC0415 - only for long runs

    if (count := jobs or (processors() if len(known) >= _WORTH else 1)) > 1:
        watch.stage(SHARES, len(known))
        yield from _among_processes(checker, known, profile, mode, watch, count, keeping)
        return
    for at in range(0, len(known), _MANY):
        yield from at_once(checker, known[at : at + _MANY], profile, mode, None, watch)


def _among_processes(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker,
    known: Sequence[Input],
    profile: Profile,
    mode: Mode,
    watch: Watch,
    count: int,
    keeping: Keeping | None,
) -> Iterator[FileReport]:
    from harden.engine.parallel import in_parallel  # noqa: PLC0415 - only for long runs
    from harden.engine.sharing import Sharing  # noqa: PLC0415 - as above

    # Of this, each process has one of its own: what reports say alike is sent once with those that are sent together.
    share = Sharing().report

    def reports(some: Sequence[Input]) -> Iterator[FileReport]:
        return at_once(checker, some, profile, mode, None, Nobody())

    def elsewhere(some: Sequence[Input]) -> list[tuple[FileReport | None, Told | None]]:
        # What becomes of exemptions is counted in this process.
        sources = [_text(*each) for each in some]
        left = [source is not None and checker.exempting.concerns(source) for source in sources]
        own = [each for each, is_left in zip(some, left, strict=True) if not is_left]
        made = map(share, reports(own) if own else ())
        return [
            (None, None) if is_left else (next(made), None if keeping is None else keeping.told(checker, each[0]))
            for each, is_left in zip(some, left, strict=True)
        ]

    found = in_parallel(known, elsewhere, count, partial(_look_ahead, checker, known))
    for each, (made, told) in zip(known, found, strict=True):
        watch(each[0])
        if keeping is not None and told is not None:
            keeping.hear(each[0], told)
        yield next(reports([each])) if made is None else made


def _look_ahead(checker: Checker, known: Sequence[Input]) -> None:
    for source in filter(None, (_text(*each) for each in known)):
        checker.images.look_ahead(source.name, source.text)


def _text(name: str, data: bytes | Problem) -> SourceText | None:
    source = decode(name, data) if isinstance(data, bytes) else data
    return source if isinstance(source, SourceText) else None


def _in_shares(  # noqa: PLR0913, PLR0917 - each stands for itself
    checker: Checker, known: Sequence[Input], profile: Profile, mode: Mode, watch: Watch, jobs: int
) -> FileReport | None:
    """Return the report of one long stream made by several processes, None where it has to be made by this one."""
    if len(known) != 1 or isinstance(known[0][1], Problem) or len(known[0][1]) < _LONG:
        return None
    source = decode(known[0][0], known[0][1])
    if not isinstance(source, SourceText) or proposes(checker, mode) or checker.exempting.concerns(source):
        return None
    from harden.engine.parallel import processors, run_in_parallel  # noqa: PLC0415 - only for long streams

    def run(part: SourceText) -> FileReport:
        file = checker.judge(checker.read(part), Bundle((), ()))
        settled, failed = settle(checker, [file], profile, mode)
        return described(file, settled, failed, mode, checker)

    watch.stage(SHARES)
    # Where harden fails on a share, the way of one process finds out on what.
    prepare = partial(checker.images.look_ahead, source.name, source.text)
    shared = guarded(source.name, lambda: run_in_parallel(source, run, mode.value, jobs or processors(), prepare))
    return None if isinstance(shared, Problem) else shared
