"""What a run is told beside the manifests: what was measured, observed and changed; and what it leaves out for that."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harden.adapters import files
from harden.adapters.walk import Discovery
from harden.cli.request import Request
from harden.errors import HardenError
from harden.model.profile import Profile
from harden.model.report import FileReport, Problem, Report, Stage

if TYPE_CHECKING:
    from harden.model.change import Change
    from harden.network.flows.model import Flows
    from harden.usage import Usage

#: The control that asks for what was measured.
_SIZES = "resources"
_FLOW_COLUMNS = "source namespace, source workload, destination namespace, destination workload, port"


def usage_of(request: Request) -> Usage | None:
    """Return what was measured, None where nobody says it; raises HardenError for what cannot be read."""
    if request.usage is None:
        return None
    from harden.usage import read_usage  # noqa: PLC0415 - only where it is asked for

    data = files.read(request.usage)
    if isinstance(data, Problem):
        raise HardenError(f"--usage: {request.usage}: {data.message}")
    return read_usage(data, request.usage)


def bytes_of(option: str, name: str) -> bytes:
    """Return what is in the file that an option names, - for standard input; raises HardenError."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise HardenError(f"{option}: {name}: cannot be read: {error.strerror or error}") from error


def flows_of(request: Request) -> Flows | None:
    """Return the connections of the log that --flows names, None where it does not; raises HardenError."""
    if request.flows is None:
        return None
    from harden.network.flows.read import read_flows  # noqa: PLC0415 - only where it is asked for

    if request.flows == "-" and request.is_stream:
        raise HardenError("--flows: standard input has the manifests: name a file")
    found = read_flows(bytes_of("--flows", request.flows).decode("utf-8", "replace"), request.flows)
    if not found.flows:
        # Whoever is not observed is shut out: a log that cannot be read would close every port.
        said = f"--flows: {request.flows}: no line is a connection with both ends"
        raise HardenError(f"{said}: known are logs of Hubble, Calico and Envoy, and CSV with {_FLOW_COLUMNS}")
    if found.unread:
        lines = "1 line is" if found.unread == 1 else f"{found.unread} lines are"
        sys.stderr.write(f"harden: --flows: {request.flows}: {lines} no connection with both ends, and passed over\n")
    return found


def change_of(request: Request, found: Discovery) -> Change | None:
    """Return what changed, None where the run is not limited to that; raises HardenError where nobody can tell."""
    if not request.is_limited:
        return None
    from harden.cli.run.change import changed  # noqa: PLC0415 - only where it is asked for

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
