"""Reads the annotations by which programs that collect measurements are told to ask a pod, and on which ports.

Sources: prometheus.io, the annotations of its example configuration for Kubernetes; grafana.com, Kubernetes Monitoring,
Annotation Autodiscovery; docs.newrelic.com, Prometheus agent; docs.dynatrace.com, Prometheus metrics in Kubernetes;
docs.datadoghq.com, Kubernetes and Integrations (Autodiscovery); elastic.co, Hints annotations based autodiscover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.model.plain import as_word, is_number
from harden.model.record import Record
from harden.network.pods import is_port

#: Annotations that ask for it with "true", with those that name the port: by number, or by name.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "prometheus.io/scrape": ("prometheus.io/port",),
    "k8s.grafana.com/scrape": ("k8s.grafana.com/metrics.portNumber", "k8s.grafana.com/metrics.portName"),
    "newrelic.io/scrape": ("newrelic.io/port", "prometheus.io/port"),
    "metrics.dynatrace.com/scrape": ("metrics.dynatrace.com/port",),
}
#: Annotations whose value says where to ask: at an address of the pod, and perhaps on a port.
_TOLD = re.compile(
    r"ad\.datadoghq\.com/.+\.(?:checks|check_names|instances)"
    r"|co\.elastic\.(?:hints/(?:package|host)|metrics/(?:module|hosts))(?:\..+)?"
)
_PORT = re.compile(r":(\d{1,5})(?!\d)")


class Scraped(Record):
    """What one annotation asks for; `port` is a number, the name of a port, or None for every declared one."""

    annotation: str
    port: int | str | None


def asked(annotations: Mapping[str, object]) -> Iterator[Scraped]:
    """Yield who is told to ask the pods that have these annotations, in the order of the manifest."""
    for key, value in annotations.items():
        if key in _ASKED and value in ("true", True):
            stated = next((annotations[each] for each in _ASKED[key] if annotations.get(each) is not None), None)
            yield Scraped(key, _as_port(stated))
        elif isinstance(key, str) and key.startswith(("ad.", "co.")) and _TOLD.fullmatch(key) is not None:
            ports = [int(each) for each in _PORT.findall(as_word(value)) if is_port(int(each))]
            yield from (Scraped(key, port) for port in dict.fromkeys(ports) or (None,))


def _as_port(value: object) -> int | str | None:
    if isinstance(value, str) and is_number(value):
        value = int(value)
    return value if is_port(value) else as_word(value) or None
