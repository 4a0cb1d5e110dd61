"""Owns the way from a file's bytes to its report: examine, choose, lower, splice, verify. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harden.engine.check import Examined, Examiner, Read
from harden.engine.exempt import Exempting
from harden.engine.net import guarded, without_faulty
from harden.engine.parallel import spread
from harden.engine.report import describe
from harden.engine.rounds import Settled, found_only
from harden.engine.verify import verified
from harden.kube.bundle import Bundle
from harden.kube.kinds import BUILT_IN, Kinds
from harden.kube.kustomizations import among
from harden.kube.namespaces import Namespaces
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode, Problem
from harden.model.text import SourceText
from harden.source.read import decode

if TYPE_CHECKING:
    from harden.beside import Company
    from harden.controls import Control
    from harden.images.facts import ImageFacts
    from harden.usage import Usage

Input = tuple[str, bytes | Problem]

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
    exempting: Exempting | None = None,
    progress: Callable[[str], None] | None = None,
    company: Company | None = None,
    controls: Sequence[Control] | None = None,
    signed: frozenset[str] = frozenset(),
    starts: bool = False,
    kinds: Kinds = BUILT_IN,
) -> Iterator[FileReport]:
    """Yield one report for each input, in order; a file that cannot be read keeps its text.

    `namespaces` tells where objects end up, None: by the kustomizations among the inputs. `images` tells what is known
    of an image, None: the shipped facts. `exempting` rules on exemptions, None: those in the files. `company` makes
    companions: reports of further files come first. `controls` are those to choose from, None: all. `signed` files
    stay. With `starts` reports tell of containers. `kinds` are those that run pods.
    """
    known = list(inputs)
    examiner = Examiner(
        profile,
        images=images,
        usage=usage,
        exempting=exempting,
        aside=None if company is None else company.aside,
        controls=controls,
        namespaces=namespaces or Namespaces(among(known)),
        signed=signed,
        kinds=kinds,
    )
    examiner.look_around(known, tells_starts=starts)
    if company is None and (shared := _in_shares(examiner, known, profile, mode)) is not None:
        yield shared
    else:
        yield from _at_once(examiner, [_read(examiner, *one, progress) for one in known], profile, mode, company)


def _at_once(
    examiner: Examiner, read: list[Read | FileReport], profile: Profile, mode: Mode, company: Company | None
) -> Iterator[FileReport]:
    """Yield the reports of files that are looked at together, as neighbours of one another."""
    bundle, faulty = without_faulty([one for one in read if isinstance(one, Read)], _name, examiner.bundle)
    known = Bundle((), ()) if bundle is None else bundle
    examined = [_judged(examiner, one, known, faulty) for one in read]
    settled: Settled | None
    if company is None:
        files = [file for file in examined if isinstance(file, Examined)]
        settled, failed, faulty = _alone(examiner, files, profile, mode)
    else:
        settled, failed, faulty = _accompanied(examiner, examined, profile, mode, company)
        yield from company.further()
    for file in examined:
        if isinstance(file, FileReport):
            yield file
        elif settled is None or file.source.name in faulty:
            yield _unchanged(file.source, faulty[file.source.name])
        else:
            report = guarded(file.source.name, partial(_described, file, settled, failed, mode, examiner))
            if isinstance(report, Problem):
                yield _unchanged(file.source, report)
            else:
                yield report if company is None else company.completed(report)


def _judged(examiner: Examiner, file: Read | FileReport, bundle: Bundle, faulty: Faulty) -> Examined | FileReport:
    if isinstance(file, FileReport):
        return file
    name = file.source.name
    found = faulty[name] if name in faulty else guarded(name, partial(examiner.judge, file, bundle))
    return _unchanged(file.source, found) if isinstance(found, Problem) else found


def _unchanged(source: SourceText, problem: Problem) -> FileReport:
    return FileReport(source.name, source, source.text, problems=(problem,))


def _name(file: Read | Examined) -> str:
    return file.source.name


def _alone(
    examiner: Examiner, files: Sequence[Examined], profile: Profile, mode: Mode
) -> tuple[Settled | None, Failed, Faulty]:
    found, faulty = without_faulty(files, _name, lambda some: _settled(examiner, some, profile, mode))
    settled, failed = (None, {}) if found is None else found
    return settled, failed, faulty


def _accompanied(
    examiner: Examiner, examined: Sequence[Examined | FileReport], profile: Profile, mode: Mode, company: Company
) -> tuple[Settled | None, Failed, Faulty]:
    """Return what the files come to with companions; without any, where harden fails on those."""
    found = guarded("", lambda: company.settle(examiner, examined, mode=mode.value))
    if not isinstance(found, Problem):
        return *found, {}
    company.give_up(found)
    return _alone(examiner, [one for one in examined if isinstance(one, Examined)], profile, mode)


def _settled(examiner: Examiner, files: Sequence[Examined], profile: Profile, mode: Mode) -> tuple[Settled, Failed]:
    """Return what the files come to; a check takes the first choice, because it is asked what it finds there."""
    if mode is Mode.CHECK:
        return found_only(examiner, files, profile.risk), {}
    return verified(examiner, files, profile)


def _described(before: Examined, settled: Settled, failed: Failed, mode: Mode, examiner: Examiner) -> FileReport:
    return describe(before, settled, failed.get(before.source.name, ()), mode, examiner)


def _in_shares(examiner: Examiner, known: list[Input], profile: Profile, mode: Mode) -> FileReport | None:
    """Return the report of one long stream made by several processes, None where it has to be made by this one."""
    source = decode(known[0][0], known[0][1]) if len(known) == 1 and isinstance(known[0][1], bytes) else None
    if not isinstance(source, SourceText) or examiner.needs_bundle or examiner.exempting.concerns(source):
        return None

    def run(part: SourceText) -> FileReport:
        file = examiner.judge(examiner.read(part), Bundle((), ()))
        settled, failed = _settled(examiner, [file], profile, mode)
        return _described(file, settled, failed, mode, examiner)

    # Where harden fails on a share, the way of one process finds out on what.
    shared = guarded(source.name, lambda: spread(source, run, mode.value))
    return None if isinstance(shared, Problem) else shared


def _read(
    examiner: Examiner,
    name: str,
    data: bytes | Problem,
    progress: Callable[[str], None] | None,
) -> Read | FileReport:
    if progress is not None:
        progress(name)
    source = data if isinstance(data, Problem) else decode(name, data)
    if isinstance(source, Problem):
        return FileReport(name, None, None, problems=(source,))
    found = guarded(name, partial(examiner.read, source))
    return _unchanged(source, found) if isinstance(found, Problem) else found
