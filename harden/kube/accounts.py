"""Says which service account a pod runs as, which bindings give it rights, and what shows that it calls the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from harden.kube import rbac
from harden.kube.api_use import Evidence, Sign, in_pod
from harden.kube.bundle import Bundle
from harden.kube.containers import ConfigMaps
from harden.model.kube import Resource, Workload, dig
from harden.model.plain import as_list
from harden.model.record import Record
from harden.model.text import Path

_READ = ("get", "list", "watch")
#: Who may read these finds peers there that no manifest names.
_DISCOVERY = (("", "pods"), ("", "endpoints"), ("", "services"), ("", "nodes"), ("discovery.k8s.io", "endpointslices"))


#: Says of an image reference whether the image is known to call the API server.
IsApiClient = Callable[[str], bool]


def is_unknown(_image: str) -> bool:
    """Say that nothing is known of an image."""
    return False


class Reach(Enum):
    """Whom a binding's subject stands for."""

    ACCOUNT = "names its service account"
    USER = "names the user of its service account"
    GROUP = "names a group that its service account is in"
    #: Says nothing of one account: every account of the cluster is in it; or whoever has logged in.
    EVERY_ACCOUNT = "names a group that every service account is in"
    AUTHENTICATED = "names a group that everybody is in who has logged in"


#: Groups of all accounts of the cluster (Kubernetes documentation, Authenticating, "Service account tokens").
_EVERY_ACCOUNT, _AUTHENTICATED = "system:serviceaccounts", "system:authenticated"
_GROUPS = {_EVERY_ACCOUNT: Reach.EVERY_ACCOUNT, _AUTHENTICATED: Reach.AUTHENTICATED}
#: What the user name of an account begins with, before its namespace (the same page).
_USER = "system:serviceaccount:"


class Bound(Record):
    """A subject of a binding that stands for an account; `path` is its place in the binding's document."""

    binding: Resource
    path: Path
    reach: Reach

    @property
    def what(self) -> str:
        """Return what the binding says, for people."""
        return f"{self.binding.kind} {self.binding.name} {self.reach.value}"


class Use(Record):
    """What shows that pods use the API; `starts_pods` and `finds_peers` tell what their roles let them do there."""

    evidence: Evidence
    starts_pods: bool = False
    finds_peers: bool = False

    @property
    def said(self) -> str:
        """Return what shows it, for people."""
        return self.evidence.what


def account_of(workload: Workload) -> str:
    """Return the name of the account that a pod runs as; the old field holds where the new one is empty.

    Source: kubernetes v1.36, pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec.
    """
    for field in ("serviceAccountName", "serviceAccount"):
        name = workload.get(field)
        if isinstance(name, str) and name != "":
            return name
    return "default"


#: Variables and labels that a cloud's webhook reads or writes for the account's own identity (manuals of EKS and AKS).
_IDENTITY_VARIABLES = frozenset({"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE"})
_IDENTITY_LABEL = "azure.workload.identity/use"
#: The driver asks for its Secrets in the name of the pod's account (secrets-store-csi-driver, providers).
_IDENTITY_DRIVER = "secrets-store.csi.k8s.io"


def identities(workload: Workload) -> Iterator[str]:
    """Yield what ties a pod to the name of its account: an identity outside the cluster that another would not have."""
    labels = workload.metadata.get("labels")
    if dig(labels, _IDENTITY_LABEL) == "true":
        yield f"the label {_IDENTITY_LABEL} ties an identity to its account"
    for volume in as_list(workload.get("volumes")):
        if dig(volume, "csi", "driver") == _IDENTITY_DRIVER:
            yield f"a volume of {_IDENTITY_DRIVER} logs in as its account"
    for container in workload.containers:
        for name in (dig(variable, "name") for variable in as_list(container.get("env"))):
            if isinstance(name, str) and name in _IDENTITY_VARIABLES:
                yield f"the variable {name} ties an identity to its account"


