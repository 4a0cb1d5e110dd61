"""Knows the programs whose clients live in every namespace and name them in no file that comes with them.

Each is told by the last steps of its image's name. The sources are the manuals of the programs, a row each.
"""

from __future__ import annotations

import re

from harden.kube.containers import untagged
from harden.network.pods import Pods

#: (last steps of the image's name, what it is to the cluster, source).
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("pilot|istiod", "Istio's control plane, for the proxies of every namespace", "istio.io, Ports used by Istio"),
    ("ztunnel", "Istio's tunnel on each node", "istio.io, Ambient, Ztunnel"),
    (
        "linkerd2?/controller|policy-controller|proxy-injector|linkerd-.+",
        "Linkerd's control plane, for the proxies of every namespace",
        "linkerd.io, Architecture",
    ),
    (
        "consul|consul-dataplane|consul-k8s.*",
        "Consul, for the agents of every namespace",
        "developer.hashicorp.com/consul, Ports",
    ),
    (
        "vault|vault-k8s|openbao",
        "a store of secrets for the whole cluster",
        "developer.hashicorp.com/vault, Kubernetes",
    ),
    (
        "dapr(?:io)?/(?:dapr|placement|sentry|operator|injector|scheduler)",
        "Dapr's control plane, for the sidecars of every namespace",
        "docs.dapr.io, Kubernetes overview",
    ),
    (
        "serving/cmd/(?:activator|autoscaler)|activator|broker/(?:ingress|filter)|mtbroker/(?:ingress|filter)|broker_ingress",
        "Knative, which forwards for every namespace",
        "knative.dev, Serving architecture; Broker",
    ),
    (
        "in_memory/channel_dispatcher|channel_dispatcher|kafka-broker-(?:receiver|dispatcher)",
        "Knative's channels, for every namespace",
        "knative.dev, Channels",
    ),
    (
        "all-in-one|jaeger|jaeger-(?:collector|agent|query)|zipkin|tempo",
        "traces of the whole cluster",
        "jaegertracing.io, Deployment; grafana.com/docs/tempo",
    ),
    (
        "opentelemetry-collector.*|otelcol.*|otel-collector|alloy|grafana/agent",
        "telemetry of the whole cluster",
        "opentelemetry.io, Collector, Deployment",
    ),
    (
        "loki|fluentd.*|fluent-bit|logstash|vector",
        "logs of the whole cluster",
        "grafana.com/docs/loki; docs.fluentd.org, in_forward",
    ),
    (
        "pushgateway|statsd-exporter|mimir|cortex|victoria-metrics",
        "metrics of the whole cluster",
        "prometheus.io, Pushgateway",
    ),
    (
        "coredns|k8s-dns-.*|metrics-server",
        "the cluster's own names and metrics",
        "kubernetes.io, DNS for Services and Pods",
    ),
    ("spire-server|spire-agent", "identities of the whole cluster", "spiffe.io, SPIRE on Kubernetes"),
)
_PATTERNS = tuple((re.compile(rf"(?:^|.*/)(?:{pattern})"), what) for pattern, what, _ in _TABLE)


def serves_cluster(pods: Pods) -> str | None:
    """Return what these pods are to the whole cluster, or None where no image of theirs is known for that."""
    if pods.member is None:
        return None
    for container in pods.member.workload.containers:
        image = container.data.get("image")
        name = untagged(image) if isinstance(image, str) and container.field == "containers" else ""
        for pattern, what in _PATTERNS if name else ():
            if pattern.fullmatch(name):
                return what
    return None
