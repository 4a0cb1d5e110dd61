"""The signs that a namespace runs pods or containers which no manifest of a bundle shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harden.model.kube import Resource, Workload, dig
from harden.model.record import Record
from harden.model.text import Path

#: Custom kinds of which nobody makes pods; an empty set stands for all kinds of the group. Whatever is not here counts
#: as a sign: an operator may turn it into pods (Prometheus, Kafka, Rollout, HelmRelease, Gateway ...). Sources: each
#: product's reference of its custom resources.
HARMLESS: Mapping[str, frozenset[str]] = {
    "apisix.apache.org": frozenset(),
    "appprotect.f5.com": frozenset(),
    "azmonitoring.coreos.com": frozenset(),
    "bitnami.com": frozenset(),
    "cert-manager.io": frozenset(),
    "cilium.io": frozenset(),
    "cloud.google.com": frozenset({"BackendConfig"}),
    "configuration.konghq.com": frozenset(),
    "crd.projectcalico.org": frozenset(),
    "elbv2.k8s.aws": frozenset(),
    "external-secrets.io": frozenset(),
    "extensions.istio.io": frozenset(),
    "gateway.envoyproxy.io": frozenset(
        {
            "Backend", "BackendTrafficPolicy", "ClientTrafficPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy",
            "HTTPRouteFilter", "SecurityPolicy",
        }
    ),
    "gateway.networking.k8s.io": frozenset(
        {"BackendTLSPolicy", "GatewayClass", "GRPCRoute", "HTTPRoute", "ReferenceGrant", "TCPRoute", "TLSRoute",
         "UDPRoute"}
    ),
    "gateway.solo.io": frozenset(),
    "getambassador.io": frozenset(),
    "gloo.solo.io": frozenset(),
    "grafana.integreatly.org": frozenset({"GrafanaAlertRuleGroup", "GrafanaDashboard", "GrafanaFolder"}),
    "k8s.nginx.org": frozenset(),
    "keda.sh": frozenset({"ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication"}),
    "kyverno.io": frozenset(),
    "monitoring.coreos.com": frozenset(
        {"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"}
    ),
    "monitoring.googleapis.com": frozenset(
        {"ClusterNodeMonitoring", "ClusterPodMonitoring", "ClusterRules", "GlobalRules", "PodMonitoring", "Rules"}
    ),
    "multicluster.x-k8s.io": frozenset(),
    "networking.gke.io": frozenset({"FrontendConfig", "ManagedCertificate"}),
    "networking.istio.io": frozenset(),
    "operator.victoriametrics.com": frozenset(
        {
            "VMAlertmanagerConfig", "VMNodeScrape", "VMPodScrape", "VMProbe", "VMRule", "VMScrapeConfig",
            "VMServiceScrape", "VMStaticScrape", "VMUser",
        }
    ),
    "policy.linkerd.io": frozenset(),
    "projectcalico.org": frozenset(),
    "projectcontour.io": frozenset({"ExtensionService", "HTTPProxy", "TLSCertificateDelegation"}),
    "secrets-store.csi.x-k8s.io": frozenset(),
    "security.istio.io": frozenset(),
    "telemetry.istio.io": frozenset(),
    "traefik.containo.us": frozenset(),
    "traefik.io": frozenset(),
}  # fmt: skip

#: Labels and annotations, of a namespace or a pod, that make a webhook add containers to pods (each product's manual).
INJECTORS = (
    "appmesh.k8s.aws/sidecarInjectorWebhook",
    "consul.hashicorp.com/connect-inject",
    "dapr.io/enabled",
    "gke-gcsfuse/volumes",
    "instrumentation.opentelemetry.io/inject-",
    "istio-injection",
    "istio.io/rev",
    "kuma.io/sidecar-injection",
    "linkerd.io/inject",
    "openservicemesh.io/sidecar-injection",
    "sidecar.istio.io/inject",
    "sidecar.jaegertracing.io/inject",
    "sidecar.opentelemetry.io/inject",
    "vault.hashicorp.com/agent-inject",
)
#: Those that a name follows in the key.
_PREFIXES = tuple(injector for injector in INJECTORS if injector.endswith(("-", "/")))
_OFF = frozenset({"", "0", "disabled", "false", "n", "no", "off"})


class Sign(Record):
    """One place in the bundle that says so; `path` starts at the document's root, `what` reads on after the object."""

    resource: Resource
    path: Path
    what: str


def is_custom(api_version: str) -> bool:
    """Return whether an API version is of a custom resource: a group with a dot that is not Kubernetes' own.

    Groups without a dot are Kubernetes' own, or of files for tools; `*.k8s.io` is its own but for the Gateway API.
    """
    group, slash, _ = api_version.rpartition("/")
    own = group.endswith(".k8s.io") and group != "gateway.networking.k8s.io"
    return bool(slash) and "." in group and not own


def signs(objects: Iterable[Resource], workloads: Iterable[tuple[Resource, Workload]]) -> tuple[Sign, ...]:
    """Return the signs in one namespace: its `objects` (its own Namespace object among them) and its `workloads`."""
    found: list[Sign] = []
    for each in objects:
        group = each.api_version.rpartition("/")[0]
        harmless = HARMLESS.get(group)
        if is_custom(each.api_version) and (harmless is None or (harmless and each.kind not in harmless)):
            found.append(Sign(each, each.path, "is a custom resource: an operator may make pods of it"))
        elif each.is_namespace:
            found.extend(_injections(each, (*each.path, "metadata"), each.data.get("metadata")))
    for resource, workload in workloads:
        found.extend(_injections(resource, (*workload.template, "metadata"), workload.metadata))
    return tuple(found)


def added(workload: Workload) -> Iterator[tuple[str, Path]]:
    """Yield each label and annotation of a pod that makes a webhook add containers to it, with its path."""
    yield from _injecting((*workload.template, "metadata"), workload.metadata)


def _injections(resource: Resource, path: Path, metadata: object) -> Iterator[Sign]:
    for key, place in _injecting(path, metadata):
        yield Sign(resource, place, f"has {key}: a webhook may add containers to its pods")


def injectors(marks: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys of labels or annotations that make a webhook add containers to pods."""
    for key, value in marks.items():
        known = isinstance(key, str) and (key in INJECTORS or key.startswith(_PREFIXES))
        if known and isinstance(value, str) and value.lower() not in _OFF:
            yield key


def _injecting(path: Path, metadata: object) -> Iterator[tuple[str, Path]]:
    for field in ("labels", "annotations"):
        entries = dig(metadata, field)
        for key in injectors(entries) if isinstance(entries, Mapping) else ():
            yield key, (*path, field, key)
