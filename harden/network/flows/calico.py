"""Reads a line of Calico's flow logs (docs.tigera.io, Flow log data types).

Names are those of pods, or with aggregation `NAME-*`; a `-` stands for nothing; times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from harden.model.plain import as_word, is_number
from harden.network.flows.model import Endpoint, Flow, Verdict
from harden.network.pods import is_port

_VERDICTS = {"allow": Verdict.ALLOWED, "deny": Verdict.DENIED}


def of_object(data: Mapping[str, object]) -> Flow | None:
    """Return the connection of a flow log."""
    verdict = _VERDICTS.get(as_word(data.get("action")).lower())
    port, protocol = data.get("dest_port"), data.get("proto")
    number = int(port) if isinstance(port, str) and is_number(port) else port
    if verdict is None or not is_port(number) or not isinstance(protocol, str):
        return None
    source, destination = _endpoint(data, "source"), _endpoint(data, "dest")
    if not destination.namespace or not destination.name:
        return None
    return Flow(source, destination, number, protocol.upper(), verdict, _time(data.get("start_time")))


def _endpoint(data: Mapping[str, object], side: str) -> Endpoint:
    def word(field: str) -> str:
        value = as_word(data.get(f"{side}_{field}"))
        return "" if value == "-" else value

    namespace = word("namespace")
    if not namespace or word("type") not in {"", "wep"}:
        return Endpoint("", "")
    return Endpoint(namespace, word("name") or word("name_aggr").removesuffix("*").removesuffix("-"))


def _time(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**11:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return as_word(value)
