"""The rules of roles: what each of them lets somebody do, as the RBAC authorizer reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.model.kube import Resource, dig
from harden.model.plain import as_list, as_texts, as_word
from harden.model.record import Record
from harden.model.text import Path

_GROUP = "rbac.authorization.k8s.io/"

#: Built-in resources that live in a namespace, by API group (Kubernetes API reference, v1.36).
NAMESPACED: Mapping[str, frozenset[str]] = {
    "": frozenset(
        {
            "bindings", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods",
            "podtemplates", "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
        }
    ),
    "apps": frozenset({"controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"}),
    "autoscaling": frozenset({"horizontalpodautoscalers"}),
    "batch": frozenset({"cronjobs", "jobs"}),
    "coordination.k8s.io": frozenset({"leases"}),
    "discovery.k8s.io": frozenset({"endpointslices"}),
    "events.k8s.io": frozenset({"events"}),
    "extensions": frozenset({"daemonsets", "deployments", "ingresses", "networkpolicies", "replicasets"}),
    "networking.k8s.io": frozenset({"ingresses", "networkpolicies"}),
    "policy": frozenset({"poddisruptionbudgets"}),
    "rbac.authorization.k8s.io": frozenset({"rolebindings", "roles"}),
}  # fmt: skip


#: Who creates one of these starts pods (Kubernetes documentation, RBAC Good Practices, "Workload creation").
STARTS_PODS = (
    ("", "pods"), ("", "replicationcontrollers"), ("apps", "daemonsets"), ("apps", "deployments"),
    ("apps", "replicasets"), ("apps", "statefulsets"), ("batch", "cronjobs"), ("batch", "jobs"),
)  # fmt: skip


#: Roles of Kubernetes itself whose holders may start pods (Using RBAC Authorization, "User-facing roles").
STARTERS = frozenset({"admin", "cluster-admin", "edit"})
#: Its roles that give nothing by which peers are found ("Discovery roles", "Other component roles"). Of any other role
#: that the files do not hold, nobody here can tell.
FINDING_NOBODY = frozenset(
    {
        "extension-apiserver-authentication-reader", "system:auth-delegator", "system:basic-user", "system:discovery",
        "system:monitoring", "system:public-info-viewer", "system:service-account-issuer-discovery",
    }
)  # fmt: skip


class Rule(Record):
    """One rule of a role; `path` is its place in the document."""

    path: Path
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str, ...]

    def allows(self, group: str, resource: str, verb: str) -> bool:
        """Return whether the rule allows `verb` on `resource` ("pods", "pods/exec"); object names are not looked at.

        Source: kubernetes v1.36, pkg/apis/rbac/v1/evaluation_helpers.go: VerbMatches, APIGroupMatches, ResourceMatches.
        """
        _, slash, below = resource.partition("/")
        resources = {"*", resource, f"*/{below}"} if slash else {"*", resource}
        return (
            not {"*", verb}.isdisjoint(self.verbs)
            and not {"*", group}.isdisjoint(self.groups)
            and not resources.isdisjoint(self.resources)
        )

    @property
    def is_namespaced(self) -> bool:
        """Return whether every resource of the rule is a built-in one that lives in a namespace."""
        plain = {resource.partition("/")[0] for resource in self.resources}
        known = {each for group in self.groups for each in NAMESPACED.get(group, frozenset())}
        return not self.urls and bool(plain) and plain <= known and all(group in NAMESPACED for group in self.groups)


def is_rbac(resource: Resource, *kinds: str) -> bool:
    """Return whether an object is of one of these RBAC kinds."""
    return resource.kind in kinds and resource.api_version.startswith(_GROUP)


def rules(role: Resource) -> Iterator[Rule]:
    """Yield the rules of a Role or ClusterRole; what is no rule is passed over."""
    for at, entry in enumerate(as_list(role.data.get("rules"))):
        if isinstance(entry, Mapping):
            yield Rule(
                path=(*role.path, "rules", at),
                groups=as_texts(entry.get("apiGroups")),
                resources=as_texts(entry.get("resources")),
                verbs=as_texts(entry.get("verbs")),
                names=as_texts(entry.get("resourceNames")),
                urls=as_texts(entry.get("nonResourceURLs")),
            )


def subjects(binding: Resource) -> Iterator[tuple[Path, str, str, str | None]]:
    """Yield the subjects of a binding: their path, kind, name and namespace."""
    for at, entry in enumerate(as_list(binding.data.get("subjects"))):
        kind, name, namespace = (dig(entry, key) for key in ("kind", "name", "namespace"))
        if isinstance(kind, str) and isinstance(name, str):
            yield (*binding.path, "subjects", at), kind, name, namespace if isinstance(namespace, str) else None


def role_of(binding: Resource) -> tuple[str, str]:
    """Return kind and name of the role that a binding gives; "" for what is no word."""
    return as_word(dig(binding.data, "roleRef", "kind")), as_word(dig(binding.data, "roleRef", "name"))
