"""What a person may decide about generated NetworkPolicies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from harden.model.record import Record
from harden.network.flows.model import Flows


class Egress(Enum):
    """How far pods may connect out; the values are those of the setting `egress`."""

    OPEN = "open"  # no egress policies
    KNOWN = "dns+known"  # DNS, the peers that the bundle shows, and the ports of hosts outside that it names
    INSIDE = "none"  # nothing outside: DNS, the peers in the bundle, the API server for those that use it


class Precision(Enum):
    """What closes a port, and whom it admits; the values are those of the setting `precision`."""

    DOUBT = "doubt"  # certain evidence closes, and whoever may be a client is admitted
    STRICT = "strict"  # certain evidence closes, and nobody else is admitted


class NetworkSettings(Record):
    """The settings of network policies; what is empty is unknown, and then nothing is cut for it.

    `denies` are namespaces whose unseen pods may be cut off too: default deny is written there whatever they may run.
    `ingress_from` and `scrape_from` are the namespaces of ingress controllers and of Prometheus. `nodes` and
    `api_server` are address ranges (CIDR). `isolates_silent` is False to leave alone workloads that nothing in the
    bundle connects to. `connects` are connections that somebody states, by client, `flows` those that a log shows: with
    a log, ports close that nobody was observed to connect to.
    """

    egress: Egress = Egress.OPEN
    denies: tuple[str, ...] = ()
    ingress_from: tuple[str, ...] = ()
    scrape_from: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    api_server: tuple[str, ...] = ()
    isolates_silent: bool = True
    precision: Precision = Precision.DOUBT
    connects: Mapping[str, tuple[str, ...]] = {}
    flows: Flows | None = None

    @property
    def is_strict(self) -> bool:
        """Return whether certain evidence alone admits."""
        return self.precision is Precision.STRICT


#: How the settings are named where a person is told of them.
PREFIX = "controls.network-policy"
