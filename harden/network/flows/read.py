"""Reads a log of connections, whose format its first line that is one shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from harden.network.flows import calico, envoy, hubble, table
from harden.network.flows.model import Flow, Flows


def read_flows(text: str, name: str) -> Flows:
    """Return the connections that a log shows, each once; `name` is its file's, or "-".

    Each line is a JSON object of Hubble, Calico or Envoy, an access log of Envoy as text, or a line of CSV. What is
    none of them, is a reply, or names an end that cannot be told, is counted and passed over.
    """
    found: dict[Flow, None] = {}
    unread = 0
    columns: tuple[str, ...] = table.DEFAULT
    for number, line in enumerate(text.splitlines()):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if number == 0 and (header := table.columns(line)) is not None:
            columns = header
            continue
        flow = _flow(line, columns)
        if flow is None:
            unread += 1
        else:
            found.setdefault(flow)
    return Flows(name, tuple(found), unread)


def _flow(line: str, columns: tuple[str, ...]) -> Flow | None:
    if line.lstrip().startswith("{"):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            # A log that is cut off in the middle of a line.
            return None
        return next(_of_object(data), None) if isinstance(data, Mapping) else None
    return envoy.of_text(line) or table.of_line(line, columns)


def _of_object(data: Mapping[str, object]) -> Iterator[Flow]:
    readers: tuple[Callable[[Mapping[str, object]], Flow | None], ...] = (
        hubble.of_object,
        calico.of_object,
        envoy.of_object,
    )
    for read in readers:
        flow = read(data)
        if flow is not None:
            yield flow
