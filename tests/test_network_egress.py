"""Holds where workloads may connect to: hosts beside their ports, nodes, name servers, identities, neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import config_map, service, workload

from harden.companions.network_policy import generate
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import settle
from harden.network.evidence import gather
from harden.network.external_peers import ExternalPeers, Where
from harden.network.pods import Address, Pods
from harden.network.policies import read
from harden.network.reach import Model

OUTSIDE = Address("203.0.113.7")
HOSTS: dict[str, tuple[dict[str, str], int]] = {
    "variables": ({"SMTP_HOST": "smtp.example.com", "SMTP_PORT": "587"}, 587),
    "variables in camel case": ({"mailHost": "smtp.example.com", "mailPort": "587"}, 587),
    "server and port": ({"LDAP_SERVER": "ldap.example.com", "LDAP_PORT": "636"}, 636),
    "SQL Server": ({"CS": "Server=db.example.com,1433;Database=x"}, 1433),
    "SQL Server without its port": ({"CS": "Server=db.example.com;Database=x"}, 1433),
    "SQL Server over tcp": ({"CS": "Server=tcp:db.example.com,14330"}, 14330),
    "libpq": ({"DSN": "host=db.example.com port=5433 user=x"}, 5433),
    "Npgsql": ({"DSN": "Host=db.example.com;Port=6432;Database=x"}, 6432),
    "SSH": ({"REPO": "git@github.com:owner/repo.git"}, 22),
    "URL": ({"PAY": "https://pay.example.com"}, 443),
}
FILES: dict[str, tuple[str, int]] = {
    "YAML": ("mail:\n  host: smtp.example.com\n  port: 587\n", 587),
    "properties": ("mail.host=smtp.example.com\nmail.port=587\n", 587),
    "INI": ("[mail]\nserver = smtp.example.com\nport = 25\n\n[x]\n\n\nport = 99\n", 25),
    "JSON": ('{\n  "smtpHost": "smtp.example.com",\n  "smtpPort": 465\n}\n', 465),
}


def model_of(*objects: Mapping[str, Any], **settings: Any) -> Model:
    held = bundle(*objects)
    drafts = generate(held, settle(held, ["default"]), NetworkSettings(egress=Egress.KNOWN, **settings)).drafts
    return Model(held, [read(draft.data()) for draft in drafts])


def opened(model: Model, who: Address | Pods = OUTSIDE, protocol: str = "TCP") -> list[int]:
    ports = (22, 25, 53, 80, 443, 465, 587, 636, 988, 1433, 3100, 5353, 5432, 5433, 6432, 8125, 8126, 14330)
    return [port for port in ports if model.allows(model.pods[0], who, port, protocol)]


@pytest.mark.parametrize("how", HOSTS)
def test_a_host_with_its_port_in_a_variable(how: str) -> None:
    variables, port = HOSTS[how]
    assert opened(model_of(workload("web", env=variables))) == [port]


@pytest.mark.parametrize("how", FILES)
def test_a_host_with_its_port_in_a_file(how: str) -> None:
    text, port = FILES[how]
    volumes = {"volumes": [{"name": "c", "configMap": {"name": "conf"}}]}
    model = model_of(workload("web", spec=volumes), config_map("conf", {"app.conf": text}))
    assert opened(model) == [port]


@pytest.mark.parametrize(
    "value",
    ["admin@example.com", "Server=store", "host=store port=5432", "key: value", "user@example.com:8080", "1.2.3"],
)
def test_what_names_no_host_outside_opens_nothing(value: str) -> None:
    assert opened(model_of(workload("web", env={"X": value}))) == []


def test_the_node_by_its_address() -> None:
    host = {"name": "DD_AGENT_HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    web = workload("web", container={"env": [host, {"name": "URL", "value": "$(DD_AGENT_HOST):8126"}]})
    assert opened(model_of(web)) == [8126]
    assert opened(model_of(web, nodes=("192.0.2.0/24",))) == []
    assert opened(model_of(web, nodes=("192.0.2.0/24",)), Address("192.0.2.9")) == [8126]


def test_name_servers_of_every_platform() -> None:
    model = model_of(workload("web"))
    for server in (
        Pods("Deployment", "coredns", "kube-system", {"k8s-app": "kube-dns"}),
        Address("169.254.20.10"),
        Address("169.254.10.11"),
        Address("169.254.169.254"),
    ):
        assert all(model.allows(model.pods[0], server, 53, protocol) for protocol in ("UDP", "TCP"))
    openshift = Pods("DaemonSet", "dns-default", "openshift-dns", {})
    assert model.allows(model.pods[0], openshift, 5353, "UDP")
    assert not model.allows(model.pods[0], OUTSIDE, 53, "UDP")


def test_name_servers_that_a_pod_chooses() -> None:
    own = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["198.51.100.53", "nonsense"]}}
    model = model_of(workload("web", spec=own))
    assert model.allows(model.pods[0], Address("198.51.100.53"), 53, "UDP")
    assert not model.allows(model.pods[0], OUTSIDE, 53, "UDP")
    assert not model.allows(model.pods[0], Address("169.254.20.10"), 53, "UDP")
    of_node = model_of(workload("web", spec={"dnsPolicy": "Default"}))
    assert of_node.allows(of_node.pods[0], OUTSIDE, 53, "UDP")


IDENTITIES: dict[str, tuple[dict[str, Any], ...]] = {
    "AWS account": (
        workload("web", spec={"serviceAccountName": "a"}),
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "a", "annotations": {"eks.amazonaws.com/role-arn": "arn:x"}},
        },
    ),
    "AWS variable": (workload("web", env={"AWS_ROLE_ARN": "arn:x"}),),
    "Azure label": (workload("web", labels={"app": "web", "azure.workload.identity/use": "true"}),),
    "Google account": (
        workload("web", spec={"serviceAccountName": "a"}),
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "a", "annotations": {"iam.gke.io/gcp-service-account": "x"}},
        },
    ),
}


@pytest.mark.parametrize("how", IDENTITIES)
def test_cloud_identities_reach_where_they_log_in(how: str) -> None:
    model = model_of(*IDENTITIES[how])
    assert opened(model) == [443]
    assert opened(model, Address("169.254.169.254")) == [53, 80, 443, 988]


def test_an_unseen_service_opens_its_namespace_and_port_only() -> None:
    model = model_of(workload("web", env={"LOKI": "http://loki.monitoring.svc:3100"}))
    assert opened(model, Pods("Pod", "x", "monitoring", {})) == [3100]
    assert opened(model, Pods("Pod", "x", "other", {})) == []
    # Behind port 80 of a Service the pods serve another one.
    model = model_of(workload("web", env={"LOKI": "http://loki.monitoring.svc"}))
    assert 3100 in opened(model, Pods("Pod", "x", "monitoring", {}))
    assert opened(model, Pods("Pod", "x", "other", {})) == []


def test_peers_outside_are_said_without_their_names() -> None:
    held = bundle(workload("web", env={"SMTP_HOST": "smtp.example.com", "SMTP_PORT": "587"}), service("x", 1))
    evidence = gather(held)
    (peer,) = ExternalPeers(held, evidence).of(evidence.pods[0])
    assert (peer.where, peer.port, peer.said) == (Where.OUTSIDE, 587, "env SMTP_HOST")


def test_a_namespace_that_only_a_secret_names_is_not_told() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"LOKI": "http://loki.hidden.svc:3100"},
    }
    held = bundle(workload("web", container={"envFrom": [{"secretRef": {"name": "s"}}]}), secret)
    found = generate(held, settle(held, ["default"]), NetworkSettings(egress=Egress.KNOWN))
    assert "hidden" not in repr([companion.text for companion in found.answer.companions]) + repr(
        [remark.finding for remark in found.answer.remarks]
    )
    model = Model(held, [read(draft.data()) for draft in found.drafts])
    assert opened(model, Pods("Pod", "x", "anything", {})) == [3100]


@pytest.mark.parametrize(
    "mark", ["kuma.io/sidecar-injection", "instrumentation.opentelemetry.io/inject-java", "gke-gcsfuse/volumes"]
)
def test_the_way_out_is_open_where_a_webhook_adds_a_container(mark: str) -> None:
    assert 443 in opened(model_of(workload("web", annotations={mark: "true"})))
    assert 443 not in opened(model_of(workload("web", annotations={mark: "false"})))
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {mark: "enabled"}}}
    assert 443 in opened(model_of(workload("web"), home))


def depending(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    return workload("web", container={"env": [{"name": name, "value": value} for name, value in pairs], **more})


@pytest.mark.parametrize(
    "web",
    [
        depending(("MAIL", "smtp.example.com"), ("RELAY", "smtp://$(MAIL):587")),
        depending(("DOMAIN", "example.com"), ("MAIL", "smtp.$(DOMAIN)"), ("RELAY", "smtp://$(MAIL):587")),
        depending(("MAIL", "smtp.example.com"), args=["--relay=smtp://$(MAIL):587"]),
        depending(("MAIL", "smtp.example.com"), command=["sh", "-c", "exec relay smtp://$MAIL:587"]),
        depending(("MAIL", "smtp.example.com"), command=["sh", "-c", 'exec relay "smtp://${MAIL:-none}:587"']),
        depending(("USER_", "$(PASSWORD)"), ("MAIL", "smtp.example.com"), ("R", "smtp://$(USER_):$(X)@$(MAIL):587")),
    ],
)
def test_variables_that_depend_on_others_are_filled_in(web: dict[str, Any]) -> None:
    assert 587 in opened(model_of(web))


def test_variables_are_filled_into_mounted_files() -> None:
    volumes = [{"name": "c", "configMap": {"name": "c"}}]
    web = workload("web", env={"MAIL": "smtp.example.com"}, spec={"volumes": volumes})
    assert opened(model_of(web, config_map("c", {"app.yaml": "relay: smtp://${MAIL}:587\nx: y\n"}))) == [587]
    assert opened(model_of(web, config_map("c", {"app.yaml": "relay: smtp://${env:MAIL}:587\nx: y\n"}))) == [587]


@pytest.mark.parametrize(
    "web",
    [
        depending(("RELAY", "smtp://$(MAIL):587"), ("MAIL", "smtp.example.com")),
        depending(("MAIL", "smtp.example.com"), ("RELAY", "smtp://$$(MAIL):587")),
        depending(("OTHER", "smtp.example.com"), ("RELAY", "smtp://$(MAIL):587")),
    ],
)
def test_variables_that_are_not_known_stay_as_they_are(web: dict[str, Any]) -> None:
    assert 587 not in opened(model_of(web))


def test_a_namespace_is_filled_in_where_a_pod_asks_for_its_own() -> None:
    own = {"name": "SPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    env = [own, {"name": "LOGS", "value": "http://loki.$(SPACE).svc:3100"}]
    model = model_of(workload("web", namespace="logs", container={"env": env}))
    assert opened(model, Pods("Pod", "loki", "logs", {})) == [3100]
    assert opened(model, Pods("Pod", "loki", "far", {})) == []


@pytest.mark.parametrize("host", ["hello", "hello.default", "hello.default.svc", "hello.default.svc.cluster.local"])
def test_services_of_knative_are_reached_through_its_gateway(host: str) -> None:
    metadata = {"name": "hello", "namespace": "default"}
    template = {"spec": {"containers": [{"image": "x"}]}}
    hello = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"template": template},
    }
    gateway = Pods("Pod", "gateway", "gateways", {})
    model = model_of(workload("web", env={"URL": f"http://{host}"}), hello)
    assert model.allows(next(pods for pods in model.pods if pods.name == "web"), gateway, 8080, "TCP")
    model = model_of(workload("web", env={"URL": f"http://{host}"}))
    assert not model.allows(model.pods[0], gateway, 8080, "TCP") or "svc" in host


def test_values_of_secrets_are_filled_in_nowhere() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"MAIL": "smtp.example.com"},
    }
    taken = {"name": "MAIL", "valueFrom": {"secretKeyRef": {"name": "s", "key": "MAIL"}}}
    held = bundle(secret, workload("web", container={"env": [taken, {"name": "R", "value": "smtp://$(MAIL):587"}]}))
    (web,) = [pods for pods in gather(held).pods if pods.name == "web"]
    assert 587 not in {peer.port for peer in ExternalPeers(held, gather(held)).of(web)}


def test_variables_that_hold_each_other_many_times_come_to_an_end() -> None:
    pairs = [("A0", "x" * 100)] + [(f"A{at}", f"$(A{at - 1})$(A{at - 1})") for at in range(1, 60)]
    assert opened(model_of(depending(*pairs))) == []
