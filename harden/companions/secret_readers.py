"""Who may read a Secret through the API, by the roles and bindings of the bundle."""

from __future__ import annotations

from collections.abc import Iterator

from harden.kube.bundle import Bundle
from harden.kube.rbac import is_rbac, role_of, rules, subjects
from harden.model.kube import Resource

_READ = ("get", "list", "watch")


def readers(bundle: Bundle, namespace: str, name: str) -> tuple[str, ...]:
    """Return the subjects that may read a Secret, each with the binding that says so, in the order of the bundle.

    Source: Kubernetes documentation, Using RBAC Authorization: bindings of a namespace give the rights of a role in it,
    those of the cluster everywhere; `list` and `watch` show the contents, too (RBAC Good Practices, "Listing secrets").
    """
    roles = {_key(each): each for each in bundle.resources if is_rbac(each, "Role", "ClusterRole")}
    return tuple(dict.fromkeys(_readers(bundle, roles, namespace, name)))


def _readers(bundle: Bundle, roles: dict[tuple[str, str, str], Resource], namespace: str, name: str) -> Iterator[str]:
    for binding in bundle.resources:
        if not is_rbac(binding, "RoleBinding", "ClusterRoleBinding"):
            continue
        if binding.kind == "RoleBinding" and binding.effective_namespace != namespace:
            continue
        kind, called = role_of(binding)
        role = roles.get((kind, "" if kind == "ClusterRole" else binding.effective_namespace, called))
        if called in {"admin", "cluster-admin", "edit"} or (role is not None and _reads(role, name)):
            for _, what, who, where in subjects(binding):
                place = "" if where in {None, namespace} else f" of namespace {where}"
                yield f"{what} {who}{place} ({binding.kind} {binding.name})"


def _key(role: Resource) -> tuple[str, str, str]:
    return role.kind, "" if role.kind == "ClusterRole" else role.effective_namespace, role.name


def _reads(role: Resource, name: str) -> bool:
    return any(
        rule.allows("", "secrets", verb) and (not rule.names or name in rule.names)
        for rule in rules(role)
        for verb in _READ
    )
