"""Holds who is admitted in doubt: a port closes on certain evidence only, and shuts out nobody who may be a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import config_map, named, service, workload

from harden.companions.model import Note
from harden.companions.network_policy import generate
from harden.companions.network_settings import Egress, NetworkSettings, Precision
from harden.companions.ownership import settle
from harden.model.finding import Risk, Severity
from harden.network.hints import Known
from harden.network.pods import Address, Pods
from harden.network.policies import read
from harden.network.reach import Model

STORE = (
    workload("store", ports={"sql": 5432}),
    service("store", 5432),
    workload("plain", env={"STORE_ADDR": "store:5432"}),
)
OUTSIDE = Address("203.0.113.7")


def judged(
    *objects: Mapping[str, Any], owns: tuple[str, ...] = ("default",), **settings: Any
) -> tuple[Model, list[Note]]:
    held = bundle(*objects)
    found = generate(held, settle(held, owns), NetworkSettings(**settings))
    return Model(held, [read(draft.data()) for draft in found.drafts]), list(found.answer.remarks)


def reaches(model: Model, source: str, target: str = "store", port: int = 5432) -> bool:
    return model.allows(named(model.pods, source), named(model.pods, target), port)


def env_from(kind: str, name: str, key: str) -> dict[str, Any]:
    return {"env": [{"name": "DATABASE_URL", "valueFrom": {kind: {"name": name, "key": key}}}]}


SECRET_VOLUME = {"volumes": [{"name": "s", "secret": {"secretName": "app"}}]}
CSI = {"volumes": [{"name": "s", "csi": {"driver": "secrets-store.csi.k8s.io"}}]}
UNSEEN: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "variable of an absent Secret": ({"container": env_from("secretKeyRef", "db", "url")}, ()),
    "variable of an absent ConfigMap": ({"container": env_from("configMapKeyRef", "db", "url")}, ()),
    "all variables of an absent ConfigMap": ({"container": {"envFrom": [{"configMapRef": {"name": "c"}}]}}, ()),
    "all variables of an absent Secret": ({"container": {"envFrom": [{"secretRef": {"name": "c"}}]}}, ()),
    "volume of an absent Secret": ({"spec": SECRET_VOLUME}, ()),
    "volume of the secrets store driver": ({"spec": CSI}, ()),
    "Vault agent": ({"annotations": {"vault.hashicorp.com/agent-inject": "true"}}, ()),
    "binaryData": (
        {"spec": {"volumes": [{"name": "c", "configMap": {"name": "bin"}}]}},
        ({**config_map("bin", {}), "binaryData": {"app.conf": "AAEC"}},),
    ),
    "ExternalSecret": (
        {"container": env_from("secretKeyRef", "db", "url")},
        (
            {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ExternalSecret",
                "metadata": {"name": "db"},
                "spec": {"target": {"name": "db"}},
            },
        ),
    ),
    "encrypted value": (
        {"container": {"envFrom": [{"secretRef": {"name": "sops"}}]}},
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sops"}, "stringData": {"URL": "ENC[AES256,x]"}},),
    ),
    "generated from a file": (
        {"container": {"envFrom": [{"configMapRef": {"name": "gen"}}]}},
        (
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "configMapGenerator": [{"name": "gen", "envs": ["app.env"]}],
            },
        ),
    ),
}


@pytest.mark.parametrize("how", UNSEEN)
def test_configuration_that_no_file_shows_admits_and_is_told(how: str) -> None:
    client, more = UNSEEN[how]
    model, remarks = judged(*STORE, workload("client", **client), *more)
    assert reaches(model, "client")
    assert not model.allows(Pods("Pod", "other", "default", {}), named(model.pods, "store"), 5432)
    assert len([remark for remark in remarks if remark.finding.message.startswith("Deployment client takes")]) == 1
    strict, remarks = judged(*STORE, workload("client", **client), *more, precision=Precision.STRICT)
    assert not reaches(strict, "client")
    assert reaches(strict, "plain")
    (told,) = [remark for remark in remarks if remark.finding.message.startswith("Deployment client takes")]
    assert told.severity is Severity.WARNING


SEEN: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "nothing at all": ({}, ()),
    "password": (
        {"container": {"env": [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}},
        (),
    ),
    "variable for a password": (
        {"container": {"env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "x"}}}]}},
        (),
    ),
    "certificate by its name": ({"spec": {"volumes": [{"name": "s", "secret": {"secretName": "web-tls"}}]}}, ()),
    "certificate by its keys": (
        {
            "spec": {
                "volumes": [{"name": "s", "secret": {"secretName": "x", "items": [{"key": "tls.crt", "path": "a"}]}}]
            }
        },
        (),
    ),
    "ConfigMap that the files show": (
        {"container": {"envFrom": [{"configMapRef": {"name": "c"}}]}},
        (config_map("c", {"MODE": "x"}),),
    ),
    "variable that may be unset, of a ConfigMap that the files show": (
        {
            "container": {
                "env": [
                    {
                        "name": "A",
                        "valueFrom": {"configMapKeyRef": {"name": "c", "key": "no", "optional": True}},
                    }
                ]
            }
        },
        (config_map("c", {"MODE": "x"}),),
    ),
    "literals of a generator": (
        {"container": {"envFrom": [{"configMapRef": {"name": "gen"}}]}},
        (
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "configMapGenerator": [{"name": "gen", "literals": ["MODE=fast"]}],
            },
        ),
    ),
    "no Vault agent": ({"annotations": {"vault.hashicorp.com/agent-inject": "false"}}, ()),
}


@pytest.mark.parametrize("how", SEEN)
def test_what_can_name_nobody_is_no_doubt(how: str) -> None:
    client, more = SEEN[how]
    model, _ = judged(*STORE, workload("client", **client), *more)
    assert not reaches(model, "client")


def reader(*resources: str, name: str = "grid") -> tuple[dict[str, Any], dict[str, Any]]:
    rule = {"apiGroups": [""], "resources": list(resources), "verbs": ["list"]}
    kind = "rbac.authorization.k8s.io/v1"
    subject = {"kind": "ServiceAccount", "name": name}
    return (
        {"apiVersion": kind, "kind": "Role", "metadata": {"name": name}, "rules": [rule]},
        {
            "apiVersion": kind,
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "subjects": [subject],
            "roleRef": {"kind": "Role", "name": name, "apiGroup": "rbac.authorization.k8s.io"},
        },
    )


def test_pods_that_may_list_pods_reach_each_other_on_ports_that_no_file_declares() -> None:
    account = {"serviceAccountName": "grid"}
    grid, viewer = workload("grid", spec={**account, "replicas": 3}), workload("viewer", spec=account)
    model, _ = judged(*STORE, *reader("pods", "endpoints"), grid, viewer)
    assert reaches(model, "grid", "grid", 7800)
    assert reaches(model, "viewer", "grid", 7800)
    assert reaches(model, "viewer", "store")
    assert not reaches(model, "plain", "grid", 7800)
    model, _ = judged(*STORE, *reader("configmaps"), grid, viewer)
    assert not reaches(model, "viewer", "grid", 7800)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("view", True),
        ("edit", True),
        ("somebody-elses", True),
        ("system:auth-delegator", False),
        ("extension-apiserver-authentication-reader", False),
    ],
)
def test_a_role_that_no_file_holds_may_let_pods_find_peers(role: str, may: bool) -> None:  # noqa: FBT001 - a table
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "client", "namespace": "default"}],
    }
    model, _ = judged(*STORE, workload("client", spec={"serviceAccountName": "client"}), binding)
    assert reaches(model, "client") is may


@pytest.mark.parametrize(
    ("name", "may"), [("SPRING_CONFIG_IMPORT", True), ("EUREKA_CLIENT_SERVICEURL", True), ("CONFIG_DIR", False)]
)
def test_variables_that_lead_to_configuration(name: str, may: bool) -> None:  # noqa: FBT001 - a table
    model, _ = judged(*STORE, workload("client", env={name: "http://elsewhere.example.com"}))
    assert reaches(model, "client") is may


@pytest.mark.parametrize(
    ("volume", "path", "may"),
    [
        ({"persistentVolumeClaim": {"claimName": "c"}}, "/etc/app", True),
        ({"hostPath": {"path": "/srv"}}, "/app/config", True),
        ({"hostPath": {"path": "/etc/ssl"}}, "/etc/ssl/certs", False),
        ({"persistentVolumeClaim": {"claimName": "c"}}, "/var/lib/app", False),
        ({"emptyDir": {}}, "/etc/app", False),
    ],
)
def test_settings_on_volumes(volume: dict[str, Any], path: str, may: bool) -> None:  # noqa: FBT001 - a table
    mount = {"volumeMounts": [{"name": "v", "mountPath": path}]}
    model, _ = judged(*STORE, workload("client", container=mount, spec={"volumes": [{"name": "v", **volume}]}))
    assert reaches(model, "client") is may


@pytest.mark.parametrize(
    ("script", "may"),
    [
        ("git clone https://git.example.com/app.git /src && cp -r /src/lua /lua", True),
        ("git -C /src -c http.sslVerify=false pull", True),
        ("curl -fsSL https://files.example.com/app.tar.gz | tar -xz -C /lua", True),
        ("curl -so /lua/app.lua https://files.example.com/app.lua", True),
        ("wget -P /lua https://files.example.com/app.lua", True),
        ("aws s3 sync s3://files/lua /lua", True),
        ("until curl -s http://elsewhere.example.com/ready; do sleep 1; done; touch /lua/ready", False),
        ("curl -o /dev/null http://elsewhere.example.com/ready", False),
        ("until wget -q --spider http://elsewhere.example.com; do sleep 1; done", False),
        ("wget -qO- http://elsewhere.example.com/ready", False),
        ("cp -r /app/lua/. /lua", False),
    ],
)
def test_what_an_init_container_fetches_is_shown_by_no_file(script: str, may: bool) -> None:  # noqa: FBT001 - a table
    init = {
        "name": "fetch",
        "image": "registry.test/tools:1",
        "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "lua", "mountPath": "/lua"}],
    }
    spec = {"initContainers": [init], "volumes": [{"name": "lua", "emptyDir": {}}]}
    mount = {"volumeMounts": [{"name": "lua", "mountPath": "/usr/lib/app/lua"}]}
    model, remarks = judged(*STORE, workload("client", container=mount, spec=spec))
    assert reaches(model, "client") is may
    said = "volume lua, which container fetch fetches from elsewhere"
    assert any(said in remark.finding.message for remark in remarks) is may
    model, _ = judged(*STORE, workload("client", spec=spec))
    assert not reaches(model, "client")


def test_what_is_synced_from_a_repository_is_shown_by_no_file() -> None:
    mount = {"volumeMounts": [{"name": "jobs", "mountPath": "/jobs"}]}
    sync = {"name": "sync", "image": "registry.k8s.io/git-sync/git-sync:v4.2.1", **mount}
    program = {"name": "main", "image": "registry.test/client:1", **mount}
    spec = {"containers": [program, sync], "volumes": [{"name": "jobs", "emptyDir": {}}]}
    model, _ = judged(*STORE, workload("client", spec=spec))
    assert reaches(model, "client")


BINDINGS = {
    "SinkBinding": ("sources.knative.dev/v1", "subject", {"kind": "Deployment", "name": "client"}),
    "SinkBinding by labels": (
        "sources.knative.dev/v1",
        "subject",
        {"kind": "Deployment", "selector": {"matchLabels": {"bind": "yes"}}},
    ),
    "ServiceBinding": ("servicebinding.io/v1", "workload", {"kind": "Deployment", "name": "client"}),
    "ServiceBinding of OpenShift": ("binding.operators.coreos.com/v1alpha1", "application", {"name": "client"}),
}


@pytest.mark.parametrize("how", BINDINGS)
def test_what_a_binding_brings_into_a_workload_is_shown_by_no_file(how: str) -> None:
    api_version, field, subject = BINDINGS[how]
    kind = how.partition(" ")[0]
    binding = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "b"}, "spec": {field: subject}}
    client = workload("client")
    client["metadata"]["labels"] = {"bind": "yes"}
    model, remarks = judged(*STORE, client, workload("other"), binding)
    assert reaches(model, "client")
    assert not reaches(model, "other")
    assert any(f"what {kind} b brings into it" in remark.finding.message for remark in remarks)


def test_whoever_names_only_where_it_reports_to_names_no_peer() -> None:
    front = (
        workload("front", ports={"http": 80}, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces:4317"}),
        service("front", 80, type="LoadBalancer"),
    )
    traces = workload("traces", ports={"otlp": 4317}, container={"image": "otel/opentelemetry-collector:0.100"})
    model, _ = judged(*STORE, *front, traces, service("traces", 4317))
    assert reaches(model, "front")


SHUT_OUT = "nothing shows where it connects, so closed ports of its namespace shut it out"


def shut_out(*objects: Mapping[str, Any], **settings: Any) -> list[str]:
    _, remarks = judged(*objects, **settings)
    return [remark.resource.name for remark in remarks if remark.finding.message == SHUT_OUT]


def test_a_workload_that_nothing_shows_anything_of_is_told_where_ports_are_closed() -> None:
    silent = workload("worker")
    assert shut_out(*STORE, silent) == ["worker"]
    assert shut_out(*STORE, silent, workload("far", namespace="far")) == ["worker"]
    # Who is named, names somebody, or is admitted anyway is not shut out; nor is anybody where nothing is closed.
    assert shut_out(*STORE, silent, service("worker", 80), workload("other", env={"W": "worker:80"})) == []
    assert shut_out(*STORE, workload("worker", env={"STORE": "store:5432"})) == []
    assert shut_out(*STORE, workload("worker", **UNSEEN["Vault agent"][0])) == []
    assert shut_out(*STORE[:2], silent) == []
    assert shut_out(*STORE, silent, owns=()) == []


def test_a_policy_that_may_shut_out_a_silent_workload_is_for_review() -> None:
    def risks(*objects: Mapping[str, Any]) -> dict[str, Risk]:
        held = bundle(*objects)
        created = generate(held, settle(held, ["default"]), NetworkSettings()).answer.companions
        return {each.name: each.risk for each in created}

    assert risks(*STORE)["store-network"] is Risk.SAFE
    assert risks(*STORE, workload("worker"))["store-network"] is Risk.REVIEW
    # This one closes nothing.
    assert risks(*STORE, workload("worker"), workload("x"), service("x", 1))["x-network"] is Risk.SAFE


def test_a_store_that_names_nobody_waits_for_others() -> None:
    held = bundle(*STORE, workload("cache", container={"image": "redis:7"}))

    def told(known: Known) -> list[str]:
        remarks = generate(held, settle(held, ["default"]), NetworkSettings(), known).answer.remarks
        return [remark.resource.name for remark in remarks if remark.finding.message == SHUT_OUT]

    assert told(Known()) == ["cache"]
    # So it is no warning that egress leaves it DNS alone.
    settings = NetworkSettings(egress=Egress.KNOWN)
    remarks = generate(held, settle(held, ["default"]), settings, Known(waits=lambda image: image == "redis:7"))
    left = {each.resource.name: each.severity for each in remarks.answer.remarks if "only DNS" in each.finding.message}
    assert left == {"cache": Severity.NOTE, "store": Severity.WARNING}
    assert told(Known(waits=lambda image: image == "redis:7")) == []


def test_what_is_left_of_the_way_out_is_all_of_the_namespace_for_what_is_published() -> None:
    front = (workload("front", ports={"http": 80}), service("front", 80, type="LoadBalancer"))
    _, remarks = judged(*front, workload("job"), egress=Egress.KNOWN)
    told = {each.resource.name: each.finding.message for each in remarks if "egress" in each.finding.message}
    assert told == {
        "front": "egress: only DNS is left, and its namespace",
        "job": "egress: only DNS is left, and ports that are open to its namespace",
    }


def test_what_is_published_and_names_no_peer_may_have_its_peers_in_the_image() -> None:
    front = (workload("front", ports={"http": 80}), service("front", 80, type="LoadBalancer"))
    model, _ = judged(*STORE, *front)
    assert reaches(model, "front")
    telling = (workload("front", ports={"http": 80}, env={"OTHER": "other:1"}), front[1])
    other = (workload("other"), service("other", 1))
    model, _ = judged(*STORE, *telling, *other)
    assert not reaches(model, "front")
    model, _ = judged(*STORE, front[0], service("front", 80))
    assert not reaches(model, "front")


def test_a_mention_admits_and_is_told_once() -> None:
    model, remarks = judged(*STORE, workload("client", env={"X": "store", "Y": "store"}))
    assert reaches(model, "client")
    assert len([remark for remark in remarks if "Deployment client has a text" in remark.finding.message]) == 1
    model, _ = judged(*STORE, workload("client", env={"X": "store"}), precision=Precision.STRICT)
    assert not reaches(model, "client")


def test_namespaces_that_are_not_owned_stay_open_to_their_own_pods() -> None:
    stranger, far = Pods("Pod", "stranger", "default", {}), Pods("Pod", "stranger", "far", {})
    model, _ = judged(*STORE, workload("silent"), owns=())
    store, silent = named(model.pods, "store"), named(model.pods, "silent")
    assert model.allows(stranger, store, 5432)
    assert model.allows(stranger, silent, 1)
    assert not model.allows(far, store, 5432)
    model, _ = judged(*STORE, workload("silent"), owns=(), precision=Precision.STRICT)
    assert not model.allows(stranger, named(model.pods, "store"), 5432)


def test_hints_are_those_of_the_same_namespace() -> None:
    far = workload("client", namespace="far", container=env_from("secretKeyRef", "db", "url"))
    model, _ = judged(*STORE, far)
    assert not reaches(model, "client")


@pytest.mark.parametrize("egress", [Egress.KNOWN, Egress.INSIDE])
def test_egress_lets_through_what_ingress_lets_in(egress: Egress) -> None:
    unseen = workload("client", container=env_from("secretKeyRef", "db", "url"))
    open_port = (workload("api", ports={"http": 8080}), service("api", 8080))
    model, remarks = judged(*STORE, *open_port, unseen, workload("silent"), egress=egress)
    assert reaches(model, "client")
    assert model.allows(named(model.pods, "client"), OUTSIDE, 443)
    assert reaches(model, "silent", "api", 8080)
    assert not reaches(model, "silent")
    assert not model.allows(named(model.pods, "silent"), OUTSIDE, 443)
    strict, _ = judged(*STORE, unseen, egress=egress, precision=Precision.STRICT)
    assert not strict.allows(named(strict.pods, "client"), OUTSIDE, 443)
    only = [remark for remark in remarks if remark.finding.message == "egress: only DNS is left"]
    assert only == []


def test_a_workload_for_which_only_dns_is_left_is_named() -> None:
    _, remarks = judged(workload("silent"), egress=Egress.KNOWN)
    (told,) = [remark for remark in remarks if remark.finding.message == "egress: only DNS is left"]
    assert told.resource.name == "silent"
    assert told.severity is Severity.WARNING


def test_so_many_hints_that_nobody_would_read_them_let_in_the_namespace() -> None:
    clients = [workload(f"client-{at:02}", container=env_from("secretKeyRef", "db", "url")) for at in range(40)]
    model, remarks = judged(*STORE, *clients)
    assert reaches(model, "client-39")
    assert not model.allows(Pods("Pod", "x", "far", {}), named(model.pods, "store"), 5432)
    assert len([remark for remark in remarks if "takes configuration" in remark.finding.message]) == 40
    few, _ = judged(*STORE, *clients[:20])
    assert not few.allows(Pods("Pod", "x", "default", {}), named(few.pods, "store"), 5432)


def test_text_grows_with_the_workloads_and_not_with_their_square() -> None:
    def size(count: int) -> int:
        objects = []
        for at in range(count):
            env = [
                *env_from("secretKeyRef", "db", "url")["env"],
                {"name": "PEER", "value": f"svc-{(at + 1) % count}:80"},
            ]
            objects += [workload(f"svc-{at}", container={"env": env}, ports={"http": 80}), service(f"svc-{at}", 80)]
        held = bundle(*objects)
        found = generate(held, settle(held, ["default"]), NetworkSettings())
        return sum(len(companion.text) for companion in found.answer.companions)

    assert size(120) < 2.2 * size(60)


def test_a_client_on_its_node_is_offered_the_setting_that_narrows() -> None:
    agent = workload("agent", container=env_from("secretKeyRef", "db", "url"), spec={"hostNetwork": True})
    held = bundle(*STORE, agent)
    offers = [offer.option for offer in generate(held, settle(held, ["default"]), NetworkSettings()).whole.offers]
    assert any(option.endswith("network-policy.nodes: [RANGE]") for option in offers)
    known, _ = judged(*STORE, agent, nodes=("192.0.2.0/24",))
    assert known.allows(Address("192.0.2.7"), named(known.pods, "store"), 5432)
    assert not known.allows(OUTSIDE, named(known.pods, "store"), 5432)
