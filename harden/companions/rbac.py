"""The report on roles and bindings: rights that let their holder take more than the role says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.companions.model import Note
from harden.companions.rights import CLUSTER_WIDE, POWERS, Power
from harden.kube.bundle import Bundle
from harden.kube.rbac import Rule, is_rbac, role_of, rules, subjects
from harden.model.finding import Finding, NoFix, Severity
from harden.model.kube import Resource, dig
from harden.model.text import Path

CONTROL = "rbac"

_ROLES, _BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
_RBAC = "rbac.authorization.k8s.io"

#: What a group of subjects means, and how bad it is to bind a role to it.
GROUPS: Mapping[str, tuple[Severity, str]] = {
    "system:masters": (Severity.ERROR, "its members may do everything, whatever the roles say, and cannot be revoked"),
    "system:unauthenticated": (
        Severity.ERROR,
        "whoever reaches the API server is in it without a login, unless it refuses anonymous requests",
    ),
    "system:anonymous": (
        Severity.ERROR,
        "whoever reaches the API server is it without a login, unless it refuses anonymous requests",
    ),
    "system:authenticated": (Severity.WARNING, "every user and every service account is in it"),
    "system:serviceaccounts": (Severity.WARNING, "every service account of the cluster is in it"),
}

# Roles that Kubernetes itself binds to everybody (documentation, Using RBAC Authorization, "Discovery roles").
_PUBLIC = frozenset({"system:basic-user", "system:discovery", "system:public-info-viewer"})


def report(bundle: Bundle) -> tuple[Note, ...]:
    """Return what is to be said of the roles and bindings of a bundle, in its order; nothing of it is changed here."""
    roles = {resource.name: resource for resource in bundle.resources if is_rbac(resource, "ClusterRole")}
    found: list[Note] = []
    for resource in bundle.resources:
        if is_rbac(resource, *_ROLES):
            found += [
                *_aggregation(resource),
                *(remark for rule in rules(resource) for remark in _rule(resource, rule)),
            ]
        elif is_rbac(resource, *_BINDINGS):
            found += [*_role_of(resource, roles), *_subjects(resource), *_breadth(resource, roles)]
    return tuple(found)


def _rule(role: Resource, rule: Rule) -> Iterator[Note]:
    if rule.urls:
        yield from _urls(role, rule)
        return
    powers = [power for power in POWERS if _has(rule, power, everywhere=role.kind == "ClusterRole")]
    wide = _wildcards(rule)
    if not wide and not powers and "*" in rule.groups and rule.resources:
        said = f"allows {', '.join(rule.resources)} of every API group"
        path = (*rule.path, "apiGroups", rule.groups.index("*"))
        yield _remark(role, path, said, "name the group", Severity.NOTE)
    if not wide:
        for power in powers:
            yield _remark(role, rule.path, power.message, power.advice, power.severity, cis=power.cis)
        return
    cis = ("5.1.3", *dict.fromkeys(section for power in powers for section in power.cis))
    only_below = "*" not in rule.verbs and "*" not in rule.resources
    severity = max([Severity.NOTE if only_below else Severity.WARNING, *(power.severity for power in powers)])
    if "*" in rule.verbs and "*" in rule.resources and "*" in rule.groups:
        where = "" if role.kind == "ClusterRole" else " in its namespace"
        yield _remark(
            role, rule.path, f"may do everything with everything{where}", "list what it needs", severity, cis=cis
        )
        return
    said = "allows " + " and ".join(words for _, words in wide)
    said += "".join(f"; it {power.message}" for power in powers if power.severity > Severity.NOTE)
    advice = "list what it needs: what is added to the API later is allowed too"
    yield _remark(role, (*rule.path, *wide[0][0]), said, advice, severity, cis=cis)


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


def _has(rule: Rule, power: Power, *, everywhere: bool) -> bool:
    """Return whether a rule gives a power; `everywhere` says that it is of a ClusterRole.

    Names narrow a rule, but not `create` of whole objects: their name is not known then (Kubernetes documentation,
    Using RBAC Authorization, "Referring to resources"). They do narrow it for subresources.
    """
    resources = power.resources
    # Which extra of a user may be impersonated stands behind the slash: userextras/scopes.
    if power.verbs == ("impersonate",):
        resources += tuple(
            (group, resource) for group in rule.groups for resource in rule.resources if _is_extra(resource)
        )
    found = [
        (resource, verb)
        for resource in resources
        for verb in power.verbs
        if rule.allows(*resource, verb) and (everywhere or not _is_cluster_wide(resource, verb))
    ]
    if not rule.names:
        return bool(found) and not power.only_named
    if not power.names.isdisjoint(rule.names):
        return bool(found)
    return any(verb == "create" and "/" not in each[1] for each, verb in found)


def _is_cluster_wide(resource: tuple[str, str], verb: str) -> bool:
    return (
        resource in CLUSTER_WIDE or _is_extra(resource[1]) or (resource == (_RBAC, "clusterroles") and verb != "bind")
    )


def _is_extra(resource: str) -> bool:
    return resource.startswith("userextras/")


def _urls(role: Resource, rule: Rule) -> Iterator[Note]:
    for at, url in enumerate(rule.urls):
        if url in {"*", "/*"}:
            path = (*rule.path, "nonResourceURLs", at)
            yield _remark(role, path, "allows every path of the API server", "list the paths", Severity.WARNING)
    if role.kind == "Role":
        message = "a Role cannot allow nonResourceURLs: the API server refuses it"
        yield _remark(role, (*rule.path, "nonResourceURLs"), message, "use a ClusterRole", Severity.ERROR)


def _aggregation(role: Resource) -> Iterator[Note]:
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


def _role_of(binding: Resource, roles: Mapping[str, Resource]) -> Iterator[Note]:
    """Yield what it means to bind a role that may do everything, or nearly so.

    Source: Kubernetes documentation, Using RBAC Authorization, "User-facing roles": admin reads Secrets and writes
    roles of a namespace, edit reads Secrets and runs pods as any account of it.
    """
    kind, name = role_of(binding)
    if kind != "ClusterRole":
        return
    everywhere = binding.kind == "ClusterRoleBinding"
    path = (*binding.path, "roleRef", "name")
    advice = "bind a role that lists what is needed"
    if name == "cluster-admin" or (name in roles and _does_everything(roles[name])):
        said = (
            f"binds {name}: " if name == "cluster-admin" else f"binds {name}, which allows as much as cluster-admin: "
        )
        said += "everything in the cluster" if everywhere else "everything in the namespace"
        yield _remark(binding, path, said, advice, Severity.ERROR if everywhere else Severity.WARNING, cis=("5.1.1",))
    elif name in {"admin", "edit"} and everywhere:
        said = f"binds {name} in every namespace: it reads all Secrets and runs pods as any account"
        yield _remark(binding, path, said, "bind it in the namespaces that need it", Severity.WARNING)


def _does_everything(role: Resource) -> bool:
    """Return whether a rule of a role allows every verb on every resource of every API group."""
    return any(
        "*" in rule.verbs and "*" in rule.resources and "*" in rule.groups and not rule.names for rule in rules(role)
    )


def _subjects(binding: Resource) -> Iterator[Note]:
    role = dig(binding.data, "roleRef", "name")
    public = isinstance(role, str) and role in _PUBLIC
    for path, kind, name, _ in subjects(binding):
        if kind in {"Group", "User"} and name in GROUPS and not (public and name != "system:masters"):
            severity, why = GROUPS[name]
            cis = ("5.1.7",) if name == "system:masters" else ()
            yield _remark(binding, path, f"binds {name}: {why}", "name who needs the role", severity, cis=cis)
        elif kind == "Group" and name.startswith("system:serviceaccounts:"):
            why = f"binds every service account of namespace {name.rpartition(':')[2]}"
            yield _remark(binding, path, why, "name the accounts that need the role", Severity.WARNING)
        elif kind == "ServiceAccount" and name == "default":
            why = "binds the account default, which every pod runs as that names no account"
            advice = "give the workload that needs it its own account"
            yield _remark(binding, path, why, advice, Severity.WARNING, cis=("5.1.5",))


def _breadth(binding: Resource, roles: Mapping[str, Resource]) -> Iterator[Note]:
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


def _remark(  # noqa: PLR0913 - each stands for itself
    resource: Resource, path: Path, message: str, advice: str, severity: Severity, *, cis: tuple[str, ...] = ()
) -> Note:
    said = f"{resource.kind} {resource.name} {message}"
    return Note(resource, Finding(path, said, NoFix(advice), control=CONTROL, cis=cis), severity)
