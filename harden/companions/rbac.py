"""Owns the report on roles and bindings: rights that let their holder take more than the role says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.companions.model import Remark
from harden.kube.bundle import Bundle
from harden.kube.rbac import STARTS_PODS, Rule, is_rbac, rules, subjects
from harden.model.finding import Finding, NoFix, Severity
from harden.model.kube import Resource, dig
from harden.model.record import Record
from harden.model.text import Path

CONTROL = "rbac"

_ROLES, _BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
_RBAC = "rbac.authorization.k8s.io"
_READ = ("get", "list", "watch")
_CHANGE = ("create", "update", "patch")


class _Power(Record):
    """Rights that give more than they say: any of `verbs` on any of `resources` ((API group, resource))."""

    resources: tuple[tuple[str, str], ...]
    verbs: tuple[str, ...]
    severity: Severity
    message: str
    advice: str


#: Source of each: Kubernetes documentation, Role Based Access Control Good Practices, "privilege escalation risks".
POWERS = (
    _Power(
        ((_RBAC, "roles"), (_RBAC, "clusterroles")),
        ("escalate", "bind"),
        Severity.ERROR,
        "may give itself rights that it does not have",
        "leave escalate and bind to people who administer the cluster, or name the roles in resourceNames",
    ),
    _Power(
        (("", "users"), ("", "groups"), ("", "serviceaccounts"), ("authentication.k8s.io", "userextras"),
         ("authentication.k8s.io", "uids")),
        ("impersonate",),
        Severity.ERROR,
        "may act as somebody else",
        "leave impersonate out, or name in resourceNames who may be impersonated",
    ),
    _Power(
        (("", "serviceaccounts/token"),),
        ("create",),
        Severity.ERROR,
        "may make tokens of service accounts and act as them",
        "name the accounts in resourceNames",
    ),
    _Power(
        (("certificates.k8s.io", "certificatesigningrequests/approval"), ("certificates.k8s.io", "signers")),
        ("update", "patch", "approve"),
        Severity.ERROR,
        "may approve certificates and so make itself anybody",
        "leave the approval to people, or name the signers in resourceNames",
    ),
    _Power(
        (("", "nodes/proxy"),),
        ("get", "create", "update", "patch"),
        Severity.ERROR,
        "reaches the kubelets, and through them every pod of every node, unseen by admission and audit",
        "use nodes/metrics and nodes/stats instead",
    ),
    _Power(
        (("", "secrets"),),
        _READ,
        Severity.WARNING,
        "may read Secrets",
        "allow get alone and name the Secrets in resourceNames, or mount them",
    ),
    _Power(
        (("", "pods/exec"), ("", "pods/attach")),
        ("create", "get"),
        Severity.WARNING,
        "may run commands in every pod that it sees",
        "leave it to people, for the time that they need it",
    ),
    _Power(
        (("", "pods/ephemeralcontainers"),),
        ("update", "patch"),
        Severity.WARNING,
        "may add containers to running pods",
        "leave it to people, for the time that they need it",
    ),
    _Power(
        (("", "persistentvolumes"),),
        ("create",),
        Severity.WARNING,
        "may make volumes of any folder of a node",
        "let a storage class make the volumes",
    ),
    _Power(
        (("", "namespaces"),),
        ("update", "patch"),
        Severity.WARNING,
        "may take the Pod Security labels off a namespace",
        "name the namespaces in resourceNames",
    ),
    _Power(
        (("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
         ("admissionregistration.k8s.io", "validatingwebhookconfigurations")),
        _CHANGE,
        Severity.WARNING,
        "may read and change whatever is applied, by way of an admission webhook",
        "name the configurations in resourceNames",
    ),
    _Power(
        STARTS_PODS,
        ("create",),
        Severity.NOTE,
        "may start pods, and these run as any service account of the namespace and read its Secrets",
        "bind it only in namespaces whose accounts and Secrets its holder may use",
    ),
)  # fmt: skip

#: What a group of subjects means, and how bad it is to bind a role to it.
GROUPS: Mapping[str, tuple[Severity, str]] = {
    "system:masters": (Severity.ERROR, "its members may do everything, whatever the roles say, and cannot be revoked"),
    "system:unauthenticated": (Severity.ERROR, "everybody who reaches the API server is in it, without a login"),
    "system:anonymous": (Severity.ERROR, "everybody who reaches the API server is it, without a login"),
    "system:authenticated": (Severity.WARNING, "every user and every service account is in it"),
    "system:serviceaccounts": (Severity.WARNING, "every service account of the cluster is in it"),
}

# Roles that Kubernetes itself binds to everybody (documentation, Using RBAC Authorization, "Discovery roles").
_PUBLIC = frozenset({"system:basic-user", "system:discovery", "system:public-info-viewer"})


def report(bundle: Bundle) -> tuple[Remark, ...]:
    """Return what is to be said of the roles and bindings of a bundle, in its order; nothing of it is changed here."""
    roles = {one.name: one for one in bundle.resources if is_rbac(one, "ClusterRole")}
    found: list[Remark] = []
    for one in bundle.resources:
        if is_rbac(one, *_ROLES):
            found += [*_aggregation(one), *(remark for rule in rules(one) for remark in _rule(one, rule))]
        elif is_rbac(one, *_BINDINGS):
            found += [*_role_of(one), *_subjects(one), *_breadth(one, roles)]
    return tuple(found)


def _rule(role: Resource, rule: Rule) -> Iterator[Remark]:
    if rule.urls:
        yield from _urls(role, rule)
        return
    powers = [power for power in POWERS if _has(rule, power)]
    wide = _wildcards(rule)
    if not wide:
        for power in powers:
            yield _remark(role, rule.path, power.message, power.advice, power.severity)
        return
    only_below = "*" not in rule.verbs and "*" not in rule.resources
    severity = max([Severity.NOTE if only_below else Severity.WARNING, *(power.severity for power in powers)])
    if "*" in rule.verbs and "*" in rule.resources and "*" in rule.groups:
        yield _remark(role, rule.path, "may do everything with everything", "list what it needs", severity)
        return
    said = "allows " + " and ".join(words for _, words in wide)
    said += "".join(f"; it {power.message}" for power in powers if power.severity > Severity.NOTE)
    advice = "list what it needs: what is added to the API later is allowed too"
    yield _remark(role, (*rule.path, *wide[0][0]), said, advice, severity)


def _wildcards(rule: Rule) -> list[tuple[Path, str]]:
    """Return where the rule has wildcards, and what they say."""
    found: list[tuple[Path, str]] = []
    if "*" in rule.verbs:
        found.append((("verbs", rule.verbs.index("*")), "every verb"))
    for at, word in enumerate(rule.resources):
        if word == "*":
            found.append((("resources", at), "every resource"))
        elif word.startswith("*/"):
            found.append((("resources", at), f"{word.removeprefix('*/')} of every resource"))
    return found


def _has(rule: Rule, power: _Power) -> bool:
    """Return whether a rule gives a power; create cannot be narrowed by name, all else can."""
    # Which extra of a user may be impersonated stands behind the slash: userextras/scopes.
    extras = [(group, one) for group in rule.groups for one in rule.resources if one.startswith("userextras/")]
    targets = [*power.resources, *(extras if power.verbs == ("impersonate",) else [])]
    verbs = [verb for verb in power.verbs if any(rule.allows(*one, verb) for one in targets)]
    if not rule.names:
        return bool(verbs)
    # Names do not hold for create of whole objects: their name is not known then (documentation, "Referring to
    # resources"). They do for subresources.
    whole = [one for one in power.resources if "/" not in one[1]]
    return any(verb == "create" and rule.allows(*one, verb) for verb in verbs for one in whole)


def _urls(role: Resource, rule: Rule) -> Iterator[Remark]:
    for at, url in enumerate(rule.urls):
        if url in {"*", "/*"}:
            path = (*rule.path, "nonResourceURLs", at)
            yield _remark(role, path, "allows every path of the API server", "list the paths", Severity.WARNING)
    if role.kind == "Role":
        message = "a Role cannot allow nonResourceURLs: the API server refuses it"
        yield _remark(role, (*rule.path, "nonResourceURLs"), message, "use a ClusterRole", Severity.ERROR)


def _aggregation(role: Resource) -> Iterator[Remark]:
    """Yield what aggregation does: an empty selector takes in all roles, a label adds to the roles of other people."""
    path: Path = (*role.path, "aggregationRule", "clusterRoleSelectors")
    selectors = dig(role.data, "aggregationRule", "clusterRoleSelectors")
    for at, selector in enumerate(selectors if isinstance(selectors, list) else ()):
        if selector == {}:
            yield _remark(role, (*path, at), "takes in the rules of every ClusterRole", "name labels", Severity.ERROR)
    labels = dig(role.data, "metadata", "labels")
    for key, value in labels.items() if isinstance(labels, Mapping) else ():
        target = key.removeprefix(f"{_RBAC}/aggregate-to-")
        strong = [rule for rule in rules(role) if any(True for _ in _rule(role, rule))]
        if target != key and value == "true" and strong:
            place = (*role.path, "metadata", "labels", key)
            said = f"adds these rules to everybody who has the role {target}"
            yield _remark(
                role, place, said, "leave the label out, or the rules that are reported here", Severity.WARNING
            )


def _role_of(binding: Resource) -> Iterator[Remark]:
    if dig(binding.data, "roleRef", "kind") != "ClusterRole" or dig(binding.data, "roleRef", "name") != "cluster-admin":
        return
    everywhere = binding.kind == "ClusterRoleBinding"
    where = "everything in the cluster" if everywhere else "everything in the namespace"
    path = (*binding.path, "roleRef", "name")
    severity = Severity.ERROR if everywhere else Severity.WARNING
    yield _remark(binding, path, f"binds cluster-admin: {where}", "bind a role that lists what is needed", severity)


def _subjects(binding: Resource) -> Iterator[Remark]:
    role = dig(binding.data, "roleRef", "name")
    public = isinstance(role, str) and role in _PUBLIC
    for path, kind, name, _ in subjects(binding):
        if kind in {"Group", "User"} and name in GROUPS and not (public and name != "system:masters"):
            severity, why = GROUPS[name]
            yield _remark(binding, path, f"binds {name}: {why}", "name who needs the role", severity)
        elif kind == "Group" and name.startswith("system:serviceaccounts:"):
            why = f"binds every service account of namespace {name.rpartition(':')[2]}"
            yield _remark(binding, path, why, "name the accounts that need the role", Severity.WARNING)
        elif kind == "ServiceAccount" and name == "default":
            why = "binds the account default, which every pod runs as that names no account"
            yield _remark(binding, path, why, "give the workload that needs it its own account", Severity.WARNING)


def _breadth(binding: Resource, roles: Mapping[str, Resource]) -> Iterator[Remark]:
    """Yield where a RoleBinding would do: one namespace's accounts, and rules about things in namespaces alone."""
    role = roles.get(str(dig(binding.data, "roleRef", "name")))
    if binding.kind != "ClusterRoleBinding" or role is None or "aggregationRule" in role.data:
        return
    found = list(subjects(binding))
    homes = {namespace for _, kind, _, namespace in found if kind == "ServiceAccount"}
    if len(homes) != 1 or any(kind != "ServiceAccount" for _, kind, _, _ in found):
        return
    entries = list(rules(role))
    if entries and all(rule.is_namespaced for rule in entries):
        said = f"gives the rights of {role.name} in every namespace, though all of them are about things in namespaces"
        advice = "a RoleBinding in each namespace that it looks after would do"
        yield _remark(binding, (*binding.path, "roleRef"), said, advice, Severity.NOTE)


def _remark(resource: Resource, path: Path, message: str, advice: str, severity: Severity) -> Remark:
    said = f"{resource.kind} {resource.name} {message}"
    return Remark(resource, Finding(path, said, NoFix(advice), control=CONTROL), severity)
