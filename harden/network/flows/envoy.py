"""Reads a line of an access log of Envoy, as Istio writes them: what a sidecar let out of its pod.

Sources: istio.io, Envoy Access Logs (the default text, and fields of JSON); envoyproxy.io, Access logging. The log of
an outbound connection names the Service that it went to, not the pod that opened it: that is told by what the log's
collector adds (`kubernetes.namespace_name` and `pod_name` of Fluent Bit), or by Istio's `source_workload`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harden.model.kube import dig
from harden.model.plain import as_word
from harden.network.flows.model import Endpoint, Flow, Verdict

_CLUSTER = re.compile(r"outbound(?:_\.\d+_\.[^|\s]*)?\|(\d{1,5})\|[^|\s]*\|([a-z0-9.-]+)")
_TIME = re.compile(r"\[(\d{4}-\d\d-\d\dT[0-9:.]+Z?)\]")
#: What has to stand before each line, so that it says whose log it is: `NAMESPACE/POD `.
_PREFIX = re.compile(r"^(?:([a-z0-9-]+)/([a-z0-9.-]+)\s)")


def of_object(data: Mapping[str, object]) -> Flow | None:
    """Return the connection of an access log in JSON."""
    cluster = _CLUSTER.search(as_word(data.get("upstream_cluster")))
    pod, home = as_word(dig(data, "kubernetes", "pod_name")), as_word(dig(data, "kubernetes", "namespace_name"))
    source = Endpoint(
        as_word(data.get("source_workload_namespace")) or home, as_word(data.get("source_workload")) or pod
    )
    return None if cluster is None else _flow(cluster, source, as_word(data.get("start_time")))


def of_text(line: str) -> Flow | None:
    """Return the connection of an access log as text, with `NAMESPACE/POD` before it."""
    cluster, prefix = _CLUSTER.search(line), _PREFIX.match(line)
    if cluster is None or prefix is None:
        return None
    time = _TIME.search(line)
    return _flow(cluster, Endpoint(prefix[1], prefix[2]), "" if time is None else time[1])


def _flow(cluster: re.Match[str], source: Endpoint, time: str) -> Flow | None:
    steps = cluster[2].split(".")
    if not source.namespace or not source.name or "svc" not in steps[2:3]:
        return None
    return Flow(source, Endpoint(steps[1], ""), int(cluster[1]), "TCP", Verdict.ALLOWED, time, service=steps[0])
