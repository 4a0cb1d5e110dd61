"""A run of apply, diff or check: read, harden, write and report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harden.adapters.signatures import signed
from harden.adapters.walk import Discovery
from harden.cli.audits import audited
from harden.cli.console.printing import Printer, demand_no_input, demand_writable, write_report
from harden.cli.console.timings import WATCH
from harden.cli.platforms import of_platform
from harden.cli.request import (
    Request,
    config_of,
    demand_sense,
    form_of,
    profile_of,
    trusted_config,
    wants_companions,
)
from harden.cli.run.exit_code import named_by, status
from harden.cli.run.inputs import broken, empty, found_by, inputs_of, kustomizations_of
from harden.cli.run.known_images import count_images, images_of_run
from harden.cli.run.notes import unseen
from harden.cli.run.observations import change_of, left_out, limited, touched, usage_of
from harden.cli.run.output_folder import demand_folder, reports_of
from harden.engine.check import Checker
from harden.engine.exempt import RunExemptions
from harden.engine.run import Input, harden
from harden.engine.telling import Telling
from harden.errors import HardenError
from harden.images.by_file import Lookup
from harden.kube.namespaces import FALLBACK, Namespaces
from harden.model.profile import Profile
from harden.model.record import Record
from harden.model.report import Exempted, FileReport, Mode, Problem, Report
from harden.outputs import Detail, Format
from harden.settings import Config

if TYPE_CHECKING:
    from harden.baseline import Baseline
    from harden.engine.asking import Asking
    from harden.engine.keeping import Keeping
    from harden.generated import GeneratedObjects


class _Aside(Record):
    """What reports tell beside findings, and what keeps them for the next run."""

    telling: Telling
    keeping: Keeping | None = None


def rewrite(request: Request) -> int:
    """Do what was asked and return the exit code; raises HardenError for wrong usage, profile or configuration."""
    WATCH.start(wanted=request.timings)
    WATCH.stage("settings")
    config = trusted_config(request) if request.gate else config_of(request.config)
    demand_sense(request)
    form = form_of(request, config)
    profile = profile_of(request, config)
    demand_writable(request.output, request.report_file, request.write_baseline)
    demand_folder(request)
    baseline = _baseline(request, config)
    if request.gate:
        return _gate(request, config, profile, form, baseline)
    WATCH.stage("find files")
    found = found_by(request, config, baseline=None if baseline is None else baseline.name)
    demand_no_input(found.files, request.output, request.report_file)
    WATCH.stage("read files")
    inputs = list(inputs_of(request, found))
    WATCH.stage("look around")
    if request.learn:
        _learn(inputs, request, config)
    telling, keeping = _telling(request, form, has_baseline=baseline is not None), _keeping(request, config)
    report = _report_on(request, config, profile, found, inputs, _Aside(telling, keeping))
    wrong = tuple(broken(request, inputs))
    faulty = frozenset(problem.file for problem in wrong)
    overlooked = tuple(
        empty(inputs) if request.is_stream else unseen(request, config, found, report.files, inputs, faulty)
    )
    report = report._replace(problems=(*report.problems, *wrong, *overlooked))
    report = _compared(report, baseline, request, profile, found.files)
    report = limited(report)
    WATCH.stage("report")
    _hand_out(audited(report, request, profile), form, request, _came(inputs, request))
    sys.stderr.write("".join(f"{line}\n" for line in _told(keeping, request)))
    code = status(report, named_by(request, found)) or int(
        request.strict and (bool(overlooked) or any(file.is_unseen for file in report.files))
    )
    return 0 if code == 1 and form.is_for_upload else code


def _keeping(request: Request, config: Config) -> Keeping | None:
    if request.cache_dir is None and not os.environ.get("HARDEN_CACHE_DIR"):
        return None
    from harden.cli.run.cache import keeping_of  # noqa: PLC0415 - only where something is kept

    return keeping_of(request, config)


def _told(keeping: Keeping | None, request: Request) -> Iterator[str]:
    yield from WATCH.told()
    if keeping is not None:
        yield from keeping.said(timings=request.timings)


def _baseline(request: Request, config: Config) -> Baseline | None:
    if request.baseline is None and request.write_baseline is None and config.baseline is None:
        return None
    from harden.cli.run.baseline import baseline_of  # noqa: PLC0415 - only where there is one

    return baseline_of(request, config)


def _compared(
    report: Report, baseline: Baseline | None, request: Request, profile: Profile, names: Sequence[str]
) -> Report:
    if baseline is None:
        return report
    from harden.cli.run.baseline import compared  # noqa: PLC0415 - only where there is one

    return compared(report, baseline, request, profile, names)


def _came(inputs: list[Input], request: Request) -> bytes | Problem:
    """Return what standard input brought; the bytes of files go, because reports hold their texts."""
    came = inputs[0][1] if request.is_stream else b""
    inputs.clear()
    return came


def _gate(request: Request, config: Config, profile: Profile, form: Format, baseline: Baseline | None) -> int:
    from harden.cli.commands.gate import gate  # noqa: PLC0415 - only where it is asked for

    report, names = gate(request, config, profile, form, baseline=None if baseline is None else baseline.name)
    report = _compared(report, baseline, request, profile, names)
    _hand_out(audited(report, request, profile), form, request, b"")
    return status(report)


def _hand_out(report: Report, form: Format, request: Request, came: bytes | Problem) -> None:
    """Write the report; `came` is what standard input brought."""
    if form.is_for_platforms:
        from harden.adapters.repository import standpoint  # noqa: PLC0415 - only where it is asked for

        report = report._replace(stands=standpoint())
    if form is Format.GITHUB:
        from harden.cli.job_summary import add_to_summary  # noqa: PLC0415 - only where it is asked for

        add_to_summary(report)
    write_report(request.report_file, report)
    _print(report, form, request, came)


def _said(found: Discovery, config: Config, profile: Profile) -> tuple[Problem, ...]:
    """Return what there is to say before a file is looked at."""
    return (*found.problems, *config.notes, *profile.notes)


def report_on_parts(request: Request, config: Config, profile: Profile, inputs: Sequence[Input]) -> Report:
    """Return what a run over inputs comes to that come from no walk; --report-file alone makes a report of it."""
    found = Discovery(tuple(name for name, _ in inputs), (), ())
    telling = Telling(starts=request.report_file is not None)
    return _report_on(request, config, profile, found, inputs, _Aside(telling))


def _report_on(  # noqa: PLR0913, PLR0917 - each stands for itself
    request: Request, config: Config, profile: Profile, found: Discovery, inputs: Sequence[Input], aside: _Aside
) -> Report:
    """Return what a run comes to; `apply` has written the files by then."""
    change, usage = change_of(request, found), usage_of(request)
    kustomizations = kustomizations_of(request, inputs)
    images = images_of_run(request, config, kustomizations)
    exempting = _exempting(request, config, profile)
    emitter = _company(request, config, profile, images, found.files, exempting=exempting)
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
    reports = reports_of(inputs, profile, request, hardening)
    beside = (*of_platform(profile, reports), *(() if emitter is None else emitter.beside.problems))
    return Report(
        profile=profile.name,
        level=profile.level.value,
        version=profile.version_word,
        risk=profile.risk.word,
        mode=request.mode,
        files=reports,
        left_out=found.left_out,
        problems=(*_said(found, config, profile), *left_out(request, profile, usage), *beside, *images.notes()),
        beside=None if emitter is None else emitter.beside,
        images=count_images(touched(reports, change), config, images) if request.mode == Mode.CHECK.value else None,
        change=change,
        exemptions=_account(exempting, request, config, profile, () if emitter is None else emitter.active),
    )


def _telling(request: Request, form: Format, *, has_baseline: bool) -> Telling:
    """Return what reports tell: findings are known again by a baseline, and by who shows them over many runs."""
    starts = request.report_file is not None or form is Format.JSON
    return Telling(starts, has_baseline or form.is_for_platforms, form.shows_fixes)


def _learn(inputs: Sequence[Input], request: Request, config: Config) -> None:
    """Learn the images of the manifests of which too little is known, from their registries; say what came of it."""
    from harden.cli.commands.images.learn_from_manifests import learn_unknown, tell  # noqa: PLC0415 - only where it is asked for
    from harden.images.registry import demand_client  # noqa: PLC0415 - slow to import, and an extra

    demand_client()
    tell(learn_unknown(inputs, request, config), sys.stderr.write)


def _exempting(request: Request, config: Config, profile: Profile) -> RunExemptions:
    today, asking = time.strftime("%Y-%m-%d"), _asking(request, config, profile) if request.interactive else None
    return RunExemptions(today=today, config=config.exemptions, strict=request.strict, asking=asking)


def _asking(request: Request, config: Config, profile: Profile) -> Asking:
    from harden.cli.console.interactive import asking_of  # noqa: PLC0415 - only where somebody is to be asked

    return asking_of(request, form_of(request, config), companions=wants_companions(request, profile))


def _company(  # noqa: PLR0913 - each stands for itself
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


def _print(report: Report, form: Format, request: Request, came: bytes | Problem) -> None:
    printer = Printer(request.output, request.quiet, request.shown_color, request.statistics, request.show_secrets)
    if request.mode == "apply" and request.is_stream:
        printer.data(_stream_out(report.files[0], came))
        printer.messages(report, Detail.ALL)
        return
    printer.result(report, form)
    match form:
        case Format.TEXT:
            return
        case Format.DIFF:
            printer.messages(report, Detail.SUMMARY)
        case _:
            printer.messages(report, Detail.ERRORS)


def _stream_out(file: FileReport, read: bytes | Problem) -> bytes:
    """Return what goes to standard output for standard input: the very bytes that came, where nothing changes."""
    if file.changed and file.before is not None and file.after is not None:
        return file.before.encode(file.after)
    return read if isinstance(read, bytes) else b""
