"""Ingresses answer for hosts of their own, over TLS, and hand no configuration to the proxy.

## Why
An Ingress for every host, or for a wildcard, takes requests that were meant for others. Without TLS everybody on the
way reads and changes what goes by, passwords and cookies among it. A snippet is configuration of the proxy that is
taken as it stands: whoever may write an Ingress reads through it the Secrets of all namespaces that the controller
sees (CVE-2021-25742).

## Allowed values
Each rule names a host without `*`, and an entry of `tls` covers it (an entry without hosts covers all). Annotations by
which the load balancers of clouds, Traefik or OpenShift end TLS themselves count as well. No annotation of NGINX'
controllers ends in `-snippet` or `-snippets`.

## What a fix may change
Nothing: hosts, certificates and what a snippet is for are decisions.

## Sources
- Kubernetes documentation, Ingress, "TLS" and "Hostname wildcards"
- kubernetes/kubernetes issue 126811 and kubernetes/ingress-nginx issue 7837 (CVE-2021-25742)
- docs.nginx.com, NGINX Ingress Controller, Advanced Configuration with Snippets
- kubernetes-sigs/aws-load-balancer-controller, docs/guide/ingress/annotations.md; Google Cloud, GKE Ingress, managed
  certificates; doc.traefik.io, Kubernetes Ingress, router.tls; OpenShift documentation, route.openshift.io/termination
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Encryption
- Design principles: limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.model.finding import Finding, NoFix, ObjectFinding, Severity
from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_texts, as_word

if TYPE_CHECKING:
    from harden.companions.context import BundleContext

_GROUPS = ("networking.k8s.io/", "extensions/")
_SNIPPETS = ("nginx.ingress.kubernetes.io/", "nginx.org/")
#: By these another program than the Ingress' own `tls` says where certificates come from.
_OWN_TLS = frozenset(
    {
        "alb.ingress.kubernetes.io/certificate-arn",
        "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "networking.gke.io/managed-certificates",
        "route.openshift.io/termination",
        "traefik.ingress.kubernetes.io/router.tls",
        "traefik.ingress.kubernetes.io/router.tls.certresolver",
    }
)


@bundle_control(
    scope=Scope.OBJECT,
    fields=("Ingress.metadata.annotations", "Ingress.spec.rules[*].host", "Ingress.spec.tls"),
    profiles=("hardened",),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each snippet, each host that takes in others, and hosts without TLS."""
    for ingress in context.bundle.of_kind("Ingress"):
        if ingress.api_version.startswith(_GROUPS):
            yield from _snippets(ingress)
            yield from _hosts(ingress)
            yield from _tls(ingress)


def _snippets(ingress: Resource) -> Iterator[ObjectFinding]:
    for key in _annotations(ingress):
        if key.startswith(_SNIPPETS) and key.endswith(("-snippet", "-snippets")):
            said = f"hands configuration to the proxy by {key.rpartition('/')[2]}"
            advice = "use annotations that say what is wanted, and switch snippets off in the controller"
            yield _finding(ingress, ("metadata", "annotations", key), said, advice, Severity.ERROR)


def _hosts(ingress: Resource) -> Iterator[ObjectFinding]:
    advice = "name each host that it is for"
    rules = as_list(dig(ingress.data, "spec", "rules"))
    for at, rule in enumerate(rules):
        host = as_word(dig(rule, "host"))
        if host == "":
            yield _finding(ingress, ("spec", "rules", at), "takes requests for every host", advice, Severity.WARNING)
        elif host.startswith("*"):
            path = ("spec", "rules", at, "host")
            yield _finding(ingress, path, f"takes requests for every host of {host}", advice, Severity.NOTE)
    backend = next((key for key in ("defaultBackend", "backend") if dig(ingress.data, "spec", key) is not None), None)
    if not rules and backend is not None:
        yield _finding(ingress, ("spec", backend), "takes requests for every host", advice, Severity.WARNING)


def _tls(ingress: Resource) -> Iterator[ObjectFinding]:
    if not _OWN_TLS.isdisjoint(_annotations(ingress)):
        return
    entries = as_list(dig(ingress.data, "spec", "tls"))
    covered = [as_texts(dig(entry, "hosts")) for entry in entries]
    if any(not hosts for hosts in covered):
        return
    known = {host for hosts in covered for host in hosts}
    hosts = [as_word(dig(rule, "host")) for rule in as_list(dig(ingress.data, "spec", "rules"))]
    bare = [host for host in dict.fromkeys(hosts) if not _is_covered(host, known)]
    if entries and bare:
        names = ", ".join(host or "every other host" for host in bare)
        said = f"answers for {names} without TLS"
        yield _finding(ingress, ("spec", "tls"), said, "name the host in an entry of tls", Severity.WARNING)
    elif not entries:
        advice = "write tls with the Secret of a certificate, or exempt it where something in front of it ends TLS"
        yield _finding(ingress, ("spec",), "answers without TLS", advice, Severity.WARNING)


def _is_covered(host: str, known: set[str]) -> bool:
    """Return whether an entry of `tls` names a host; a wildcard stands for one label (the API reference of Ingress)."""
    return host in known or f"*.{host.partition('.')[2]}" in known


def _annotations(ingress: Resource) -> list[str]:
    found = dig(ingress.data, "metadata", "annotations")
    return [key for key in found if isinstance(key, str)] if isinstance(found, dict) else []


def _finding(
    ingress: Resource, path: tuple[str | int, ...], said: str, advice: str, severity: Severity
) -> ObjectFinding:
    message = f"Ingress {ingress.name} {said}"
    return ObjectFinding(ingress, Finding((*ingress.path, *path), message, NoFix(advice), severity=severity))
