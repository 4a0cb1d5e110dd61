"""Who may read a Secret through the API, by the roles and bindings of the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from harden.kube.accounts import Accounts
from harden.kube.bundle import Bundle
from harden.kube.rbac import is_rbac, role_of, subjects
from harden.model.kube import Resource

_READ = ("get", "list", "watch")
#: Roles of Kubernetes itself whose holders may read Secrets (Using RBAC Authorization, "User-facing roles").
_READING = frozenset(("ClusterRole", name) for name in ("admin", "cluster-admin", "edit"))


class Readers:
    """The bindings of a bundle that let somebody read Secrets; made once for each bundle.

    Source: Kubernetes documentation, Using RBAC Authorization: bindings of a namespace give the rights of a role in it,
    those of the cluster everywhere; `list` and `watch` show the contents, too (RBAC Good Practices, "Listing secrets").
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def of(self, namespace: str, name: str) -> tuple[str, ...]:
        """Return the subjects that may read a Secret, each with the binding that says so, in the bundle's order."""
        return tuple(dict.fromkeys(self._of(namespace, name)))

    def _of(self, namespace: str, name: str) -> Iterator[str]:
        for binding, names in self._reading:
            if binding.kind == "RoleBinding" and binding.effective_namespace != namespace:
                continue
            if names is None or name in names:
                for _, what, who, where in subjects(binding):
                    place = "" if where in {None, namespace} else f" of namespace {where}"
                    yield f"{what} {who}{place} ({binding.kind} {binding.name})"

    @cached_property
    def _reading(self) -> list[tuple[Resource, frozenset[str] | None]]:
        """The bindings with the names of the Secrets that their roles let them read; None for all."""
        accounts = Accounts(self._bundle)
        bindings = (each for each in self._bundle.resources if is_rbac(each, "RoleBinding", "ClusterRoleBinding"))
        return [(each, _names(each, accounts)) for each in bindings]


def _names(binding: Resource, accounts: Accounts) -> frozenset[str] | None:
    if role_of(binding) in _READING:
        return None
    found = [rule.names for rule in accounts.rules(binding) if any(rule.allows("", "secrets", verb) for verb in _READ)]
    return None if () in found else frozenset(name for names in found for name in names)
