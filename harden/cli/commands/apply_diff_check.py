"""Does apply, diff and check: reads, hardens, writes and reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harden.cli.console.printing import Printer, add_to_job_summary, demand_writable, write_report
from harden.cli.request import Request, config_of, demand_sense, form_of, profile_of, trusted_config
from harden.cli.run.exit_code import named_by, status
from harden.cli.run.inputs import apart_from_results, found_by, inputs_of
from harden.cli.run.notes import broken, empty, unseen
from harden.cli.run.report import Aside, controls_run, report_on
from harden.engine.inputs import Input, Inputs
from harden.engine.telling import Telling
from harden.engine.watching import Nobody, Watch
from harden.model.profile import Profile
from harden.model.report import Audit, FileReport, Problem, Report
from harden.outputs import Detail, Format
from harden.settings import Config

if TYPE_CHECKING:
    from harden.baseline import Baseline
    from harden.cli.console.timings import Stopwatch
    from harden.engine.keeping import Keeping


def rewrite(request: Request) -> int:
    """Do what was asked and return the exit code; raises HardenError for wrong usage, profile or configuration."""
    stopwatch = _stopwatch() if request.timings else None
    watch: Watch = stopwatch or Nobody()
    watch.stage("settings")
    config = trusted_config(request) if request.gate else config_of(request.config)
    demand_sense(request)
    form = form_of(request, config)
    profile = profile_of(request, config)
    demand_writable(request.output, request.report_file, request.write_baseline)
    _demand_folder(request)
    baseline = _baseline(request, config)
    if request.gate:
        return _gate(request, config, profile, form, baseline)
    watch.stage("find files")
    found = apart_from_results(request, found_by(request, config, baseline=None if baseline is None else baseline.name))
    watch.stage("read files")
    inputs = Inputs(inputs_of(request, found))
    watch.stage("look around")
    if request.learn:
        _learn(inputs, request, config)
    telling, keeping = _telling(request, form, has_baseline=baseline is not None), _keeping(request, config)
    report = report_on(request, config, profile, found, inputs, Aside(telling, keeping, watch))
    wrong = tuple(broken(request, inputs))
    faulty = frozenset(problem.file for problem in wrong)
    overlooked = tuple(
        empty(inputs) if request.is_stream else unseen(request, config, found, report.files, inputs, faulty)
    )
    report = report._replace(problems=(*report.problems, *wrong, *overlooked))
    report = _compared(report, baseline, request, profile, found.files)
    report = _within_change(report)
    watch.stage("report")
    _hand_out(_audited(report, request, profile), form, request, _came(inputs, request))
    sys.stderr.write("".join(f"{line}\n" for line in _told(stopwatch, keeping)))
    code = status(report, named_by(request, found)) or int(
        request.strict and (bool(overlooked) or any(file.is_unseen for file in report.files))
    )
    return 0 if code == 1 and form.is_for_upload else code


def _stopwatch() -> Stopwatch:
    from harden.cli.console.timings import Stopwatch  # noqa: PLC0415 - only where it is asked for

    return Stopwatch()


def _demand_folder(request: Request) -> None:
    if request.output_dir is None:
        return
    from harden.cli.run.output_folder import demand_folder  # noqa: PLC0415 - only where it is asked for

    demand_folder(request, request.output_dir)


def _keeping(request: Request, config: Config) -> Keeping | None:
    if request.cache_dir is None and not os.environ.get("HARDEN_CACHE_DIR"):
        return None
    from harden.cli.run.cache import keeping_of  # noqa: PLC0415 - only where something is kept

    return keeping_of(request, config)


def _told(stopwatch: Stopwatch | None, keeping: Keeping | None) -> Iterator[str]:
    if stopwatch is not None:
        yield from stopwatch.told()
    if keeping is not None:
        yield from keeping.said(timings=stopwatch is not None)


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


def _within_change(report: Report) -> Report:
    """Return a report on the change that a run is limited to, as it is where there is none."""
    if report.change is None:
        return report
    from harden.engine.within import within  # noqa: PLC0415 - only where it is asked for

    return within(report, report.change)


def _audited(report: Report, request: Request, profile: Profile) -> Report:
    """Return a report with what --framework sorts it by, as it is where none is asked for."""
    if request.framework is None:
        return report
    return report._replace(audit=Audit(request.framework, tuple(sorted(controls_run(report, profile)))))


def _came(inputs: Inputs, request: Request) -> bytes | Problem:
    """Return what standard input brought."""
    return inputs[0][1] if request.is_stream else b""


def _gate(request: Request, config: Config, profile: Profile, form: Format, baseline: Baseline | None) -> int:
    from harden.cli.run.gate import gate  # noqa: PLC0415 - only where it is asked for

    report, names = gate(request, config, profile, form, baseline=None if baseline is None else baseline.name)
    report = _compared(report, baseline, request, profile, names)
    _hand_out(_audited(report, request, profile), form, request, b"")
    return status(report)


def _hand_out(report: Report, form: Format, request: Request, came: bytes | Problem) -> None:
    """Write the report; `came` is what standard input brought."""
    if form.is_for_platforms:
        from harden.adapters.repository import standpoint  # noqa: PLC0415 - only where it is asked for

        report = report._replace(stands=standpoint())
    if form is Format.GITHUB:
        add_to_job_summary(report)
    write_report(request.report_file, report)
    _print(report, form, request, came)


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
