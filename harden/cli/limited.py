"""What a run is told beside the manifests: what was measured, and what changed; and what it leaves out for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.adapters import files
from harden.adapters.walk import Discovery
from harden.cli.request import Request
from harden.errors import HardenError
from harden.model.change import Change
from harden.model.profile import Profile
from harden.model.report import FileReport, Problem, Report, Stage

if TYPE_CHECKING:
    from harden.usage import Usage

#: The control that asks for what was measured.
_SIZES = "resources"


def usage_of(request: Request) -> Usage | None:
    """Return what was measured, None where nobody says it; raises HardenError for what cannot be read."""
    if request.usage is None:
        return None
    from harden.usage import read_usage  # noqa: PLC0415 - only where it is asked for

    data = files.read(request.usage)
    if isinstance(data, Problem):
        raise HardenError(f"--usage: {request.usage}: {data.message}")
    return read_usage(data, request.usage)


def change_of(request: Request, found: Discovery) -> Change | None:
    """Return what changed, None where the run is not limited to that; raises HardenError where nobody can tell."""
    if not request.is_limited:
        return None
    from harden.cli.changes import changed  # noqa: PLC0415 - only where it is asked for

    return changed(request, found.files)


def touched(files: tuple[FileReport, ...], change: Change | None) -> tuple[FileReport, ...]:
    """Return the reports on what a change touched, all where there is none."""
    if change is None:
        return files
    from harden.engine import within  # noqa: PLC0415 - only where it is asked for

    return within.touched(files, change)


def limited(report: Report) -> Report:
    """Return a report on the change that a run is limited to, as it is where there is none."""
    if report.change is None:
        return report
    from harden.engine.within import within  # noqa: PLC0415 - only where it is asked for

    return within(report, report.change)


def left_out(request: Request, profile: Profile, usage: Usage | None) -> tuple[Problem, ...]:
    """Return notes on usage that no control asks for, and on companions that a run over a change does not make."""
    notes = []
    if usage is not None and not profile.controls[_SIZES].enabled:
        said = f"nothing asks for it: {_SIZES} is off in the profile {profile.name}"
        hint = "--profile hardened has it, and so can a profile of yours"
        notes.append(Problem(usage.name, Stage.NOTE, said, hint=hint))
    if request.is_limited and profile.with_companions and request.companions is None:
        said = "no companions are looked at: they are about all files, and not about a change"
        notes.append(Problem(".", Stage.NOTE, said, hint=f"harden {request.mode} --companions, without the change"))
    return tuple(notes)
