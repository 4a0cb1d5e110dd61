"""Makes the report of a run over what was read; apply has written the files by then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harden.adapters.signatures import signed
from harden.adapters.walk import Discovery
from harden.cli.request import Request, form_of, jobs_of, wants_companions
from harden.cli.run.inputs import kustomizations_of
from harden.cli.run.known_images import count_images, images_of_run
from harden.cli.run.notes import asked_in_vain, of_platform
from harden.engine.check import Checker
from harden.engine.exempt import RunExemptions
from harden.engine.run import Input, harden
from harden.engine.telling import Telling
from harden.engine.watching import Nobody, Watch
from harden.errors import HardenError
from harden.images.by_file import Lookup
from harden.kube.namespaces import FALLBACK, Namespaces
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import Exempted, FileReport, Mode, Problem, Report
from harden.settings import Config

if TYPE_CHECKING:
    from harden.cli.console.progress import Progress
    from harden.engine.asking import Asking
    from harden.engine.keeping import Keeping
    from harden.generated import GeneratedObjects
    from harden.model.change import Change
    from harden.usage import Usage


class Aside(Record):
    """What reports tell beside findings, what keeps them for the next run, and who follows this one."""

    telling: Telling
    keeping: Keeping | None = None
    watch: Watch = Nobody()


def report_on_parts(request: Request, config: Config, profile: Profile, inputs: Sequence[Input]) -> Report:
    """Return what a run over inputs comes to that come from no walk; --report-file alone makes a report of it."""
    found = Discovery(tuple(name for name, _ in inputs), (), ())
    telling = Telling(starts=request.report_file is not None)
    return report_on(request, config, profile, found, inputs, Aside(telling))


def report_on(  # noqa: PLR0913, PLR0917 - each stands for itself
    request: Request, config: Config, profile: Profile, found: Discovery, inputs: Sequence[Input], aside: Aside
) -> Report:
    """Return what a run comes to; `apply` has written the files by then."""
    change, usage = _change(request, found), _usage(request)
    kustomizations = kustomizations_of(request, inputs)
    images = images_of_run(request, config, kustomizations)
    exempting = _exempting(request, config, profile)
    emitter = _companions(request, config, profile, images, found.files, exempting=exempting)
    hardening = partial(
        harden,
        images=images,
        usage=usage,
        exempting=exempting,
        emitter=emitter,
        namespaces=Namespaces(kustomizations, request.namespace or FALLBACK),
        signed=frozenset() if request.is_stream else signed(found.files),
        kinds=config.kinds,
        telling=aside.telling,
        change=change,
        keeping=aside.keeping,
    )
    reports = _reports_of(inputs, profile, request, hardening, aside.watch)
    beside = (*of_platform(profile, reports), *(() if emitter is None else emitter.beside.problems))
    return Report(
        profile=profile.name,
        level=profile.level.value,
        version=profile.version_word,
        risk=profile.risk.word,
        mode=request.mode,
        files=reports,
        left_out=found.left_out,
        problems=(*_said(found, config, profile), *asked_in_vain(request, profile, usage), *beside, *images.notes()),
        beside=None if emitter is None else emitter.beside,
        images=count_images(_touched(reports, change), config, images) if request.mode == Mode.CHECK.value else None,
        change=change,
        exemptions=_account(exempting, request, config, profile, () if emitter is None else emitter.active),
    )


def controls_run(report: Report, profile: Profile) -> tuple[str, ...]:
    """Return the ids of the controls that ran; those that look at bundles did where companions were asked for."""
    ran = Checker(profile).active()
    if report.beside is None:
        return ran
    from harden.generated import bundle_controls  # noqa: PLC0415 - slow to load

    return (*ran, *(control.id for control in bundle_controls(profile)))


def _said(found: Discovery, config: Config, profile: Profile) -> tuple[Problem, ...]:
    """Return what there is to say before a file is looked at."""
    return (*found.problems, *config.notes, *profile.notes)


def _change(request: Request, found: Discovery) -> Change | None:
    """Return what changed, None where the run is not limited to that; raises HardenError where nobody can tell."""
    if not request.is_limited:
        return None
    from harden.cli.run.change import changed  # noqa: PLC0415 - only where it is asked for

    return changed(request, found.files)


def _touched(reports: tuple[FileReport, ...], change: Change | None) -> tuple[FileReport, ...]:
    """Return the reports on what a change touched, all where there is none."""
    if change is None:
        return reports
    from harden.engine.within import touched  # noqa: PLC0415 - only where it is asked for

    return touched(reports, change)


def _usage(request: Request) -> Usage | None:
    """Return what was measured, None where nobody says it; raises HardenError for what cannot be read."""
    if request.usage is None:
        return None
    from harden.cli.run.usage_and_flows import usage_of  # noqa: PLC0415 - only where it is asked for

    return usage_of(request.usage)


def _exempting(request: Request, config: Config, profile: Profile) -> RunExemptions:
    today, asking = time.strftime("%Y-%m-%d"), _asking(request, config, profile) if request.interactive else None
    return RunExemptions(today=today, config=config.exemptions, strict=request.strict, asking=asking)


def _asking(request: Request, config: Config, profile: Profile) -> Asking:
    from harden.cli.run.interactive import asking_of  # noqa: PLC0415 - only where somebody is to be asked

    return asking_of(request, form_of(request, config), companions=wants_companions(request, profile))


def _companions(  # noqa: PLR0913 - each stands for itself
    request: Request,
    config: Config,
    profile: Profile,
    look_up: Lookup,
    names: Sequence[str],
    *,
    exempting: RunExemptions,
) -> GeneratedObjects | None:
    if not wants_companions(request, profile):
        if request.flows is not None:
            raise HardenError("--flows: only companions use it: add --companions")
        return None
    from harden.cli.run.companions import emitter  # noqa: PLC0415 - only where companions are asked for

    return emitter(request, config, profile, look_up, names, exempting=exempting)


def _reports_of(
    inputs: Sequence[Input],
    profile: Profile,
    request: Request,
    hardening: Callable[..., Iterator[FileReport]],
    watch: Watch,
) -> tuple[FileReport, ...]:
    """Return the report of each input; `apply` writes the changed files."""
    has_bar = sys.stderr.isatty() and not (request.quiet or request.interactive)
    progress = _progress(len(inputs)) if has_bar else None
    told = watch if progress is None else _both(watch, progress)
    mode = Mode(request.mode)
    try:
        reports = tuple(hardening(inputs, profile, mode, watch=told, jobs=jobs_of(request)))
    finally:
        if progress is not None:
            progress.close()
    watch.stage("write")
    if request.output_dir is not None:
        from harden.cli.run.output_folder import write_elsewhere  # noqa: PLC0415 - only where it is asked for

        write_elsewhere(reports, request, request.output_dir)
        return reports
    if mode is not Mode.APPLY or request.is_stream:
        return reports
    from harden.adapters.results import write_all  # noqa: PLC0415 - check and diff write nothing

    return write_all(reports)


def _progress(total: int) -> Progress:
    from harden.cli.console.progress import Progress  # noqa: PLC0415 - only terminals need it

    return Progress(total)


def _both(watch: Watch, progress: Progress) -> Watch:
    from harden.cli.console.timings import Both  # noqa: PLC0415 - only terminals need it

    return Both((watch, progress))


def _account(
    exempting: RunExemptions, request: Request, config: Config, profile: Profile, beside: Sequence[str]
) -> tuple[Exempted, ...]:
    """Return what became of each exemption of a run; `beside` are the controls that looked at the bundle."""
    if not exempting.has_any:
        return ()
    return exempting.account((*Checker(profile).active(), *beside), whole=_is_whole(request, config))


def _is_whole(request: Request, config: Config) -> bool:
    """Return whether a run looks at all that the exemptions of harden.yaml may be about: its folder."""
    if config.path is None or request.is_stream or request.include or request.exclude:
        return False
    folder = config.path.parent.resolve()
    return any(folder.is_relative_to(Path(path).resolve()) for path in request.paths or (".",))
