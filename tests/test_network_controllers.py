"""Holds who connects beside workloads: controllers, the whole cluster, sidecars, and pods that others start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import config_map, named, namespace, service, workload

from harden.companions.model import Answer
from harden.companions.network_policy import generate
from harden.companions.network_settings import NetworkSettings
from harden.companions.ownership import settle
from harden.companions.quota_settings import QuotaSettings
from harden.companions.resource_quota import pair
from harden.kube.bundle import Bundle
from harden.network.cluster_services import serves_cluster
from harden.network.evidence import gather
from harden.network.pods import Address, Pods, pods_of
from harden.network.policies import read
from harden.network.reach import Model

STORE = (
    workload("store", namespace="lab", ports={"sql": 5432}),
    service("store", 5432, namespace="lab"),
    workload("plain", namespace="lab", env={"STORE_ADDR": "store:5432"}),
)
OUTSIDE, FAR = Address("203.0.113.7"), Pods("Pod", "far", "elsewhere", {})


def model_of(*objects: Mapping[str, Any]) -> Model:
    held = bundle(*objects)
    drafts = generate(held, settle(held, ["lab"]), NetworkSettings()).drafts
    return Model(held, [read(draft.data()) for draft in drafts])


def custom(api_version: str, kind: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "it", "namespace": "lab", **metadata},
        "spec": spec,
    }


INSIDE: dict[str, dict[str, Any]] = {
    "ScrapeConfig": custom(
        "monitoring.coreos.com/v1alpha1", "ScrapeConfig", {"staticConfigs": [{"targets": ["store:5432"]}]}
    ),
    "SecretStore": custom(
        "external-secrets.io/v1",
        "SecretStore",
        {"provider": {"vault": {"server": "http://store:5432"}}},
    ),
    "Issuer": custom("cert-manager.io/v1", "Issuer", {"vault": {"server": "https://store.lab:5432"}}),
    "RequestAuthentication": custom(
        "security.istio.io/v1",
        "RequestAuthentication",
        {"jwtRules": [{"jwksUri": "http://store.lab.svc:5432/keys"}]},
    ),
    "EnvoyFilter": custom(
        "networking.istio.io/v1alpha3",
        "EnvoyFilter",
        {"configPatches": [{"patch": {"value": {"socket_address": {"address": "store", "port_value": 5432}}}}]},
    ),
    "VirtualService in the mesh": custom(
        "networking.istio.io/v1",
        "VirtualService",
        {"hosts": ["store"], "http": [{"route": [{"destination": {"host": "store"}}]}]},
    ),
}
THROUGH: dict[str, dict[str, Any]] = {
    "TraefikService": custom(
        "traefik.io/v1alpha1", "TraefikService", {"weighted": {"services": [{"name": "store", "port": 5432}]}}
    ),
    "ExtensionService": custom(
        "projectcontour.io/v1alpha1", "ExtensionService", {"services": [{"name": "store", "port": 5432}]}
    ),
    "ApisixRoute": custom(
        "apisix.apache.org/v2",
        "ApisixRoute",
        {"http": [{"backends": [{"serviceName": "store", "servicePort": 5432}]}]},
    ),
    "VirtualServer": custom(
        "k8s.nginx.org/v1", "VirtualServer", {"upstreams": [{"name": "x", "service": "store", "port": 5432}]}
    ),
    "SecurityPolicy": custom(
        "gateway.envoyproxy.io/v1alpha1",
        "SecurityPolicy",
        {"extAuth": {"http": {"backendRefs": [{"name": "store", "port": 5432}]}}},
    ),
    "Upstream of Gloo": custom(
        "gloo.solo.io/v1",
        "Upstream",
        {"kube": {"serviceName": "store", "serviceNamespace": "lab", "servicePort": 5432}},
    ),
    "auth-url": custom(
        "networking.k8s.io/v1",
        "Ingress",
        {},
        annotations={"nginx.ingress.kubernetes.io/auth-url": "http://store.lab.svc.cluster.local:5432/auth"},
    ),
    "tcp-services": config_map("tcp-services", {"9000": "lab/store:5432"}, namespace="ingress-nginx"),
    "ServiceExport": {
        "apiVersion": "multicluster.x-k8s.io/v1alpha1",
        "kind": "ServiceExport",
        "metadata": {"name": "store", "namespace": "lab"},
    },
    "webhook by URL": {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hook"},
        "webhooks": [{"name": "x", "clientConfig": {"url": "https://store.lab.svc:5432/x"}}],
    },
}


@pytest.mark.parametrize("how", INSIDE)
def test_controllers_connect_from_namespaces_of_their_own(how: str) -> None:
    model = model_of(*STORE, INSIDE[how])
    assert model.allows(FAR, named(model.pods, "store"), 5432)
    assert not model.allows(OUTSIDE, named(model.pods, "store"), 5432)


@pytest.mark.parametrize("how", THROUGH)
def test_routes_and_webhooks_come_from_anywhere(how: str) -> None:
    model = model_of(*STORE, THROUGH[how])
    assert model.allows(OUTSIDE, named(model.pods, "store"), 5432)


@pytest.mark.parametrize(
    "mapping",
    [
        custom("networking.istio.io/v1", "DestinationRule", {"host": "store.lab.svc.cluster.local"}),
        custom(
            "security.istio.io/v1", "AuthorizationPolicy", {"rules": [{"to": [{"operation": {"hosts": ["store"]}}]}]}
        ),
        custom("cert-manager.io/v1", "Certificate", {"secretName": "store", "issuerRef": {"name": "store"}}),
        config_map("notes", {"9000": "lab/store:5432"}, namespace="lab"),
    ],
)
def test_what_only_configures_opens_nothing(mapping: Mapping[str, Any]) -> None:
    model = model_of(*STORE, mapping)
    assert not model.allows(FAR, named(model.pods, "store"), 5432)
    assert not model.allows(OUTSIDE, named(model.pods, "store"), 5432)


def test_pods_of_an_istio_gateway_are_a_way_in() -> None:
    gateway = custom("networking.istio.io/v1", "Gateway", {"selector": {"app": "store"}, "servers": []})
    model = model_of(*STORE, gateway)
    assert model.allows(OUTSIDE, named(model.pods, "store"), 5432)


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/istio/pilot:1.22",
        "gcr.io/knative-releases/knative.dev/serving/cmd/activator@sha256:0",
        "jaegertracing/all-in-one:1.57",
        "hashicorp/vault:1.16",
        "otel/opentelemetry-collector-contrib:0.100",
        "daprio/dapr:1.13",
    ],
)
def test_what_serves_the_whole_cluster_is_open_to_it(image: str) -> None:
    shared = workload("shared", namespace="lab", ports={"x": 4317}, container={"image": image})
    client = workload("client", namespace="lab", env={"ADDR": "shared:4317"})
    model = model_of(shared, service("shared", 4317, namespace="lab"), client)
    assert model.allows(FAR, named(model.pods, "shared"), 4317)
    assert not model.allows(OUTSIDE, named(model.pods, "shared"), 4317)


@pytest.mark.parametrize("image", ["redis:7", "example.com/getsentry/sentry:1", "example.com/my-vault-ui:1", "istio:1"])
def test_other_images_serve_nobody_special(image: str) -> None:
    (pods,) = pods_of(bundle(workload("x", container={"image": image})))
    assert serves_cluster(pods) is None


def test_sidecars_of_dapr_arrive_on_their_own_port() -> None:
    marks = {"dapr.io/enabled": "true", "dapr.io/app-id": "cart"}
    model = model_of(workload("cart", namespace="lab", annotations=marks, ports={"http": 80}))
    cart = named(model.pods, "cart")
    assert model.allows(FAR, cart, 50002)
    assert not model.allows(FAR, cart, 80)
    other = model_of(workload("cart", namespace="lab", annotations={**marks, "dapr.io/internal-grpc-port": "6000"}))
    assert other.allows(FAR, named(other.pods, "cart"), 6000)
    off = model_of(workload("cart", namespace="lab", annotations={"dapr.io/enabled": "false"}, ports={"http": 80}))
    assert not off.allows(FAR, named(off.pods, "cart"), 50002)


def test_pods_behind_a_headless_service_find_each_other() -> None:
    grid = (workload("grid", namespace="lab"), service("grid", 7800, namespace="lab", clusterIP="None"))
    model = model_of(*grid)
    assert model.allows(named(model.pods, "grid"), named(model.pods, "grid"), 12345)


def hub(*resources: str, kind: str = "RoleBinding") -> tuple[dict[str, Any], ...]:
    group = "rbac.authorization.k8s.io/v1"
    role = {"RoleBinding": "Role", "ClusterRoleBinding": "ClusterRole"}[kind]
    home = {"namespace": "lab"} if kind == "RoleBinding" else {}
    rules = [{"apiGroups": [""], "resources": list(resources), "verbs": ["create", "get"]}]
    subject = {"kind": "ServiceAccount", "name": "hub", "namespace": "lab"}
    return (
        workload("hub", namespace="lab", spec={"serviceAccountName": "hub"}, ports={"api": 8081}),
        service("hub", 8081, namespace="lab"),
        workload("proxy", namespace="lab", env={"HUB": "hub:8081"}),
        {"apiVersion": group, "kind": role, "metadata": {"name": "hub", **home}, "rules": rules},
        {
            "apiVersion": group,
            "kind": kind,
            "metadata": {"name": "hub", **home},
            "subjects": [subject],
            "roleRef": {"kind": role, "name": "hub", "apiGroup": "rbac.authorization.k8s.io"},
        },
    )


def quota(held: Bundle) -> Answer:
    return pair(held, settle(held, ["lab"]), QuotaSettings())


@pytest.mark.parametrize("what", ["pods", "persistentvolumeclaims"])
@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_where_workloads_may_start_pods_nothing_is_closed_to_them(what: str, kind: str) -> None:
    held = bundle(namespace("lab"), *hub(what, kind=kind))
    found = generate(held, settle(held), NetworkSettings())
    assert "default-deny-ingress" not in {draft.name for draft in found.drafts}
    assert any("Deployment hub may start pods" in offer.message for offer in found.whole.offers)
    model = Model(held, [read(draft.data()) for draft in found.drafts])
    assert model.allows(Pods("Pod", "jupyter-x", "lab", {}), named(model.pods, "hub"), 8081)
    assert (quota(held).companions, quota(held).steps) == ((), ())


def test_rights_in_all_namespaces_count_in_their_own() -> None:
    held = bundle(
        namespace("lab"), namespace("shop"), *hub("pods", kind="ClusterRoleBinding"), workload("x", namespace="shop")
    )
    denied = {draft.namespace for draft in generate(held, settle(held), NetworkSettings()).drafts if draft.is_denial}
    assert denied == {"shop"}


def test_rights_that_start_nothing_hold_nothing_back() -> None:
    held = bundle(namespace("lab"), *hub("configmaps"))
    found = generate(held, settle(held), NetworkSettings())
    assert "default-deny-ingress" in {draft.name for draft in found.drafts}
    assert quota(held).companions or quota(held).steps


def test_evidence_of_controllers_is_said_with_its_place() -> None:
    held = bundle(*STORE, INSIDE["SecretStore"])
    said = {each.said: each.seen_at for each in gather(held).shown if each.said.startswith("SecretStore")}
    assert said == {"SecretStore it names Service store": "shop.yaml: SecretStore it, spec.provider.vault.server"}


KNATIVE = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {"name": "hello", "namespace": "lab"},
    "spec": {"template": {"metadata": {"labels": {"app": "hello"}}, "spec": {"containers": [{"image": "x"}]}}},
}


def job(kind: str, api_version: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "job", "namespace": "lab"}, "spec": spec}


def template(**labels: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "job", **labels}}, "spec": {"containers": [{"name": "x", "image": "x"}]}}


RAY = {"headGroupSpec": {"template": template()}, "workerGroupSpecs": [{"template": template()}]}
DISTRIBUTED = {
    "PyTorchJob": job(
        "PyTorchJob",
        "kubeflow.org/v1",
        {"pytorchReplicaSpecs": {"Master": {"template": template()}, "Worker": {"template": template()}}},
    ),
    "JobSet": job(
        "JobSet",
        "jobset.x-k8s.io/v1alpha2",
        {"replicatedJobs": [{"name": "w", "template": {"spec": {"template": template()}}}]},
    ),
    "RayCluster": job("RayCluster", "ray.io/v1", RAY),
}


@pytest.mark.parametrize("kind", DISTRIBUTED)
def test_members_of_a_distributed_job_reach_each_other_on_any_port(kind: str) -> None:
    model = model_of(namespace("lab"), DISTRIBUTED[kind], workload("other", namespace="lab"))
    job = next(pods for pods in model.pods if pods.name == "job")
    assert all(model.allows(job, pods, 40123) for pods in model.pods if pods.name == "job")
    assert not model.allows(named(model.pods, "other"), job, 40123)
    assert model.allows(FAR, job, 8265) is (kind == "RayCluster")


def test_members_of_a_program_call_each_other_on_ports_chosen_at_the_start() -> None:
    def part(name: str, image: str, home: str = "lab") -> dict[str, Any]:
        return workload(name, namespace=home, ports={"ui": 8080}, container={"image": image})

    images = {"master": "apache/spark:3.5.1", "worker": "registry.test/spark:1", "notebook": "apache/zeppelin:0.11"}
    parts = [part(name, image) for name, image in images.items()]
    model = model_of(*parts, part("ui", "registry.test/sparkle:1"), part("elsewhere", "apache/spark:3.5.1", "far"))
    worker = named(model.pods, "worker")
    assert all(model.allows(named(model.pods, name), worker, 40123) for name in images)
    assert model.allows(worker, named(model.pods, "notebook"), 40123)
    assert not model.allows(named(model.pods, "ui"), worker, 40123)
    assert not model.allows(named(model.pods, "elsewhere"), worker, 40123)


#: What is added to the pods of a workload, and ports on which other programs of it connect to that.
ADDED: dict[str, tuple[dict[str, Any], list[int], list[int]]] = {
    "Knative": (KNATIVE, [8012, 8013, 9090], []),
    "Linkerd": (workload("hello", namespace="lab", annotations={"linkerd.io/inject": "enabled"}), [4191], [4143]),
    "Linkerd elsewhere": (
        workload(
            "hello",
            namespace="lab",
            annotations={"linkerd.io/inject": "enabled", "config.linkerd.io/admin-port": "9991"},
        ),
        [9991],
        [4191],
    ),
    "Istio": (workload("hello", namespace="lab", annotations={"sidecar.istio.io/inject": "true"}), [15020], []),
    "Istio unscraped": (
        workload(
            "hello",
            namespace="lab",
            annotations={"sidecar.istio.io/inject": "true", "prometheus.io/scrape": "false"},
        ),
        [],
        [15020],
    ),
    "Dapr": (workload("hello", namespace="lab", annotations={"dapr.io/enabled": "true"}), [50002, 9090], []),
}


@pytest.mark.parametrize("what", ADDED)
def test_what_a_mesh_adds_to_pods_is_open_to_its_programs(what: str) -> None:
    hello, open_ports, shut = ADDED[what]
    model = model_of(namespace("lab"), hello)
    (pods,) = model.pods
    assert [port for port in (*open_ports, *shut) if model.allows(FAR, pods, port)] == open_ports
    assert not model.allows(FAR, pods, 80)
    assert not model.allows(OUTSIDE, pods, 8012)


def test_who_scrapes_what_a_mesh_adds_is_stated() -> None:
    held = bundle(namespace("lab"), ADDED["Linkerd"][0])
    settings = NetworkSettings(scrape_from=("monitoring",))
    model = Model(held, [read(draft.data()) for draft in generate(held, settle(held, ["lab"]), settings).drafts])
    (pods,) = model.pods
    assert model.allows(Pods("Pod", "far", "monitoring", {}), pods, 4191)
    assert not model.allows(FAR, pods, 4191)


def test_the_remark_on_silent_pods_says_who_is_let_in_all_the_same() -> None:
    held = bundle(namespace("lab"), ADDED["Linkerd"][0])
    said = [each.finding.message for each in generate(held, settle(held, ["lab"]), NetworkSettings()).answer.remarks]
    assert said == ["nothing is shown to connect to it, so its policy lets in only Linkerd's own programs"]
