"""Writes the hardened files into a folder of its own, as --output-dir asks."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from harden.adapters.mirror import demand_new, mirror
from harden.cli.console.streams import UnwrittenError
from harden.cli.request import Request
from harden.errors import HardenError
from harden.model.report import FileReport, Mode
from harden.outputs.summary import number


def demand_folder(request: Request, target: str) -> None:
    """Raise HardenError where --output-dir makes no sense, or its folder cannot take the files."""
    if request.mode != Mode.APPLY.value or request.is_stream:
        raise HardenError("--output-dir: only apply on files writes some: harden apply --output-dir DIR [PATH]")
    demand_new(target, request.paths or (".",))


def write_elsewhere(reports: Sequence[FileReport], request: Request, target: str) -> None:
    """Write the files into another folder, and say how many those are; raises UnwrittenError."""
    try:
        done = mirror(target, reports, request.paths or (".",))
    except OSError as error:
        raise UnwrittenError(f"{target}: cannot be written: {error.strerror or error}; nothing is there") from error
    changed = sum(report.changed for report in reports)
    if not request.quiet:
        sys.stderr.write(f"harden: {target}: {number(done.files, 'file')}, {changed} hardened\n")
    for link in done.left_out:
        sys.stderr.write(f"harden: {link}: a link that leads out of what was read: not copied\n")
