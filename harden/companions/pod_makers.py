"""Finds who may start pods or make claims in a namespace that no file shows: by the rights of its service account.

Sources: kubernetes.io, Using RBAC Authorization (a RoleBinding holds in its namespace, a ClusterRoleBinding in all;
user-facing roles cluster-admin, admin and edit); Kubernetes API reference (what makes pods). Programs that do so by
their manuals: JupyterHub's KubeSpawner, Airflow's KubernetesExecutor, runners of GitLab and GitHub, Spark, Argo
Workflows, Tekton, storage drivers that serve volumes from pods.
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.kube import rbac
from harden.kube.accounts import Accounts, account_of
from harden.kube.bundle import Bundle
from harden.model.kube import Resource
from harden.model.record import Record

_CLAIMS = ("", "persistentvolumeclaims")


class PodMaker(Record):
    """A workload whose account may start pods or make claims in a namespace; `binding` gives it the right."""

    resource: Resource
    binding: Resource

    @property
    def said(self) -> str:
        """Return what shows it, for people."""
        return f"{self.resource.kind} {self.resource.name} may start pods ({self.binding.kind} {self.binding.name})"


#: The makers in the bundle that was asked about last: each kind of companion asks about each of its namespaces.
_latest: list[tuple[Bundle, Mapping[str, tuple[PodMaker, ...]]]] = []


def pod_makers(bundle: Bundle, namespace: str) -> tuple[PodMaker, ...]:
    """Return the workloads of a bundle that may start pods or make claims in a namespace.

    With rights in all namespaces they count in their own: elsewhere they act on objects that stand there, and those
    count by themselves (`harden.network.groups.may_run_pods`).
    """
    if not _latest or _latest[0][0] is not bundle:
        _latest[:] = [(bundle, _by_namespace(bundle))]
    return _latest[0][1].get(namespace, ())


def _by_namespace(bundle: Bundle) -> dict[str, tuple[PodMaker, ...]]:
    if not bundle.of_kind("RoleBinding", "ClusterRoleBinding"):
        return {}
    accounts = Accounts(bundle)
    found: dict[str, list[PodMaker]] = {}
    for member in bundle.members:
        workload = member.workload
        for bound in accounts.bound(workload.effective_namespace, account_of(workload)):
            binding = bound.binding
            if _may_start(accounts, binding):
                where = workload if binding.kind == "ClusterRoleBinding" else binding
                found.setdefault(where.effective_namespace, []).append(PodMaker(member.resource, binding))
    return {namespace: tuple(makers) for namespace, makers in found.items()}


def _may_start(accounts: Accounts, binding: Resource) -> bool:
    kind, name = rbac.role_of(binding)
    if kind == "ClusterRole" and name in rbac.STARTERS:
        return True
    wanted = (*rbac.STARTS_PODS, _CLAIMS)
    return any(rule.allows(*what, "create") for rule in accounts.rules(binding) for what in wanted)
