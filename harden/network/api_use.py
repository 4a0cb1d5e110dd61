"""Owns who talks to the API server, as far as a bundle shows: bindings of service accounts, arguments, variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.kube.bundle import Bundle
from harden.model.kube import Resource, dig
from harden.model.record import Record
from harden.network.pods import Pods, as_list, as_word

#: Arguments that only a client of the API server has.
_OPTIONS = ("--kubeconfig", "--kube-api", "--in-cluster", "--leader-elect", "--enable-leader-election", "--master=")
_HOSTS = ("kubernetes.default", "KUBERNETES_SERVICE_HOST")
#: Who may read these finds peers there that no manifest names.
_DISCOVERY = frozenset({"endpoints", "endpointslices", "pods", "services", "nodes", "*"})
_READ = frozenset({"get", "list", "watch", "*"})


class Use(Record):
    """What shows that pods use the API; `starts_pods` and `finds_peers` tell what their roles let them do there."""

    said: str
    starts_pods: bool = False
    finds_peers: bool = False


class Users:
    """The service accounts of a bundle and what binds them to roles."""

    def __init__(self, bundle: Bundle, fallback: str = "default") -> None:
        self._fallback = fallback
        self._by_account: dict[tuple[str, str], list[Resource]] = {}
        self._by_group: dict[str, list[Resource]] = {}
        for one in bundle.of_kind("RoleBinding", "ClusterRoleBinding"):
            self._add(one)
        self._roles: dict[tuple[str, str, str], Resource] = {}
        for one in bundle.of_kind("Role", "ClusterRole"):
            where = (one.namespace or fallback) if one.kind == "Role" else ""
            self._roles[(one.kind, where, one.name)] = one

    def use(self, pods: Pods) -> Use | None:
        """Return what shows that these pods use the API server, or None where nothing does."""
        account = as_word(pods.member.workload.get("serviceAccountName")) if pods.member is not None else ""
        bindings = [*self._by_account.get((pods.namespace, account or "default"), ())]
        for group in ("system:serviceaccounts", f"system:serviceaccounts:{pods.namespace}", "system:authenticated"):
            bindings += self._by_group.get(group, ())
        if not bindings:
            said = _argument(pods)
            return Use(said) if said else None
        rules = [rule for one in bindings for rule in self._rules(one)]
        return Use(
            f"{bindings[0].kind} {bindings[0].name} names its service account",
            starts_pods=any(_allows(rule, {"pods", "*"}, {"create", "*"}) for rule in rules),
            finds_peers=any(_allows(rule, _DISCOVERY, _READ) for rule in rules),
        )

    def _add(self, binding: Resource) -> None:
        home = binding.namespace or self._fallback
        for subject in as_list(binding.data.get("subjects")):
            name = as_word(dig(subject, "name"))
            if dig(subject, "kind") == "ServiceAccount":
                where = as_word(dig(subject, "namespace")) or home
                self._by_account.setdefault((where, name), []).append(binding)
            elif dig(subject, "kind") == "Group":
                self._by_group.setdefault(name, []).append(binding)

    def _rules(self, binding: Resource) -> list[object]:
        kind, name = as_word(dig(binding.data, "roleRef", "kind")), as_word(dig(binding.data, "roleRef", "name"))
        where = (binding.namespace or self._fallback) if kind == "Role" else ""
        role = self._roles.get((kind, where, name))
        return [] if role is None else as_list(role.data.get("rules"))


def _allows(rule: object, resources: set[str] | frozenset[str], verbs: set[str] | frozenset[str]) -> bool:
    named, may = as_list(dig(rule, "resources")), as_list(dig(rule, "verbs"))
    return any(one in resources for one in named) and any(one in verbs for one in may)


def _argument(pods: Pods) -> str:
    for word, said in _words(pods):
        if word.startswith(_OPTIONS) or any(host in word for host in _HOSTS):
            return said
    return ""


def _words(pods: Pods) -> Iterator[tuple[str, str]]:
    for container in pods.member.workload.containers if pods.member is not None else ():
        for field in ("command", "args"):
            for word in as_list(container.data.get(field)):
                if isinstance(word, str):
                    yield word, f"{field} of {container.name}"
        for one in as_list(container.data.get("env")):
            value = one.get("value") if isinstance(one, Mapping) else None
            if isinstance(value, str):
                yield value, f"env {as_word(dig(one, 'name'))}"
