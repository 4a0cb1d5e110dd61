"""Says what an observed connection is, whatever log it comes from."""

from __future__ import annotations

from enum import Enum

from harden.model.record import Record


class Verdict(Enum):
    """What became of a connection."""

    ALLOWED = "allowed"
    DENIED = "denied"


class Endpoint(Record):
    """One end of a connection; `name` is of a workload or pod, "" where the log names none.

    `namespace` is "" for what is no pod: a node, or an address outside of the cluster.
    """

    namespace: str
    name: str


class Flow(Record):
    """A connection that a log shows; `port` is that of the destination's pod, or of the Service where `service` is set.

    `time` is as the log writes it, "" where it does not.
    """

    source: Endpoint
    destination: Endpoint
    port: int
    protocol: str
    verdict: Verdict
    time: str = ""
    service: str = ""


class Flows(Record):
    """All that a log shows; `unread` counts its lines that are no connection with both ends."""

    name: str
    flows: tuple[Flow, ...]
    unread: int

    @property
    def window(self) -> str:
        """Return when the connections were observed, for people; "" where the log names no time."""
        times = sorted(flow.time for flow in self.flows if flow.time)
        return f"{times[0]} to {times[-1]}" if times else ""
