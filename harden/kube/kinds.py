"""Owns the kinds that run pods: where each keeps its pod, and which API versions serve it."""

from __future__ import annotations

from harden.model.text import Path

#: Where each kind keeps the pod's metadata and spec (k8s.io/pod-security-admission, admission.DefaultPodSpecExtractor).
TEMPLATES: dict[str, Path] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}

#: The API version that serves each kind (Kubernetes API reference, v1.25 to v1.37).
SERVED: dict[str, str] = {
    "Pod": "v1",
    "PodTemplate": "v1",
    "ReplicationController": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
}

#: The minor version of Kubernetes that stopped serving an API version, and the kinds that it held
#: (kubernetes.io, Deprecated API Migration Guide).
GONE: dict[str, tuple[int, frozenset[str]]] = {
    "extensions/v1beta1": (16, frozenset({"Deployment", "DaemonSet", "ReplicaSet"})),
    "apps/v1beta1": (16, frozenset({"Deployment", "StatefulSet"})),
    "apps/v1beta2": (16, frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})),
    "batch/v2alpha1": (21, frozenset({"CronJob"})),
    "batch/v1beta1": (25, frozenset({"CronJob"})),
}

#: Kinds beside the workloads that controls look at.
NEIGHBOURS = (
    "Service",
    "ServiceAccount",
    "RoleBinding",
    "ClusterRoleBinding",
    "NetworkPolicy",
    "Ingress",
    "LimitRange",
    "HorizontalPodAutoscaler",
    "Kustomization",
)


def gone_since(api_version: str, kind: str) -> int | None:
    """Return the minor version that stopped serving this API version of the kind, None where it is not a known one."""
    minor, kinds = GONE.get(api_version, (0, frozenset[str]()))
    return minor if kind in kinds else None
