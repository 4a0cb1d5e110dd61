"""Says in which namespace each object ends up: where a kustomization puts it, what it says, what the user says."""

from __future__ import annotations

from functools import cache

from harden.kube.kustomizations import Kustomizations
from harden.model.kube import Resource, dig
from harden.model.plain import as_word

#: The namespace of what names none, as for kubectl without `--namespace`.
FALLBACK = "default"

#: Kinds whose objects are in no namespace, by API group (Kubernetes API reference, v1.25 to v1.36); of custom kinds
#: nobody knows.
_CLUSTER_WIDE: dict[str, frozenset[str]] = {
    "": frozenset({"ComponentStatus", "Namespace", "Node", "PersistentVolume"}),
    "admissionregistration.k8s.io": frozenset(
        {
            "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
        }
    ),
    "apiextensions.k8s.io": frozenset({"CustomResourceDefinition"}),
    "apiregistration.k8s.io": frozenset({"APIService"}),
    "certificates.k8s.io": frozenset({"CertificateSigningRequest", "ClusterTrustBundle"}),
    "flowcontrol.apiserver.k8s.io": frozenset({"FlowSchema", "PriorityLevelConfiguration"}),
    "networking.k8s.io": frozenset({"IngressClass", "IPAddress", "ServiceCIDR"}),
    "node.k8s.io": frozenset({"RuntimeClass"}),
    "policy": frozenset({"PodSecurityPolicy"}),
    "rbac.authorization.k8s.io": frozenset({"ClusterRole", "ClusterRoleBinding"}),
    "resource.k8s.io": frozenset({"DeviceClass", "ResourceSlice"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset({"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"}),
}  # fmt: skip


def is_cluster_wide(api_version: str, kind: str) -> bool:
    """Return whether objects of a kind are in no namespace."""
    group = api_version.rpartition("/")[0]
    return kind in _CLUSTER_WIDE.get(group, ())


class Namespaces:
    """Tells the namespaces of a run: `fallback` takes what names none, wherever it stands."""

    def __init__(self, kustomizations: Kustomizations | None = None, fallback: str = FALLBACK) -> None:
        self.kustomizations = Kustomizations() if kustomizations is None else kustomizations
        self.fallback = fallback
        self._given = cache(self.kustomizations.namespace_of)

    def given(self, source: str) -> str | None:
        """Return the namespace that kustomizations give to all objects of a file, None where none does."""
        return self._given(source) if source else None

    def named(self, source: str, api_version: str, kind: str, data: object) -> str | None:
        """Return the namespace that the files give to an object, None where they give none."""
        if is_cluster_wide(api_version, kind):
            return None
        stated = dig(data, "metadata", "namespace")
        return self.given(source) or as_word(stated) or None

    def effective(self, named: str | None, api_version: str, kind: str) -> str:
        """Return the namespace that an object ends up in, "" for one that is in none."""
        if named is None and is_cluster_wide(api_version, kind):
            return ""
        return named or self.fallback

    def moved(self, objects: list[Resource]) -> list[Resource]:
        """Return the objects with what kustomize writes into those that it moves: namespaces of objects and subjects.

        Source: sigs.k8s.io/kustomize, api/filters/namespace: a binding's subject `default` moves too, and another one
        with the account of its name.
        """
        if all(self.given(each.source) is None for each in objects):
            return objects
        accounts = {
            (each.name, as_word(dig(each.data, "metadata", "namespace")))
            for each in objects
            if each.kind == "ServiceAccount" and self.given(each.source)
        }
        return [self._moved(each, accounts) for each in objects]

    def _moved(self, resource: Resource, accounts: set[tuple[str, str]]) -> Resource:
        to = self.given(resource.source)
        if to is None:
            return resource
        data = dict(resource.data)
        metadata = data.get("metadata")
        if resource.namespace == to and isinstance(metadata, dict):
            data["metadata"] = {**metadata, "namespace": to}
        subjects = data.get("subjects")
        if resource.kind in {"RoleBinding", "ClusterRoleBinding"} and isinstance(subjects, list):
            data["subjects"] = [_subject(entry, to, accounts) for entry in subjects]
        return resource._replace(data=data)


def _subject(entry: object, to: str, accounts: set[tuple[str, str]]) -> object:
    if not isinstance(entry, dict) or entry.get("kind") != "ServiceAccount":
        return entry
    name = as_word(entry.get("name"))
    is_moved = name == "default" or (name, as_word(entry.get("namespace"))) in accounts
    return {**entry, "namespace": to} if is_moved else entry


#: Nobody moves anything.
AS_STATED = Namespaces()
