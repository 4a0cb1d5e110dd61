"""Reads a line of Hubble's flow export (docs.cilium.io, Configuring Hubble exporter; api/v1/flow/flow.proto)."""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.kube import dig
from harden.model.plain import as_list, as_word
from harden.network.flows.model import Endpoint, Flow, Verdict
from harden.network.pods import is_port

_VERDICTS = {"FORWARDED": Verdict.ALLOWED, "REDIRECTED": Verdict.ALLOWED, "DROPPED": Verdict.DENIED}


def of_object(data: Mapping[str, object]) -> Flow | None:
    """Return the connection of a flow; replies show who answers, and are none."""
    inner = data.get("flow")
    flow = inner if isinstance(inner, Mapping) else data
    verdict = _VERDICTS.get(as_word(flow.get("verdict")))
    if verdict is None or flow.get("is_reply") is True or flow.get("reply") is True:
        return None
    if "reserved:host" in as_list(dig(flow, "source", "labels")):
        # The pod's own node: the kubelet's probes, which no policy stops.
        return None
    for protocol in ("TCP", "UDP", "SCTP"):
        port = dig(flow, "l4", protocol, "destination_port")
        if is_port(port):
            ends = (_endpoint(flow.get("source")), _endpoint(flow.get("destination")))
            if not ends[1].name:
                return None
            return Flow(*ends, port, protocol, verdict, as_word(flow.get("time")) or as_word(data.get("time")))
    return None


def _endpoint(data: object) -> Endpoint:
    names = [as_word(dig(entry, "name")) for entry in as_list(dig(data, "workloads"))]
    name = next((name for name in names if name), as_word(dig(data, "pod_name")))
    return Endpoint(as_word(dig(data, "namespace")), name)