class Accounts:
    """The bindings of a bundle by the accounts that they give rights to; made once for each bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._by_account: dict[tuple[str, str], list[Bound]] = {}
        self._by_group: dict[str, list[Bound]] = {}
        self._config_maps = ConfigMaps(bundle.resources)
        self._roles: dict[tuple[str, str, str], list[Resource]] = {}
        for resource in bundle.resources:
            if resource.kind in {"RoleBinding", "ClusterRoleBinding"}:
                self._add(resource)
            elif rbac.is_rbac(resource, "Role", "ClusterRole"):
                self._roles.setdefault((resource.kind, resource.effective_namespace, resource.name), []).append(
                    resource
                )

    def bound(self, namespace: str, account: str) -> tuple[Bound, ...]:
        """Return the subjects that stand for an account, the nearest first."""
        # A ClusterRoleBinding that leaves out the subject's namespace may mean any.
        own = (*self._by_account.get((namespace, account), ()), *self._by_account.get(("", account), ()))
        groups = (f"{_EVERY_ACCOUNT}:{namespace}", *_GROUPS)
        return (*own, *(each for group in groups for each in self._by_group.get(group, ())))

    def named(self, namespace: str) -> frozenset[str]:
        """Return the names of the accounts of a namespace that bindings name, themselves or by their users."""
        return frozenset(account for home, account in self._by_account if home in {namespace, ""})

    def rules(self, binding: Resource) -> Iterator[rbac.Rule]:
        """Yield the rules of the role that a binding gives, as far as the bundle holds it."""
        kind, name = rbac.role_of(binding)
        where = binding.effective_namespace if kind == "Role" else ""
        for role in self._roles.get((kind, where, name), ()):
            yield from rbac.rules(role)

    def evidence(self, workload: Workload, is_api_client: IsApiClient) -> tuple[Evidence, ...]:
        """Return all that shows that a workload uses the API: bindings of its account, then what its pod says.

        `is_api_client` says of an image reference whether the image is known to call it.
        """
        bound = self.bound(workload.effective_namespace, account_of(workload))
        return (*map(_evidence, bound), *self.in_pod(workload, is_api_client))

    def in_pod(self, workload: Workload, is_api_client: IsApiClient) -> tuple[Evidence, ...]:
        """Return what a workload's pod, and the ConfigMaps that it takes, show of use of the API."""
        return in_pod(workload, is_api_client, self._config_maps)

    def use(self, workloads: Iterable[Workload], is_api_client: IsApiClient) -> Use | None:
        """Return what shows that workloads use the API, and what they may do there; None where nothing shows it."""
        them = tuple(workloads)
        shown = [evidence for each in them for evidence in self.evidence(each, is_api_client)]
        if not shown:
            return None
        found = [bound for each in them for bound in self.bound(each.effective_namespace, account_of(each))]
        rules = [rule for each in found for rule in self.rules(each.binding)]
        others = [rbac.role_of(each.binding)[1] for each in found if not self._holds(each.binding)]
        starts = any(rule.allows(*what, "create") for rule in rules for what in rbac.STARTS_PODS)
        finds = any(rule.allows(*what, verb) for rule in rules for what in _DISCOVERY for verb in _READ)
        return Use(
            shown[0],
            starts_pods=starts or not rbac.STARTERS.isdisjoint(others),
            finds_peers=finds or any(name not in rbac.FINDING_NOBODY for name in others),
        )

    def _holds(self, binding: Resource) -> bool:
        """Return whether the bundle has the role that a binding gives."""
        kind, name = rbac.role_of(binding)
        return (kind, binding.effective_namespace if kind == "Role" else "", name) in self._roles

    def _add(self, binding: Resource) -> None:
        for path, kind, name, stated in rbac.subjects(binding):
            if kind == "ServiceAccount":
                home = stated or binding.effective_namespace
                self._by_account.setdefault((home, name), []).append(Bound(binding, path, Reach.ACCOUNT))
            elif kind == "User" and name.startswith(_USER):
                home, _, account = name.removeprefix(_USER).partition(":")
                self._by_account.setdefault((home, account), []).append(Bound(binding, path, Reach.USER))
            elif kind == "Group":
                reach = _GROUPS.get(name, Reach.GROUP)
                self._by_group.setdefault(name, []).append(Bound(binding, path, reach))


def _evidence(each: Bound) -> Evidence:
    sign = Sign.EVERYBODY if each.reach in _GROUPS.values() else Sign.BINDING
    return Evidence(sign, each.path, each.what, each.binding)
