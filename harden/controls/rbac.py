"""No role gives its holder more than it seems to.

## Why
Rights such as creating pods, reading Secrets or binding roles can be turned into all rights of a namespace or cluster.

## Allowed values
Roles that name the verbs, resources and names that their holder needs, and none that lead further.

## What a fix may change
Nothing: what a program needs only its authors know. The report names the rule, what can be done with it, and how to
narrow it.

## Sources
- kubernetes.io, Concepts, Role Based Access Control Good Practices, "Kubernetes RBAC - privilege escalation risks"
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Role-based access control
- CIS Kubernetes Benchmark 1.12: 5.1.1, 5.1.2, 5.1.3, 5.1.4, 5.1.5, 5.1.7, 5.1.8, 5.1.9, 5.1.10, 5.1.11, 5.1.12, 5.1.13
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Scope, bundle_control
from harden.model.finding import ObjectFinding

if TYPE_CHECKING:
    from harden.companions.context import BundleContext

_KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


@bundle_control(
    scope=Scope.OBJECT,
    fields=("Role.rules", "ClusterRole.rules", "RoleBinding.subjects", "ClusterRoleBinding.subjects"),
)
def check(context: BundleContext) -> Iterator[ObjectFinding]:
    """Yield a finding for each rule that gives much, and for bindings that give it to many."""
    if not context.bundle.of_kind(*_KINDS):
        return iter(())
    from harden.companions.surveys import role_rights  # noqa: PLC0415 - slow to load, where there are any

    return role_rights(context)
