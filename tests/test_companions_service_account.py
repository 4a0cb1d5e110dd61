"""Service accounts: who gets its own, who keeps `default` and why, and what moves with a split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from companion_bundles import bundle, checked, corpus_bundles
from requirements import corpus

from harden.companions.model import Answer, Step
from harden.companions.ownership import settle
from harden.companions.service_account import split
from harden.kube.accounts import account_of
from harden.kube.api_use import in_pod
from harden.kube.bundle import gather
from harden.model.finding import NoFix, Risk, SetField, Severity

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


def workload(
    name: str, kind: str = "Deployment", container: Mapping[str, Any] | None = None, **pod: Any
) -> dict[str, Any]:
    each = {"name": "c", "image": "registry.test/app:1", **(container or {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [each], **pod}}
    spec: dict[str, Any] = {"template": template}
    if kind == "CronJob":
        spec = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
    group = {"CronJob": "batch/v1", "Job": "batch/v1"}.get(kind, "apps/v1")
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def account(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", **more.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


def binding(kind: str = "RoleBinding", *subjects: Mapping[str, str], namespace: str = "shop") -> dict[str, Any]:
    found: dict[str, Any] = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": list(subjects),
    }
    if kind == "RoleBinding":
        found["metadata"]["namespace"] = namespace
    return found


DEFAULT = {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}


def is_known(image: str) -> bool:
    return image.startswith("registry.test/operator")


def asked(*objects: Mapping[str, Any], owns: Iterable[str] = (), written: Iterable[tuple[str, str]] = ()) -> Answer:
    held = bundle(*objects)
    return split(held, settle(held, owns), is_known, frozenset(written))


def accounts(steps: Iterable[Step]) -> dict[str, dict[str, Any]]:
    return {companion.name: checked(companion) for step in steps for companion in step.companions}


def test_a_workload_on_default_gets_its_own_account_without_a_token() -> None:
    answer = asked(workload("web"))
    (step,) = answer.steps
    (remark,) = step.remarks
    assert remark.finding.changes == (SetField(("spec", "template", "spec", "serviceAccountName"), "web"),)
    assert remark.finding.risk is Risk.REVIEW
    made = accounts([step])["web"]
    assert made["automountServiceAccountToken"] is False
    assert made["metadata"] == {"name": "web", "namespace": "shop"}
    assert (answer.companions, answer.remarks, answer.offers) == ((), (), ())


def test_a_cron_job_is_changed_where_its_pod_is() -> None:
    (step,) = asked(workload("clean", "CronJob")).steps
    (change,) = step.remarks[0].finding.changes
    assert change.path == ("spec", "jobTemplate", "spec", "template", "spec", "serviceAccountName")


def test_the_old_field_is_set_too_where_it_stands() -> None:
    (step,) = asked(workload("web", serviceAccount="default")).steps
    assert [change.path[-1] for change in step.remarks[0].finding.changes] == ["serviceAccountName", "serviceAccount"]


def test_an_account_has_no_namespace_where_the_workload_has_none() -> None:
    web = workload("web")
    del web["metadata"]["namespace"]
    (step,) = asked(web).steps
    assert "namespace" not in accounts([step])["web"]["metadata"]


@pytest.mark.parametrize("pod", [{"serviceAccountName": "web"}, {"serviceAccount": "web"}])
def test_a_workload_with_an_account_is_left_alone(pod: Mapping[str, str]) -> None:
    assert asked(workload("web", **pod)) == Answer()


def test_pull_secrets_of_the_old_account_are_carried_over() -> None:
    old = account("default", imagePullSecrets=[{"name": "registry"}, {"name": "on"}], secrets=[{"name": "token"}])
    made = accounts(asked(workload("web"), old).steps)["web"]
    assert made["imagePullSecrets"] == [{"name": "registry"}, {"name": "on"}]
    assert "secrets" not in made
    elsewhere = account("default", imagePullSecrets=[{"name": "registry"}], metadata={"namespace": "other"})
    assert "imagePullSecrets" not in accounts(asked(workload("web"), elsewhere).steps)["web"]


def test_names_that_stand_for_something_are_not_taken() -> None:
    names = set(accounts(asked(workload("web"), workload("web", "CronJob")).steps))
    assert names == {"web", "web-cronjob"}
    assert set(accounts(asked(workload("web"), account("web")).steps)) == {"web-deployment"}
    assert set(accounts(asked(workload("web"), workload("api", serviceAccountName="web")).steps)) == {"web-deployment"}
    both = asked(workload("web"), account("web"), account("web-deployment")).steps
    assert set(accounts(both)) == {"web-2"}


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
        {"kind": "User", "name": "system:serviceaccount:shop:web"},
    ],
)
def test_a_new_account_inherits_no_rights(subject: Mapping[str, str]) -> None:
    assert set(accounts(asked(workload("web"), binding("ClusterRoleBinding", subject)).steps)) == {"web-deployment"}


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "ServiceAccount", "name": "web", "namespace": "far"},
        {"kind": "User", "name": "system:serviceaccount:far:web"},
        {"kind": "Group", "name": "web"},
        {"kind": "User", "name": "web"},
    ],
)
def test_rights_that_no_account_of_the_namespace_has_take_no_name(subject: Mapping[str, str]) -> None:
    assert set(accounts(asked(workload("web"), binding("ClusterRoleBinding", subject)).steps)) == {"web"}


def test_two_versions_of_one_workload_get_one_account_together() -> None:
    held = gather([("a.yaml", 0, workload("web")), ("b.yaml", 0, workload("web"))])
    (step,) = split(held, settle(held), is_known).steps
    assert [remark.resource.source for remark in step.remarks] == ["a.yaml", "b.yaml"]
    assert [companion.name for companion in step.companions] == ["web"]


def test_the_same_name_in_two_namespaces_gets_two_accounts() -> None:
    other = workload("web")
    other["metadata"]["namespace"] = "other"
    found = [companion for step in asked(workload("web"), other).steps for companion in step.companions]
    assert [(each.namespace, each.name) for each in found] == [("other", "web"), ("shop", "web")]


def test_a_second_run_writes_the_same_account_and_changes_nothing() -> None:
    old = account("default", automountServiceAccountToken=False, imagePullSecrets=[{"name": "registry"}])
    (first,) = asked(workload("web"), old).steps
    again = asked(workload("web", serviceAccountName="web"), old, written=[("shop", "web")])
    assert again.companions == first.companions
    assert (again.steps, again.remarks) == ((), ())
    assert asked(workload("web", serviceAccountName="web"), old, written=[("other", "web")]) == Answer()


def test_a_second_run_after_a_move_writes_the_same_account() -> None:
    (first,) = asked(NAMESPACE, workload("web"), binding("RoleBinding", DEFAULT)).steps
    moved = binding("RoleBinding", {**DEFAULT, "name": "web"})
    again = asked(NAMESPACE, workload("web", serviceAccountName="web"), moved, written=[("shop", "web")])
    assert again.companions == first.companions
    assert again.steps == ()


@pytest.mark.parametrize(
    "bound",
    [
        binding("RoleBinding", DEFAULT),
        binding("RoleBinding", {"kind": "ServiceAccount", "name": "default"}),
        binding("ClusterRoleBinding", DEFAULT),
        binding("RoleBinding", DEFAULT, namespace="other"),
        binding("RoleBinding", {"kind": "User", "name": "system:serviceaccount:shop:default"}),
        binding("RoleBinding", {"kind": "Group", "name": "system:serviceaccounts:shop"}),
        binding("ClusterRoleBinding", {"kind": "Group", "name": "system:serviceaccounts"}),
    ],
)
def test_a_workload_whose_account_has_rights_keeps_it(bound: Mapping[str, Any]) -> None:
    answer = asked(workload("web"), bound)
    assert answer.steps == ()
    assert [remark.severity for remark in answer.remarks] == [Severity.NOTE]
    assert "Binding reader names" in answer.remarks[0].finding.message
    assert answer.remarks[0].finding.changes == ()


@pytest.mark.parametrize(
    "bound",
    [
        binding("RoleBinding", {**DEFAULT, "namespace": "other"}),
        binding("RoleBinding", {"kind": "ServiceAccount", "name": "default"}, namespace="other"),
        binding("RoleBinding", {"kind": "User", "name": "default"}),
        binding("RoleBinding", {"kind": "Group", "name": "system:serviceaccounts:other"}),
        binding("RoleBinding"),
    ],
)
def test_rights_of_others_are_no_reason(bound: Mapping[str, Any]) -> None:
    assert len(asked(workload("web"), bound).steps) == 1


def test_an_account_that_nobody_makes_is_named_where_these_files_decide() -> None:
    lost = workload("web", serviceAccountName="lost")
    (remark,) = asked(NAMESPACE, lost, account("api")).remarks
    assert (remark.severity, remark.finding.path) == (Severity.WARNING, ("spec", "template", "spec"))
    assert "account lost, which none of these files makes" in remark.finding.message
    # Elsewhere somebody else may make it.
    assert asked(lost, account("api")).remarks == ()
    assert asked(NAMESPACE, lost, account("lost")).remarks == ()
    assert asked(NAMESPACE, workload("web", serviceAccount="api"), account("api")).remarks == ()
    assert asked(NAMESPACE, lost, written=[("shop", "lost")]).remarks == ()


def test_the_account_default_gives_no_token_where_nothing_runs_as_it() -> None:
    own = (NAMESPACE, workload("web", serviceAccountName="web"), account("web"))
    (remark,) = asked(*own, account("default")).remarks
    assert remark.resource.name == "default"
    assert remark.finding.changes == (SetField(("automountServiceAccountToken",), value=False),)
    assert asked(*own, account("default", automountServiceAccountToken=False)).remarks == ()
    assert asked(*own).remarks == ()


@pytest.mark.parametrize(
    "objects",
    [
        (workload("web", serviceAccountName="web"), account("web"), account("default")),
        (NAMESPACE, account("default", automountServiceAccountToken=True)),
        (NAMESPACE, account("default"), binding("RoleBinding", DEFAULT)),
        (account("default"),),
    ],
    ids=["a namespace of others", "somebody asked for it", "it has rights", "nothing else is there"],
)
def test_the_token_of_default_is_only_told_where_somebody_may_need_it(objects: tuple[Mapping[str, Any], ...]) -> None:
    (remark,) = asked(*objects).remarks
    assert remark.finding.changes == ()
    assert isinstance(remark.finding.fix, NoFix)


def test_the_subject_moves_with_the_only_workload_of_an_owned_namespace() -> None:
    other = {"kind": "User", "name": "jane"}
    bindings = (binding("RoleBinding", other, DEFAULT), binding("ClusterRoleBinding", DEFAULT))
    others = (workload("api", serviceAccountName="api"), account("api"))
    answer = asked(NAMESPACE, workload("web"), *others, *bindings)
    (step,) = answer.steps
    assert answer.remarks == ()
    changed = [(remark.resource.kind, *remark.finding.changes) for remark in step.remarks]
    assert changed == [
        ("Deployment", SetField(("spec", "template", "spec", "serviceAccountName"), "web")),
        ("RoleBinding", SetField(("subjects", 1, "name"), "web")),
        ("ClusterRoleBinding", SetField(("subjects", 0, "name"), "web")),
    ]
    # It needs the token now that it has the rights.
    assert "automountServiceAccountToken" not in accounts([step])["web"]


@pytest.mark.parametrize(
    "more",
    [
        [workload("api")],
        [binding("RoleBinding", {"kind": "Group", "name": "system:serviceaccounts:shop"})],
        [{"apiVersion": "kafka.strimzi.io/v1", "kind": "Kafka", "metadata": {"name": "k", "namespace": "shop"}}],
    ],
    ids=["another-workload", "by-group", "operator"],
)
def test_a_subject_stays_where_others_may_need_it(more: list[Mapping[str, Any]]) -> None:
    answer = asked(NAMESPACE, workload("web"), binding("RoleBinding", DEFAULT), *more)
    assert answer.steps == ()
    assert len(answer.remarks) == 1 + (more[0]["kind"] == "Deployment")


def test_an_identity_in_a_cloud_is_not_lost() -> None:
    for key in ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"):
        answer = asked(workload("web"), account("default", metadata={"annotations": {key: "secret-value"}}))
        assert answer.steps == ()
        assert key in answer.remarks[0].finding.message
        assert "secret-value" not in repr(answer.remarks[0].finding)


TOKEN_VOLUME = {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "audience": "vault"}}]}}
OWN_NAMESPACE = {"name": "NS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
USES = {
    "asks": ({}, {"automountServiceAccountToken": True}),
    "projected": ({}, {"volumes": [TOKEN_VOLUME]}),
    "image": ({"image": "registry.test/operator:1"}, {}),
    "mounted": ({"volumeMounts": [{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount/"}]}, {}),
    "kubeconfig": ({"args": ["--kubeconfig=/k"]}, {}),
    "in-cluster": ({"args": ["--in-cluster"]}, {}),
    "leader": ({"args": ["--leader-elect"]}, {}),
    "leader-true": ({"args": ["-enable-leader-election=true"]}, {}),
    "election-id": ({"args": ["--election-id", "x"]}, {}),
    "traefik": ({"args": ["--providers.docker", "--provider.kubernetesingress"]}, {}),
    "kubectl": ({"command": ["sh", "-c", "set -e; kubectl get pods"]}, {}),
    "url": ({"args": ["--target=https://kubernetes.default.svc:443"]}, {}),
    "script": ({"args": ["curl https://$KUBERNETES_SERVICE_HOST"]}, {}),
    "token-file": ({"args": ["cat /run/secrets/kubernetes.io/serviceaccount/token"]}, {}),
    "env-name": ({"env": [{"name": "KUBERNETES_SERVICE_HOST", "value": "x"}]}, {}),
    "env-value": ({"env": [{"name": "API", "value": "https://kubernetes.default"}]}, {}),
    "watch": ({"env": [{"name": "WATCH_NAMESPACE", "value": ""}]}, {}),
    "namespace": ({"args": ["--namespace=$(NS)"], "env": [OWN_NAMESPACE]}, {}),
    "namespace-apart": ({"args": ["--configmap-namespace", "$(NS)"], "env": [OWN_NAMESPACE]}, {}),
}
USES |= {
    "role": ({"env": [{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/x"}]}, {}),
    "secrets-store": ({}, {"volumes": [{"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io"}}]}),
    "switch": ({"env": [{"name": "HZ_NETWORK_JOIN_KUBERNETES_ENABLED", "value": "true"}]}, {}),
    "prefix": ({"env": [{"name": "PATRONI_KUBERNETES_LABELS", "value": "{a: b}"}]}, {}),
    "cloud": ({"env": [{"name": "SPRING_CLOUD_KUBERNETES_CONFIG_NAME", "value": "x"}]}, {}),
    "k8s": ({"env": [{"name": "DISCOVERY_K8S", "value": "x"}]}, {}),
    "executor": ({"env": [{"name": "AIRFLOW__CORE__EXECUTOR", "value": "KubernetesExecutor"}]}, {}),
    "spark": ({"args": ["--conf", "spark.kubernetes.namespace=shop"]}, {}),
    "spark-master": ({"args": ["--master=k8s://https://api"]}, {}),
    "kopf": ({"command": ["kopf", "run", "main.py"]}, {}),
}
NO_USES = {
    "another-role": ({"env": [{"name": "AWS_ROLE_ARN_DOCS", "value": "x"}]}, {}),
    "another-driver": ({}, {"volumes": [{"name": "v", "csi": {"driver": "ebs.csi.aws.com"}}]}),
    "switch-off": ({"env": [{"name": "HZ_NETWORK_JOIN_KUBERNETES_ENABLED", "value": "false"}]}, {}),
    "trace-label": (
        {"env": [{"name": "K8S_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
        {},
    ),
    "inside-a-word": ({"env": [{"name": "MYK8SISH", "value": "x"}]}, {}),
    "other-executor": ({"env": [{"name": "AIRFLOW__CORE__EXECUTOR", "value": "CeleryExecutor"}]}, {}),
    "spark-elsewhere": ({"args": ["--conf", "spark.executor.memory=1g"]}, {}),
    "token-off": ({}, {"automountServiceAccountToken": False}),
    "another-volume": ({}, {"volumes": [{"name": "p", "projected": {"sources": [{"secret": {"name": "s"}}]}}]}),
    "another-image": ({"image": "registry.test/web"}, {}),
    "namespace-as-label": ({"args": ["--tag=$(NS)"], "env": [OWN_NAMESPACE]}, {}),
    "namespace-fixed": ({"args": ["--namespace=shop"]}, {}),
    "own-variable": ({"env": [OWN_NAMESPACE]}, {}),
    "like-a-flag": ({"args": ["--leader-election-demo_mode", "--in-clustering", "leader-elect"]}, {}),
    "like-a-word": ({"args": ["kubectl-free", "my.kubernetes.default-theme", "--theme=kubernetes"]}, {}),
    "like-a-variable": ({"env": [{"name": "MY_KUBECONFIG_DOCS", "value": "kubernetes"}]}, {}),
    "from-secret": ({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, {}),
}


@pytest.mark.parametrize("name", USES)
def test_signs_of_api_use_keep_the_account(name: str) -> None:
    container, pod = USES[name]
    answer = asked(workload("web", container=container, **pod))
    assert answer.steps == ()
    assert len(answer.remarks) == 1


@pytest.mark.parametrize("name", NO_USES)
def test_what_is_no_sign_of_api_use(name: str) -> None:
    container, pod = NO_USES[name]
    assert len(asked(workload("web", container=container, **pod)).steps) == 1


def config_map(text: str, key: str = "app.conf") -> dict[str, Any]:
    metadata = {"name": "conf", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: text}}


MOUNTED = {"volumes": [{"name": "v", "configMap": {"name": "conf"}}]}


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("cluster_formation.peer_discovery_backend = k8s", True),
        ("cluster_formation.peer_discovery_backend = rabbit_peer_discovery_k8s", True),
        ("[[inputs.kube]]\n  bearer_token = '/var/run/secrets/kubernetes.io/serviceaccount/token'", True),
        ('[runners]\n  executor = "kubernetes"', True),
        ("url: https://kubernetes.default.svc", True),
        ("# set peer_discovery_backend = k8s in a cluster", False),
        ("cluster_formation.peer_discovery_backend = dns", False),
        ("docs: https://example.test/kubernetes.default-theme", False),
        ('executor = "docker"', False),
    ],
)
def test_mounted_configuration_shows_use(text: str, shows: bool) -> None:  # noqa: FBT001 - a table
    answer = asked(workload("web", **MOUNTED), config_map(text))
    assert (answer.steps == ()) is shows
    other = asked(workload("web"), config_map(text))
    assert len(other.steps) == 1, "nobody mounts it"


def test_variables_of_a_config_map_show_use() -> None:
    source = {"envFrom": [{"configMapRef": {"name": "conf"}}]}
    assert asked(workload("web", container=source), config_map("KubernetesExecutor", "EXECUTOR")).steps == ()
    assert len(asked(workload("web", container=source), config_map("LocalExecutor", "EXECUTOR")).steps) == 1


@pytest.mark.parametrize(
    ("key", "value", "keeps"),
    [
        ("dapr.io/enabled", "true", True),
        ("vault.hashicorp.com/agent-inject", "true", True),
        ("consul.hashicorp.com/connect-inject", "true", True),
        ("vault.hashicorp.com/agent-inject", "false", False),
        ("example.test/vault", "true", False),
    ],
)
def test_sidecars_that_log_in_with_the_token_keep_the_account(key: str, value: str, keeps: bool) -> None:  # noqa: FBT001 - a table
    web = workload("web")
    web["spec"]["template"]["metadata"]["annotations"] = {key: value}
    assert (asked(web).steps == ()) is keeps


def test_evidence_names_its_place_and_no_value() -> None:
    env = [{"name": "A", "value": "x"}, {"name": "API", "value": "https://user:hunter2@kubernetes.default"}]
    (member,) = bundle(workload("web", container={"env": env, "args": ["--kubeconfig=/hunter2"]})).members
    found = in_pod(member.workload, is_known)
    assert [each.path[-2:] for each in found] == [("args", 0), ("env", 1)]
    assert "hunter2" not in repr(found)


def test_the_account_is_read_as_the_api_server_reads_it() -> None:
    pods = [
        {},
        {"serviceAccountName": ""},
        {"serviceAccount": "old"},
        {"serviceAccountName": "new", "serviceAccount": "old"},
    ]
    found = [account_of(bundle(workload("web", **pod)).members[0].workload) for pod in pods]
    assert found == ["default", "default", "old", "new"]


def test_the_corpus_gets_accounts_that_pass_the_schema_and_inherit_nothing() -> None:
    made = 0
    for _, held in corpus_bundles(corpus()):
        answer = split(held, settle(held), is_known)
        assert answer == split(held, settle(held), is_known)
        existing = {(resource.namespace or "default", resource.name) for resource in held.of_kind("ServiceAccount")}
        new = [companion for step in answer.steps for companion in step.companions]
        names = [(each.namespace or "default", each.name) for each in new]
        assert len(set(names)) == len(names)
        assert not existing & set(names)
        for each in new:
            checked(each)
        made += len(new)
    assert made > 100
