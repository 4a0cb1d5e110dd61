"""Reads a line of CSV: source namespace and workload, destination namespace and workload, port.

A first line may name the columns, in any order; protocol, verdict and time may be among them.
"""

from __future__ import annotations

import csv

from harden.model.plain import is_number
from harden.network.flows.model import Endpoint, Flow, Verdict

DEFAULT = (
    "source_namespace", "source_workload", "destination_namespace", "destination_workload", "port", "protocol",
    "verdict", "time",
)  # fmt: skip
_ALIASES = {"dest": "destination", "dst": "destination", "src": "source"}
_DENIED = frozenset({"denied", "deny", "drop", "dropped", "blocked"})


def columns(line: str) -> tuple[str, ...] | None:
    """Return the columns that a first line names, or None where it is no header."""
    names = tuple(_column(word) for word in _cells(line))
    return names if {*DEFAULT[:5]} <= {*names} else None


def of_line(line: str, named: tuple[str, ...]) -> Flow | None:
    """Return the connection of a line whose columns are `named`."""
    cells = dict(zip(named, _cells(line), strict=False))
    port = cells.get("port", "")
    if not is_number(port) or not 0 < int(port) < 65536 or not cells.get("destination_workload"):
        return None
    return Flow(
        Endpoint(cells["source_namespace"], cells["source_workload"]),
        Endpoint(cells["destination_namespace"], cells["destination_workload"]),
        int(port),
        cells.get("protocol", "").upper() or "TCP",
        Verdict.DENIED if cells.get("verdict", "").lower() in _DENIED else Verdict.ALLOWED,
        cells.get("time", ""),
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line]), [])]


def _column(word: str) -> str:
    first, _, rest = word.lower().replace(" ", "_").partition("_")
    return f"{_ALIASES.get(first, first)}_{rest}" if rest else first
