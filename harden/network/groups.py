"""Owns which kinds of objects run no pods and speak for nobody, so that only the others are taken as unseen senders."""

from __future__ import annotations

from harden.model.kube import Resource

#: Groups of custom resources that only configure what is there: routes, certificates stored, policies, packaging.
_PASSIVE_GROUPS = frozenset(
    {
        "networking.istio.io",
        "security.istio.io",
        "telemetry.istio.io",
        "gateway.networking.k8s.io",
        "gateway.networking.x-k8s.io",
        "route.openshift.io",
        "traefik.io",
        "traefik.containo.us",
        "projectcontour.io",
        "external-secrets.io",
        "bitnami.com",
        "kustomize.config.k8s.io",
        "cilium.io",
        "crd.projectcalico.org",
        "projectcalico.org",
        "kyverno.io",
        "cert-manager.io",
    }
)
_PASSIVE_KINDS = frozenset(
    {
        ("argoproj.io", "Application"),
        ("argoproj.io", "ApplicationSet"),
        ("argoproj.io", "AppProject"),
        ("monitoring.coreos.com", "ServiceMonitor"),
        ("monitoring.coreos.com", "PodMonitor"),
        ("monitoring.coreos.com", "PrometheusRule"),
    }
)
#: Certificates may be proved over HTTP: then a pod that answers is started beside them (cert-manager.io, HTTP01).
_ISSUES = "cert-manager.io"


def group_of(one: Resource) -> str:
    """Return the API group of an object; "" for the core group."""
    return one.api_version.rpartition("/")[0]


def is_passive(one: Resource) -> bool:
    """Return whether an object is of Kubernetes itself, or a custom resource that names hosts on nobody's behalf."""
    group = group_of(one)
    built_in = "." not in group or group.endswith(".k8s.io")
    return built_in or group in _PASSIVE_GROUPS or (group, one.kind) in _PASSIVE_KINDS


def may_run_pods(one: Resource) -> bool:
    """Return whether an operator may start pods for an object, which a bundle then does not show."""
    if group_of(one) == _ISSUES and one.kind in {"Certificate", "Issuer"}:
        return True
    annotations = one.data.get("metadata")
    given = annotations.get("annotations") if isinstance(annotations, dict) else None
    asks = isinstance(given, dict) and any(str(key).startswith(f"{_ISSUES}/") for key in given)
    return asks if one.kind in {"Ingress", "Gateway"} else not is_passive(one)
