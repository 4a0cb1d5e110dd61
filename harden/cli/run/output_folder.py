"""Runs the engine, and writes what comes of it: over the files themselves, or into a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from harden.adapters import results
from harden.cli.console.streams import UnwrittenError
from harden.cli.console.timings import WATCH, Both
from harden.cli.request import Request, jobs_of
from harden.engine.run import Input
from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.report import FileReport, Mode
from harden.outputs.summary import number

if TYPE_CHECKING:
    from harden.cli.console.progress import Progress


def reports_of(
    inputs: Sequence[Input], profile: Profile, request: Request, hardening: Callable[..., Iterator[FileReport]]
) -> tuple[FileReport, ...]:
    """Return the report of each input; `apply` writes the changed files."""
    has_bar = sys.stderr.isatty() and not (request.quiet or request.interactive)
    progress = _progress(len(inputs)) if has_bar else None
    watch = WATCH if progress is None else Both((WATCH, progress))
    writes = request.mode == Mode.APPLY.value and not request.is_stream
    mode = Mode(request.mode)
    try:
        reports = tuple(hardening(inputs, profile, mode, watch=watch, jobs=jobs_of(request)))
    finally:
        if progress is not None:
            progress.close()
    WATCH.stage("write")
    if request.output_dir is not None:
        return _elsewhere(reports, request, request.output_dir)
    return results.write_all(reports) if writes else reports


def demand_folder(request: Request) -> None:
    """Raise HardenError where --output-dir makes no sense, or its folder cannot take the files."""
    if request.output_dir is None:
        return
    if request.mode != Mode.APPLY.value or request.is_stream:
        raise HardenError("--output-dir: only apply on files writes some: harden apply --output-dir DIR [PATH]")
    from harden.adapters.mirror import demand_new  # noqa: PLC0415 - only where it is asked for

    demand_new(request.output_dir, request.paths or (".",))


def _elsewhere(reports: tuple[FileReport, ...], request: Request, target: str) -> tuple[FileReport, ...]:
    """Write the files into another folder, and say how many those are."""
    from harden.adapters.mirror import mirror  # noqa: PLC0415 - only where it is asked for

    try:
        done = mirror(target, reports, request.paths or (".",))
    except OSError as error:
        raise UnwrittenError(f"{target}: cannot be written: {error.strerror or error}; nothing is there") from error
    changed = sum(report.changed for report in reports)
    if not request.quiet:
        sys.stderr.write(f"harden: {target}: {number(done.files, 'file')}, {changed} hardened\n")
    for link in done.left_out:
        sys.stderr.write(f"harden: {link}: a link that leads out of what was read: not copied\n")
    return reports


def _progress(total: int) -> Progress:
    from harden.cli.console.progress import Progress  # noqa: PLC0415 - only terminals need it

    return Progress(total)
