"""Reads what was measured and observed of running workloads, as --usage and --flows name it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harden.adapters import files
from harden.cli.request import Request
from harden.cli.run.inputs import bytes_of
from harden.errors import HardenError
from harden.model.report import Problem

if TYPE_CHECKING:
    from harden.network.flows.model import Flows
    from harden.usage import Usage

_FLOW_COLUMNS = "source namespace, source workload, destination namespace, destination workload, port"


def usage_of(name: str) -> Usage:
    """Return what was measured, from the file that --usage names; raises HardenError for what cannot be read."""
    from harden.usage import read_usage  # noqa: PLC0415 - only where it is asked for

    data = files.read(name)
    if isinstance(data, Problem):
        raise HardenError(f"--usage: {name}: {data.message}")
    return read_usage(data, name)


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
