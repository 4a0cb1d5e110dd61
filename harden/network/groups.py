"""Tells which objects speak for pods that no manifest shows: custom resources that an operator acts on."""

from __future__ import annotations

from collections.abc import Mapping

from harden.kube.unseen import HARMLESS, is_custom
from harden.model.kube import Resource, dig

#: Custom kinds beside HARMLESS that name Services only to say how they are routed, packed or delivered.
_CONFIGURING: Mapping[str, frozenset[str]] = {
    "argoproj.io": frozenset({"Application", "ApplicationSet", "AppProject"}),
    "gateway.networking.k8s.io": frozenset({"Gateway"}),
    "projectcontour.io": frozenset(),
    "route.openshift.io": frozenset(),
}
#: A certificate may be proved over HTTP: then a pod that answers is started beside the object (cert-manager, HTTP01).
_ISSUES = "cert-manager.io"


def is_passive(resource: Resource) -> bool:
    """Return whether an object names hosts on nobody's behalf: it is Kubernetes' own, or configures what is there."""
    return not is_custom(resource.api_version) or _is_in(HARMLESS, resource) or _is_in(_CONFIGURING, resource)


def may_run_pods(resource: Resource) -> bool:
    """Return whether an operator may start pods for an object, which a bundle then does not show."""
    group = resource.api_version.rpartition("/")[0]
    if group == _ISSUES and resource.kind in {"Certificate", "Issuer"}:
        return True
    if resource.kind in {"Ingress", "Gateway"}:
        annotations = dig(resource.data, "metadata", "annotations")
        asks = annotations if isinstance(annotations, Mapping) else {}
        if any(str(key).startswith(f"{_ISSUES}/") for key in asks):
            return True
    # A Gateway is served by pods of its own with several controllers (Istio, Envoy Gateway).
    return (group, resource.kind) == ("gateway.networking.k8s.io", "Gateway") or not is_passive(resource)


def _is_in(kinds: Mapping[str, frozenset[str]], resource: Resource) -> bool:
    group = resource.api_version.rpartition("/")[0]
    return group in kinds and (not kinds[group] or resource.kind in kinds[group])
