"""Objects are written in API versions that their cluster still serves.

## Why
The API server refuses a version that it no longer serves: after an upgrade nothing of it can be applied, restored or
scaled by its manifest, in the middle of an incident perhaps.

## Allowed values
An API version that the Kubernetes version of the profile serves (`pss-version`; `latest` is the newest that harden
knows). Workloads are said to be in an old version by every run; this control speaks of all other kinds.

## What a fix may change
Nothing: a newer version may have other fields. The message names it; `kubectl convert` rewrites some of them.

## Sources
- Kubernetes documentation, Deprecated API Migration Guide (v1.16 to v1.32)
- Kubernetes documentation, Install kubectl, `kubectl convert` plugin
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Upgrading and application security practices
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.model.finding import Finding, NoFix, ObjectFinding, Severity

if TYPE_CHECKING:
    from harden.companions.context import BundleContext

_REGISTRATION, _STORAGE = "admissionregistration.k8s.io", "storage.k8s.io"
_FLOW = ("FlowSchema", "PriorityLevelConfiguration")
_RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
#: API versions that are gone, with the minor version that stopped serving them, what took their place ("": nothing)
#: and their kinds; those of workloads stand in harden.kube.kinds.
_GONE: tuple[tuple[str, int, str, tuple[str, ...]], ...] = (
    ("extensions/v1beta1", 16, "networking.k8s.io/v1", ("NetworkPolicy",)),
    ("extensions/v1beta1", 16, "", ("PodSecurityPolicy",)),
    (f"{_REGISTRATION}/v1beta1", 22, f"{_REGISTRATION}/v1",
     ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")),
    ("apiextensions.k8s.io/v1beta1", 22, "apiextensions.k8s.io/v1", ("CustomResourceDefinition",)),
    ("apiregistration.k8s.io/v1beta1", 22, "apiregistration.k8s.io/v1", ("APIService",)),
    ("authentication.k8s.io/v1beta1", 22, "authentication.k8s.io/v1", ("TokenReview",)),
    ("authorization.k8s.io/v1beta1", 22, "authorization.k8s.io/v1",
     ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SubjectAccessReview")),
    ("certificates.k8s.io/v1beta1", 22, "certificates.k8s.io/v1", ("CertificateSigningRequest",)),
    ("coordination.k8s.io/v1beta1", 22, "coordination.k8s.io/v1", ("Lease",)),
    ("extensions/v1beta1", 22, "networking.k8s.io/v1", ("Ingress",)),
    ("networking.k8s.io/v1beta1", 22, "networking.k8s.io/v1", ("Ingress", "IngressClass")),
    ("rbac.authorization.k8s.io/v1alpha1", 22, "rbac.authorization.k8s.io/v1", _RBAC),
    ("rbac.authorization.k8s.io/v1beta1", 22, "rbac.authorization.k8s.io/v1", _RBAC),
    ("scheduling.k8s.io/v1beta1", 22, "scheduling.k8s.io/v1", ("PriorityClass",)),
    (f"{_STORAGE}/v1beta1", 22, f"{_STORAGE}/v1", ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")),
    ("autoscaling/v2beta1", 25, "autoscaling/v2", ("HorizontalPodAutoscaler",)),
    ("discovery.k8s.io/v1beta1", 25, "discovery.k8s.io/v1", ("EndpointSlice",)),
    ("events.k8s.io/v1beta1", 25, "events.k8s.io/v1", ("Event",)),
    ("node.k8s.io/v1beta1", 25, "node.k8s.io/v1", ("RuntimeClass",)),
    ("policy/v1beta1", 25, "policy/v1", ("PodDisruptionBudget",)),
    ("policy/v1beta1", 25, "", ("PodSecurityPolicy",)),
    ("autoscaling/v2beta2", 26, "autoscaling/v2", ("HorizontalPodAutoscaler",)),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 26, "flowcontrol.apiserver.k8s.io/v1", _FLOW),
    (f"{_STORAGE}/v1beta1", 27, f"{_STORAGE}/v1", ("CSIStorageCapacity",)),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 29, "flowcontrol.apiserver.k8s.io/v1", _FLOW),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 32, "flowcontrol.apiserver.k8s.io/v1", _FLOW),
)  # fmt: skip
_BY_KIND = {(version, kind): (minor, new) for version, minor, new, kinds in _GONE for kind in kinds}
_NO_HEIR = "label namespaces for Pod Security Admission instead (control namespace)"


@bundle_control(scope=Scope.OBJECT, fields=("apiVersion",), profiles=("hardened",))
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each object in an API version that is no longer served."""
    newest = int(context.judged_by.rpartition(".")[2])
    for resource in context.bundle.resources:
        minor, new = _BY_KIND.get((resource.api_version, resource.kind), (None, ""))
        if minor is None or newest < minor:
            continue
        message = f"{resource.api_version} {resource.kind} is not served since Kubernetes v1.{minor}"
        fix = NoFix(f"move it to {new}, and look at its fields" if new else _NO_HEIR)
        finding = Finding((*resource.path, "apiVersion"), message, fix, severity=Severity.WARNING)
        yield ObjectFinding(resource, finding)
