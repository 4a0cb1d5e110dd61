"""The report on roles and bindings: what must be said, and what must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle, corpus_bundles
from requirements import corpus

from harden.companions.model import Note
from harden.companions.rbac import report
from harden.model.finding import Severity

GROUP = "rbac.authorization.k8s.io"


def role(*rules: Mapping[str, Any], kind: str = "Role", **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "r", **more.pop("metadata", {})}
    if kind == "Role":
        metadata["namespace"] = "shop"
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "rules": list(rules), **more}


def rule(resources: str, verbs: str, group: str = "", **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}


def binding(
    name: str, *subjects: Mapping[str, str], kind: str = "RoleBinding", target: str = "ClusterRole"
) -> dict[str, Any]:
    metadata = {"name": "b"} if kind == "ClusterRoleBinding" else {"name": "b", "namespace": "shop"}
    ref = {"apiGroup": GROUP, "kind": target, "name": name}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "roleRef": ref, "subjects": list(subjects)}


def said(*objects: Mapping[str, Any]) -> list[Note]:
    return list(report(bundle(*objects)))


ACCOUNT = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}

FLAGGED_RULES = [
    (rule("*", "*", "*"), Severity.ERROR, (), "everything with everything"),
    (rule("pods", "*"), Severity.WARNING, ("verbs", 0), "every verb"),
    (rule("leases */status", "patch"), Severity.WARNING, ("resources", 1), "status of every resource"),
    (rule("*/exec", "create"), Severity.WARNING, ("resources", 0), "exec of every resource; it may run commands"),
    (rule("*", "*", "argoproj.io"), Severity.WARNING, ("verbs", 0), "every verb and every resource"),
    (rule("secrets", "get"), Severity.WARNING, (), "may read Secrets"),
    (rule("configmaps secrets", "list"), Severity.WARNING, (), "may read Secrets"),
    (rule("secrets", "watch", "*"), Severity.WARNING, (), "may read Secrets"),
    (rule("secrets", "*", resourceNames=["a"]), Severity.WARNING, ("verbs", 0), "every verb"),
    (rule("pods/exec", "create"), Severity.WARNING, (), "run commands"),
    (rule("pods/exec", "get"), Severity.WARNING, (), "run commands"),
    (rule("pods/attach", "create"), Severity.WARNING, (), "run commands"),
    (rule("pods/ephemeralcontainers", "patch"), Severity.WARNING, (), "add containers"),
    (rule("serviceaccounts/token", "create"), Severity.ERROR, (), "tokens"),
    (rule("roles", "escalate", GROUP), Severity.ERROR, (), "does not have"),
    (rule("clusterroles", "bind", GROUP), Severity.ERROR, (), "does not have"),
    (rule("serviceaccounts", "impersonate"), Severity.ERROR, (), "somebody else"),
    (rule("namespaces", "patch"), Severity.WARNING, (), "Pod Security labels"),
    (rule("pods", "create"), Severity.NOTE, (), "may start pods"),
    (rule("jobs", "create get", "batch"), Severity.NOTE, (), "may start pods"),
    (rule("pods", "create", resourceNames=["a"]), Severity.NOTE, (), "may start pods"),
]


# Cluster-wide things: a ClusterRole gives them, a Role nothing of them.
ADMISSION = "admissionregistration.k8s.io"
CLUSTER_WIDE = [
    (rule("users groups", "impersonate"), Severity.ERROR, "somebody else"),
    (rule("userextras/scopes", "impersonate", "authentication.k8s.io"), Severity.ERROR, "somebody else"),
    (rule("certificatesigningrequests/approval", "update", "certificates.k8s.io"), Severity.ERROR, "certificates"),
    (rule("nodes/proxy", "get"), Severity.ERROR, "kubelets"),
    (rule("nodes", "patch"), Severity.WARNING, "labels and taints"),
    (rule("persistentvolumes", "create"), Severity.WARNING, "any folder"),
    (rule("mutatingwebhookconfigurations", "update", ADMISSION), Severity.WARNING, "admission webhook"),
    (rule("validatingwebhookconfigurations", "delete", ADMISSION), Severity.WARNING, "switch its checks off"),
    (rule("validatingadmissionpolicies", "patch", ADMISSION), Severity.WARNING, "admission policies"),
    (rule("mutatingadmissionpolicybindings", "create", ADMISSION), Severity.WARNING, "admission policies"),
    (rule("apiservices", "create", "apiregistration.k8s.io"), Severity.WARNING, "API server's place"),
    (rule("customresourcedefinitions", "delete", "apiextensions.k8s.io"), Severity.WARNING, "custom kinds"),
    (rule("clusterroles", "escalate", GROUP), Severity.ERROR, "does not have"),
    (rule("clusterroles clusterrolebindings", "create", GROUP), Severity.NOTE, "pass on"),
]


@pytest.mark.parametrize(("entry", "severity", "words"), CLUSTER_WIDE)
def test_what_only_a_cluster_role_gives(entry: Mapping[str, Any], severity: Severity, words: str) -> None:
    (each,) = said(role(entry, kind="ClusterRole"))
    assert each.severity is severity
    assert words in each.finding.message
    assert said(role(entry, kind="Role")) == []


def test_every_resource_of_a_role_is_every_one_of_its_namespace() -> None:
    (everywhere,) = said(role(rule("*", "get"), kind="ClusterRole"))
    (inside,) = said(role(rule("*", "get")))
    assert "kubelets" in everywhere.finding.message
    assert (everywhere.severity, inside.severity) == (Severity.ERROR, Severity.WARNING)
    assert "kubelets" not in inside.finding.message
    (whole,) = said(role(rule("*", "*", "*")))
    assert whole.finding.message.endswith("everything with everything in its namespace")


# In a namespace and in all of them.
MORE_RULES = [
    (rule("pods/portforward", "create"), Severity.WARNING, "every port"),
    (rule("pods/portforward", "get"), Severity.WARNING, "every port"),
    (rule("secrets", "create"), Severity.WARNING, "order tokens"),
    (rule("secrets", "patch"), Severity.WARNING, "order tokens"),
    (rule("secrets", "delete"), Severity.NOTE, "may delete Secrets"),
    (rule("secrets", "deletecollection"), Severity.NOTE, "may delete Secrets"),
    (rule("configmaps", "update"), Severity.NOTE, "settings"),
    (rule("configmaps", "delete"), Severity.NOTE, "settings"),
    (rule("deployments", "update", "apps"), Severity.NOTE, "what pods run"),
    (rule("statefulsets daemonsets", "patch", "apps"), Severity.NOTE, "what pods run"),
    (rule("cronjobs", "patch", "batch"), Severity.NOTE, "what pods run"),
    (rule("pods", "patch"), Severity.NOTE, "what pods run"),
    (rule("networkpolicies", "create", "networking.k8s.io"), Severity.WARNING, "policies close"),
    (rule("networkpolicies", "delete", "networking.k8s.io"), Severity.WARNING, "policies close"),
    (rule("endpoints", "update"), Severity.WARNING, "other addresses"),
    (rule("endpointslices", "create", "discovery.k8s.io"), Severity.WARNING, "other addresses"),
    (rule("events", "delete"), Severity.NOTE, "what happened"),
    (rule("events", "deletecollection", "events.k8s.io"), Severity.NOTE, "what happened"),
    (rule("services/status", "patch"), Severity.WARNING, "addresses of others"),
    (rule("roles", "update", GROUP), Severity.NOTE, "pass on"),
    (rule("rolebindings", "create", GROUP), Severity.NOTE, "pass on"),
    (rule("services", "get", "*"), Severity.NOTE, "of every API group"),
    (rule("securitycontextconstraints", "use", "security.openshift.io"), Severity.WARNING, "constraints"),
    (rule("securitycontextconstraints", "use", "security.openshift.io", resourceNames=["anyuid"]),
     Severity.WARNING, "constraints"),
    (rule("configmaps", "update get", resourceNames=["aws-auth"]), Severity.WARNING, "who logs in"),
    (rule("configmaps", "patch", resourceNames=["settings", "coredns"]), Severity.WARNING, "names lead"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "severity", "words"), MORE_RULES)
@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_rights_that_scanners_name(entry: Mapping[str, Any], severity: Severity, words: str, kind: str) -> None:
    (each,) = said(role(entry, kind=kind))
    assert each.severity is severity
    assert words in each.finding.message


@pytest.mark.parametrize(
    "entry",
    [
        rule("pods/portforward", "create", resourceNames=["db-0"]),
        rule("secrets", "update patch delete", resourceNames=["tls"]),
        rule("configmaps", "create get list"),
        rule("configmaps", "update patch", resourceNames=["lock"]),
        rule("configmaps", "get list watch", resourceNames=["aws-auth", "coredns"]),
        rule("deployments", "get list watch delete", "apps"),
        rule("deployments", "update", "apps", resourceNames=["web"]),
        rule("deployments/status", "patch", "apps"),
        rule("networkpolicies", "get list watch", "networking.k8s.io"),
        rule("networkpolicies", "create", "crd.projectcalico.org"),
        rule("endpoints endpointslices", "get list watch"),
        rule("events", "create patch"),
        rule("services", "create update delete"),
        rule("roles rolebindings", "get list watch delete", GROUP),
        rule("nodes", "get list watch"),
        rule("apiservices", "get", "apiregistration.k8s.io"),
        rule("customresourcedefinitions", "get list", "apiextensions.k8s.io"),
        rule("validatingadmissionpolicies", "get", ADMISSION),
        rule("securitycontextconstraints", "use", "security.openshift.io", resourceNames=["restricted-v2"]),
        rule("securitycontextconstraints", "get", "security.openshift.io"),
    ],
)
def test_rights_that_say_what_they_give(entry: Mapping[str, Any]) -> None:
    assert said(role(entry, kind="ClusterRole")) == []
    assert said(role(entry)) == []


def test_roles_that_are_cluster_admin_under_another_name() -> None:
    owner = role(rule("*", "*", "*"), kind="ClusterRole", metadata={"name": "owner"})
    found = [
        each
        for each in said(owner, binding("owner", ACCOUNT, kind="ClusterRoleBinding"))
        if "binds" in each.finding.message
    ]
    assert [(each.severity, each.finding.path) for each in found] == [(Severity.ERROR, ("roleRef", "name"))]
    assert "as much as cluster-admin" in found[0].finding.message
    group = role(rule("*", "*", "argoproj.io"), kind="ClusterRole", metadata={"name": "owner"})
    assert not any("binds" in each.finding.message for each in said(group, binding("owner", ACCOUNT)))


@pytest.mark.parametrize("name", ["admin", "edit"])
def test_admin_and_edit_in_every_namespace(name: str) -> None:
    (each,) = said(binding(name, ACCOUNT, kind="ClusterRoleBinding"))
    assert (each.severity, each.finding.path) == (Severity.WARNING, ("roleRef", "name"))
    assert said(binding(name, ACCOUNT)) == []


@pytest.mark.parametrize(("entry", "severity", "place", "words"), FLAGGED_RULES)
@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_a_rule_that_gives_more_than_it_says(
    entry: Mapping[str, Any], severity: Severity, place: tuple[str | int, ...], words: str, kind: str
) -> None:
    harmless = rule("configmaps", "get")
    (each,) = said(role(harmless, entry, kind=kind))
    assert (each.severity, each.finding.path) == (severity, ("rules", 1, *place))
    assert words in each.finding.message
    assert each.finding.message.startswith(f"{kind} r ")
    assert each.finding.reason
    assert (each.finding.changes, each.finding.risk, each.finding.control) == ((), None, "rbac")


@pytest.mark.parametrize(
    "entry",
    [
        rule("configmaps services endpoints", "get list watch"),
        rule("secrets", "get list watch", resourceNames=["tls"]),
        rule("secrets", "get", "bitnami.com"),
        rule("pods", "get list watch delete"),
        rule("pods/log", "get"),
        rule("pods/exec", "create", resourceNames=["db-0"]),
        rule("pods/status", "patch"),
        rule("deployments/scale", "update", "apps"),
        rule("serviceaccounts", "create get"),
        rule("serviceaccounts/token", "create", resourceNames=["web"]),
        rule("clusterroles", "bind", GROUP, resourceNames=["view"]),
        rule("users", "impersonate", resourceNames=["jane"]),
        rule("users", "get"),
        rule("nodes nodes/metrics nodes/stats", "get list watch"),
        rule("namespaces", "get list watch"),
        rule("persistentvolumes", "get list"),
        rule("leases", "create get update", "coordination.k8s.io"),
        rule("ingresses/status", "update", "networking.k8s.io"),
        rule("applications", "get list", "argoproj.io"),
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        {"verbs": ["get"]},
        {},
        "no rule",
    ],
)
def test_a_rule_that_says_what_it_gives(entry: Any) -> None:
    assert said(role(entry, kind="ClusterRole")) == []


def test_every_path_of_the_api_server() -> None:
    urls = {"nonResourceURLs": ["/healthz", "*"], "verbs": ["get"]}
    (each,) = said(role(urls, kind="ClusterRole"))
    assert each.finding.path == ("rules", 0, "nonResourceURLs", 1)
    refused = said(role({"nonResourceURLs": ["/healthz"], "verbs": ["get"]}))
    assert [each.severity for each in refused] == [Severity.ERROR]


def test_the_rules_of_others_count_for_nothing() -> None:
    other = {"apiVersion": "example.test/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [rule("*", "*", "*")]}
    assert said(other) == []


def test_an_aggregated_role_that_takes_in_everything() -> None:
    (each,) = said(role(kind="ClusterRole", aggregationRule={"clusterRoleSelectors": [{}]}))
    assert each.finding.path == ("aggregationRule", "clusterRoleSelectors", 0)
    assert each.severity is Severity.ERROR
    narrow = {"clusterRoleSelectors": [{"matchLabels": {"rbac.example.test/aggregate": "true"}}]}
    assert said(role(kind="ClusterRole", aggregationRule=narrow)) == []


def test_rules_that_are_added_to_the_roles_of_others() -> None:
    labels = {"labels": {f"{GROUP}/aggregate-to-view": "true", "app": "x"}}
    found = said(role(rule("secrets", "get"), kind="ClusterRole", metadata=labels))
    assert [each.finding.path for each in found] == [("metadata", "labels", f"{GROUP}/aggregate-to-view"), ("rules", 0)]
    assert said(role(rule("things", "get", "example.test"), kind="ClusterRole", metadata=labels)) == []


FLAGGED_SUBJECTS = [
    ({"kind": "Group", "name": "system:masters"}, Severity.ERROR),
    ({"kind": "Group", "name": "system:unauthenticated"}, Severity.ERROR),
    ({"kind": "User", "name": "system:anonymous"}, Severity.ERROR),
    ({"kind": "Group", "name": "system:authenticated"}, Severity.WARNING),
    ({"kind": "Group", "name": "system:serviceaccounts"}, Severity.WARNING),
    ({"kind": "Group", "name": "system:serviceaccounts:shop"}, Severity.WARNING),
    ({"kind": "ServiceAccount", "name": "default", "namespace": "shop"}, Severity.WARNING),
    ({"kind": "ServiceAccount", "name": "default"}, Severity.WARNING),
]


@pytest.mark.parametrize(("subject", "severity"), FLAGGED_SUBJECTS)
@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_a_subject_that_is_too_many(subject: Mapping[str, str], severity: Severity, kind: str) -> None:
    (each,) = said(binding("view", ACCOUNT, subject, kind=kind))
    assert (each.severity, each.finding.path) == (severity, ("subjects", 1))


@pytest.mark.parametrize(
    "subject",
    [
        ACCOUNT,
        {"kind": "User", "name": "jane"},
        {"kind": "Group", "name": "developers"},
        {"kind": "User", "name": "system:masters-of-none"},
        {"kind": "User", "name": "default"},
    ],
)
def test_a_subject_that_is_somebody(subject: Mapping[str, str]) -> None:
    assert said(binding("view", subject)) == []


def test_roles_that_kubernetes_binds_to_everybody() -> None:
    for name in ("system:discovery", "system:basic-user", "system:public-info-viewer"):
        everybody = {"kind": "Group", "name": "system:authenticated"}
        assert said(binding(name, everybody, kind="ClusterRoleBinding")) == []
    assert len(said(binding("system:discovery", {"kind": "Group", "name": "system:masters"}))) == 1


def test_cluster_admin() -> None:
    (each,) = said(binding("cluster-admin", ACCOUNT, kind="ClusterRoleBinding"))
    assert (each.severity, each.finding.path) == (Severity.ERROR, ("roleRef", "name"))
    (each,) = said(binding("cluster-admin", ACCOUNT))
    assert each.severity is Severity.WARNING
    assert said(binding("cluster-admin", ACCOUNT, target="Role")) == []
    assert said(binding("cluster-admin-viewer", ACCOUNT, kind="ClusterRoleBinding")) == []


def test_a_cluster_role_binding_where_a_role_binding_would_do() -> None:
    reader = role(rule("configmaps pods/log", "get"), rule("deployments", "list", "apps"), kind="ClusterRole")
    everywhere = binding("r", ACCOUNT, kind="ClusterRoleBinding")
    (each,) = said(reader, everywhere)
    assert (each.severity, each.finding.path) == (Severity.NOTE, ("roleRef",))


@pytest.mark.parametrize(
    ("rules", "subjects", "kind"),
    [
        ([rule("configmaps", "get")], [ACCOUNT], "RoleBinding"),
        ([rule("configmaps nodes", "get")], [ACCOUNT], "ClusterRoleBinding"),
        ([rule("namespaces", "list")], [ACCOUNT], "ClusterRoleBinding"),
        ([rule("configmaps", "get"), rule("things", "get", "example.test")], [ACCOUNT], "ClusterRoleBinding"),
        ([rule("ingressclasses", "get", "networking.k8s.io")], [ACCOUNT], "ClusterRoleBinding"),
        ([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}], [ACCOUNT], "ClusterRoleBinding"),
        ([rule("configmaps", "get")], [ACCOUNT, {"kind": "User", "name": "jane"}], "ClusterRoleBinding"),
        ([rule("configmaps", "get")], [ACCOUNT, {**ACCOUNT, "namespace": "other"}], "ClusterRoleBinding"),
        ([rule("configmaps", "get")], [], "ClusterRoleBinding"),
        ([], [ACCOUNT], "ClusterRoleBinding"),
    ],
)
def test_a_cluster_role_binding_that_is_needed(
    rules: list[Mapping[str, Any]], subjects: list[Mapping[str, str]], kind: str
) -> None:
    assert said(role(*rules, kind="ClusterRole"), binding("r", *subjects, kind=kind)) == []


def test_items_of_a_list_are_reported_where_they_stand() -> None:
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [role(rule("secrets", "get")), binding("cluster-admin", ACCOUNT)],
    }
    assert [each.finding.path for each in said(listed)] == [("items", 0, "rules", 0), ("items", 1, "roleRef", "name")]


def test_every_remark_of_the_corpus_has_a_place() -> None:
    count = 0
    for _, held in corpus_bundles(corpus()):
        for each in report(held):
            value: Any = each.resource.data
            for step in each.finding.path[len(each.resource.path) :]:
                value = value[step]
            count += 1
    assert count > 50


def test_known_facts_of_the_corpus() -> None:
    """Argo CD's controller may do everything; its Redis may do nothing."""
    found = {
        (each.resource.name, each.severity, each.finding.message.partition(" may ")[2])
        for _, held in corpus_bundles(corpus())
        for each in report(held)
        if each.resource.name.startswith("argocd-") and each.resource.kind == "ClusterRole"
    }
    assert ("argocd-application-controller", Severity.ERROR, "do everything with everything") in found
    assert not any("redis" in name for name, _, _ in found)
