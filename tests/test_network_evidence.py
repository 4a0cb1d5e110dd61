"""Holds the evidence against what small bundles show, and as much against what only looks like it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import config_map, namespace, service, workload

from harden.kube.accounts import Accounts, is_unknown
from harden.network.connection import Connection, EvidenceKind
from harden.network.evidence import Evidence, gather
from harden.network.external_peers import ExternalPeers, Where
from harden.network.pods import Pods

CACHE = (workload("cache", ports={"redis": 6379}), service("cache", 6379))
STORE = (
    workload("store", kind="StatefulSet", ports={"sql": 5432}),
    service("store", 5432, clusterIP="None"),
)


def shown(*objects: Mapping[str, Any]) -> tuple[Connection, ...]:
    return gather(bundle(*objects)).shown


def told(connection: Connection) -> str:
    source = connection.source.name if isinstance(connection.source, Pods) else connection.source.said
    return f"{source} -> {connection.target.name}:{connection.port} {connection.why.name}"


def clients(*objects: Mapping[str, Any]) -> list[str]:
    """Return what is said of connections from the workload `web`, each once, and hints only where nothing is sure."""
    found = dict.fromkeys(told(each) for each in shown(*objects) if getattr(each.source, "name", "") == "web")
    return [each for each in found if each.replace("HINTED", "NAMED") not in found or each.endswith("NAMED")]


NAMED = ["web -> cache:6379 NAMED"]
HINTED = ["web -> cache:6379 HINTED"]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("CACHE_ADDR", "cache:6379", NAMED),
        ("X", "cache:6379", NAMED),
        ("X", "redis://cache", NAMED),
        ("X", "redis://cache:6379/0", NAMED),
        ("X", "rediss://user:secret@cache/0?x=y", NAMED),
        ("X", "redis://cache:6379,other:6379", NAMED),
        ("X", "a:1,cache:6379", NAMED),
        ("X", "tcp(cache:6379)/x", NAMED),
        ("CACHE_HOST", "cache", NAMED),
        ("cacheHost", "cache", NAMED),
        ("SPRING_REDIS_SENTINEL_NODES", "a cache", NAMED),
        ("X", "cache.default.svc", NAMED),
        ("X", "cache.default.svc.cluster.local", NAMED),
        ("X", "cache.default.svc.cluster.local.", NAMED),
        ("X", "cache.default:6379", NAMED),
        ("X", "cache.$(NAMESPACE).svc", NAMED),
        ("X", "cache.${NAMESPACE}.svc.cluster.local:6379", NAMED),
        ("X", "$(CACHE_SERVICE_HOST)", NAMED),
        # Only a word: it lets the workload in, but is no proof that it is the client.
        ("X", "cache", HINTED),
        ("SERVICE_NAME", "cache", HINTED),
        ("X", "cache:7", HINTED),
        # Not a host at all.
        ("CACHE_USER", "cache", []),
        ("DATABASE", "cache", []),
        ("X", "mycache:6379", []),
        ("X", "cache-2:6379", []),
        ("X", "cache_2", []),
        ("X", "my.cache", []),
        ("X", "cache.example.com", []),
        ("X", "https://cache.example.com", []),
        ("X", "https://example.com/cache", []),
        ("X", "https://example.com/cache:6379", []),
        ("X", "https://cache@example.com", []),
        ("X", "https://cache:6379@example.com", []),
        ("X", "cache://example.com", []),
        ("X", "/var/cache", []),
        ("X", "registry.test/cache:6379", []),
        ("X", "cache:7-alpine", []),
        ("X", "a cache is near", []),
        ("X", "cache.other:6379", []),
        ("X", "http://cache.other.svc", ["web -> cache:6379 NAMED"]),  # the namespace that the files are put into
    ],
)
def test_what_a_variable_says(key: str, value: str, expected: list[str]) -> None:
    assert clients(*CACHE, workload("web", env={key: value})) == expected


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"args": ["--cache=cache:6379"]}, NAMED),
        ({"args": ["--cache-host", "cache"]}, NAMED),
        ({"args": ["--cache-host=cache"]}, NAMED),
        ({"command": ["nc", "-z", "cache", "6379"]}, NAMED),
        ({"command": ["sh", "-c", "until nc -z cache 6379; do sleep 1; done"]}, NAMED),
        ({"command": ["sh", "-c", "redis-cli -h cache ping"]}, NAMED),
        ({"command": ["sh", "-c", "wget http://cache:6379/x"]}, NAMED),
        ({"livenessProbe": {"exec": {"command": ["redis-cli", "-h", "cache", "ping"]}}}, NAMED),
        ({"args": ["cache"]}, HINTED),
        ({"command": ["sh", "-c", "rm -r cache && echo cache is empty"]}, []),
        ({"command": ["sh", "-c", "tar xf cache.tar"]}, []),
        ({"args": ["--name", "x", "--db-name", "cache"]}, []),
        ({"args": ["--name", "x", "--db", "cache"]}, HINTED),
        ({"image": "registry.test/cache:6379"}, []),
        ({"workingDir": "/cache"}, []),
    ],
)
def test_what_a_command_says(container: Mapping[str, Any], expected: list[str]) -> None:
    assert clients(*CACHE, workload("web", container=container)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upstream:\n  host: cache\n", NAMED),
        ('{\n  "address": "cache",\n  "port": 6379\n}\n', NAMED),
        ('{"a": 1,\n"cacheHost":"cache","port":6379}\n', NAMED),
        ("[redis]\nserver = cache\n", NAMED),
        ("server {\n  proxy_pass http://cache:6379/;\n}\n", NAMED),
        ("upstream x {\n  server cache;\n}\n", NAMED),
        ("slaveof cache 6379\n", NAMED),
        ("url=redis://cache:6379\nx=y\n", NAMED),
        ("- name: x\n  kind: cache\n", []),
        ("# see redis://cache:6379\na: b\n", []),
        ("// redis://cache:6379\nint x;\n", []),
        ("dir: /var/cache\nx: y\n", []),
        ("cache:\n  size: 5\n", []),
        ("the cache is warm\nand cold\n", []),
        ("name: cache\nx: y\n", HINTED),
    ],
)
def test_what_a_mounted_file_says(text: str, expected: list[str]) -> None:
    volumes = {"volumes": [{"name": "c", "configMap": {"name": "conf"}}]}
    assert clients(*CACHE, config_map("conf", {"app.conf": text}), workload("web", spec=volumes)) == expected


REFERENCES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "env from a map": ({"envFrom": [{"configMapRef": {"name": "conf"}}]}, {}),
    "env of a key": (
        {"env": [{"name": "CACHE", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "CACHE_URL"}}}]},
        {},
    ),
    "a volume": ({}, {"volumes": [{"name": "c", "configMap": {"name": "conf"}}]}),
    "a volume of one key": (
        {},
        {"volumes": [{"name": "c", "configMap": {"name": "conf", "items": [{"key": "CACHE_URL", "path": "x"}]}}]},
    ),
    "a projected volume": (
        {},
        {"volumes": [{"name": "c", "projected": {"sources": [{"configMap": {"name": "conf"}}]}}]},
    ),
}


@pytest.mark.parametrize("how", REFERENCES)
def test_ways_to_take_a_config_map(how: str) -> None:
    container, spec = REFERENCES[how]
    conf = config_map("conf", {"CACHE_URL": "redis://cache:6379", "OTHER": "x"})
    assert clients(*CACHE, conf, workload("web", container=container, spec=spec)) == NAMED
    elsewhere = config_map("conf", {"CACHE_URL": "redis://cache:6379"}, namespace="other")
    assert clients(*CACHE, elsewhere, workload("web", container=container, spec=spec)) == []


def test_a_key_that_is_not_taken_says_nothing() -> None:
    conf = config_map("conf", {"CACHE_URL": "redis://cache:6379", "OTHER": "x"})
    container = {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "OTHER"}}}]}
    assert clients(*CACHE, conf, workload("web", container=container)) == []
    items = {"configMap": {"name": "conf", "items": [{"key": "OTHER", "path": "x"}]}}
    assert clients(*CACHE, conf, workload("web", spec={"volumes": [{"name": "c", **items}]})) == []


def test_what_nobody_takes_speaks_for_its_namespace() -> None:
    found = shown(*CACHE, config_map("conf", {"URL": "redis://cache:6379"}))
    assert [told(each) for each in found] == ["pods of namespace default -> cache:6379 NAMED"]


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_names_its_service_and_nothing_of_it_is_said(field: str) -> None:
    value = "redis://admin:hunter2@cache:6379"
    held = base64.b64encode(value.encode()).decode() if field == "data" else value
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, field: {"URL": held, "bin": "/w=="}}
    web = workload("web", container={"envFrom": [{"secretRef": {"name": "s"}}]})
    found = [each for each in shown(*CACHE, secret, web) if isinstance(each.source, Pods)]
    assert [told(each) for each in found] == NAMED
    assert found[0].said == "Secret s, URL names Service cache"
    assert found[0].seen_at == f"shop.yaml: Secret s, {field}.URL"
    assert "hunter2" not in repr([(each.said, each.seen_at) for each in found])


def test_evidence_says_where_it_was_seen() -> None:
    (each,) = shown(*CACHE, workload("web", env={"A": "x", "CACHE": "cache:6379"}))
    assert each.said == "env CACHE names Service cache"
    assert each.seen_at == "shop.yaml: Deployment web, spec.template.spec.containers[0].env[1]"


def test_pods_of_a_stateful_set_are_named_one_by_one() -> None:
    for value in ("store-0.store:5432", "store-0.store,store-1.store", "$(POD).store", "store-0.store.default.svc"):
        found = clients(*STORE, workload("web", env={"X": value}))
        assert found == ["web -> store:5432 NAMED"], value
    for value in ("store-x.store", "other.store", "store-0.cache"):
        assert clients(*STORE, *CACHE, workload("web", env={"X": value})) == [], value


def test_a_headless_service_has_the_ports_of_its_pods() -> None:
    service_80 = service("store", {"port": 80, "targetPort": "sql"}, clusterIP="None")
    assert clients(STORE[0], service_80, workload("web", env={"X": "store:5432"})) == ["web -> store:5432 NAMED"]
    assert "web -> store:7000 NAMED" in clients(*STORE, workload("web", env={"X": "store-0.store:7000"}))


def test_replicas_of_a_stateful_set_find_each_other() -> None:
    found = {(each.target.name, each.port, each.protocol) for each in shown(*STORE) if each.why is EvidenceKind.PEER}
    assert found == {("store", None, "TCP"), ("store", None, "UDP"), ("store", None, "SCTP")}
    plain = (workload("store", ports={"sql": 5432}), service("store", 5432, clusterIP="None"))
    assert {each.port for each in shown(*plain) if each.why is EvidenceKind.PEER} == {None}
    one_address = (workload("store", kind="StatefulSet", ports={"sql": 5432}), service("store", 5432))
    assert [each for each in shown(*one_address) if each.why is EvidenceKind.PEER] == []


def test_a_workloads_own_name_in_its_own_variables_is_only_its_name() -> None:
    web = workload("cache", env={"NAME": "cache"}, ports={"redis": 6379})
    assert shown(web, service("cache", 6379)) == ()


def test_targets_follow_names_of_ports_and_the_port_that_is_named() -> None:
    pods = workload("web2", labels={"app": "x"}, ports={"http": 8080, "admin": 9000})
    ports = ({"name": "a", "port": 80, "targetPort": "http"}, {"name": "b", "port": 81, "targetPort": "admin"})
    both = (pods, service("front", *ports, selects={"app": "x"}))
    assert clients(*both, workload("web", env={"X": "http://front:80"})) == ["web -> web2:8080 NAMED"]
    assert clients(*both, workload("web", env={"X": "http://front:81"})) == ["web -> web2:9000 NAMED"]
    assert clients(*both, workload("web", env={"FRONT_HOST": "front"})) == [
        "web -> web2:8080 NAMED",
        "web -> web2:9000 NAMED",
    ]
    lost = service("front", {"port": 80, "targetPort": "none"}, selects={"app": "x"})
    assert clients(pods, lost, workload("web", env={"X": "http://front:80"})) == []


def test_namespaces_keep_names_apart() -> None:
    far = (workload("cache", namespace="far"), service("cache", 6379, namespace="far"))
    web = workload("web", namespace="near", env={"X": "cache:6379"})
    assert clients(*far, web) == []
    for value in ("cache.far:6379", "cache.far.svc", "redis://cache.far"):
        assert clients(*far, workload("web", namespace="near", env={"X": value})) == NAMED, value


def test_an_alias_leads_to_what_it_names() -> None:
    alias = service("alias", selects={}, type="ExternalName", externalName="cache.default.svc.cluster.local")
    assert clients(*CACHE, alias, workload("web", env={"CACHE_HOST": "alias"})) == NAMED
    outside = service("alias", selects={}, type="ExternalName", externalName="db.example.com")
    assert clients(*CACHE, outside, workload("web", env={"CACHE_HOST": "alias"})) == []


INGRESS_PATH = {"path": "/", "backend": {"service": {"name": "cache", "port": {"number": 6379}}}}
EXPOSING: dict[str, dict[str, Any]] = {
    "Ingress": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {"rules": [{"http": {"paths": [INGRESS_PATH]}}]},
    },
    "Ingress by default": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "spec": {"defaultBackend": INGRESS_PATH["backend"]},
    },
    "old Ingress": {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "spec": {"backend": {"serviceName": "cache", "servicePort": 6379}},
    },
    "HTTPRoute": {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "spec": {"parentRefs": [{"name": "gw"}], "rules": [{"backendRefs": [{"name": "cache", "port": 6379}]}]},
    },
    "VirtualService": {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "spec": {"gateways": ["gw"], "tcp": [{"route": [{"destination": {"host": "cache"}}]}]},
    },
    "OpenShift Route": {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "spec": {"to": {"kind": "Service", "name": "cache"}},
    },
    "IngressRoute": {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "spec": {"routes": [{"services": [{"name": "cache", "port": 6379}]}]},
    },
}


@pytest.mark.parametrize("how", EXPOSING)
def test_routes_lead_in_from_anywhere(how: str) -> None:
    route = {**EXPOSING[how], "metadata": {"name": "in"}}
    assert [told(each) for each in shown(*CACHE, route)] == ["anywhere -> cache:6379 INGRESS"]
    elsewhere = {**EXPOSING[how], "metadata": {"name": "in", "namespace": "other"}}
    assert shown(*CACHE, elsewhere) == ()


def test_routes_inside_a_mesh_are_no_way_in() -> None:
    for change in ({"gateways": ["mesh"]}, {"gateways": None}):
        item = EXPOSING["VirtualService"]
        found = shown(*CACHE, {**item, "metadata": {"name": "in"}, "spec": {**item["spec"], **change}})
        assert [told(each) for each in found] == ["pods of any namespace -> cache:6379 CONTROLLED"]
    item = EXPOSING["HTTPRoute"]
    spec = {**item["spec"], "parentRefs": [{"kind": "Service", "name": "cache"}]}
    assert shown(*CACHE, {**item, "metadata": {"name": "in"}, "spec": spec}) == ()


def test_published_services_and_host_ports_are_open_to_anywhere() -> None:
    pods = workload("cache", ports={"redis": 6379})
    for spec in ({"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["203.0.113.1"]}):
        (each,) = shown(pods, service("cache", 6379, **spec))
        assert told(each) == "anywhere -> cache:6379 PUBLIC"
    assert shown(pods, service("cache", 6379, type="ClusterIP")) == ()
    host = workload("agent", container={"ports": [{"containerPort": 80, "hostPort": 8080}]})
    assert [told(each) for each in shown(host)] == ["anywhere -> agent:80 PUBLIC"]


def test_scraping_comes_from_any_namespace() -> None:
    expected = ["pods of any namespace -> app:9100 SCRAPE"]
    marks = {"prometheus.io/scrape": "true", "prometheus.io/port": "9100"}
    assert [told(each) for each in shown(workload("app", annotations=marks))] == expected
    assert [told(each) for each in shown(workload("app"), service("app", 80, annotations=marks))] == expected
    no_port = {"prometheus.io/scrape": "true"}
    assert [told(each) for each in shown(workload("app", annotations=no_port, ports={"m": 9100}))] == expected
    assert shown(workload("app", annotations={"prometheus.io/scrape": "false"}, ports={"m": 9100})) == ()


def monitor(kind: str, spec: Mapping[str, Any], home: str = "default") -> dict[str, Any]:
    metadata = {"name": "m", "namespace": home}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": metadata, "spec": dict(spec)}


def test_monitors_select_services_and_pods() -> None:
    pods = workload("app", namespace="shop", ports={"web": 80, "metrics": 9100})
    front = service("app", {"name": "m", "port": 1, "targetPort": "metrics"}, namespace="shop")
    front["metadata"]["labels"] = {"watch": "yes"}
    selector = {"selector": {"matchLabels": {"watch": "yes"}}, "endpoints": [{"port": "m"}]}
    expected = ["pods of any namespace -> app:9100 SCRAPE"]
    assert [told(each) for each in shown(pods, front, monitor("ServiceMonitor", selector, "shop"))] == expected
    assert shown(pods, front, monitor("ServiceMonitor", selector, "other")) == ()
    everywhere = {**selector, "namespaceSelector": {"any": True}}
    assert [told(each) for each in shown(pods, front, monitor("ServiceMonitor", everywhere))] == expected
    named = {**selector, "namespaceSelector": {"matchNames": ["shop"]}, "endpoints": [{"targetPort": 9100}]}
    assert [told(each) for each in shown(pods, front, monitor("ServiceMonitor", named))] == expected
    by_pod = {"selector": {"matchLabels": {"app": "app"}}, "podMetricsEndpoints": [{"port": "metrics"}]}
    assert [told(each) for each in shown(pods, front, monitor("PodMonitor", by_pod, "shop"))] == expected
    assert (
        shown(pods, front, monitor("PodMonitor", {**by_pod, "selector": {"matchLabels": {"app": "x"}}}, "shop")) == ()
    )


@pytest.mark.parametrize(
    ("group", "kind", "field", "home"),
    [
        ("azmonitoring.coreos.com/v1", "PodMonitor", "podMetricsEndpoints", "shop"),
        ("operator.victoriametrics.com/v1beta1", "VMPodScrape", "podMetricsEndpoints", "shop"),
        ("monitoring.googleapis.com/v1", "PodMonitoring", "endpoints", "shop"),
        ("monitoring.googleapis.com/v1", "ClusterPodMonitoring", "endpoints", "default"),
    ],
)
def test_what_is_like_a_monitor_is_read_as_one(group: str, kind: str, field: str, home: str) -> None:
    pods = workload("app", namespace="shop", ports={"web": 80, "metrics": 9100})
    by_pod = {"selector": {"matchLabels": {"app": "app"}}, field: [{"port": "metrics"}]}
    like = {**monitor(kind, by_pod, home), "apiVersion": group}
    expected = ["pods of any namespace -> app:9100 SCRAPE"]
    assert [told(each) for each in shown(pods, like)] == expected
    assert shown(pods, {**like, "apiVersion": "example.com/v1"}) == ()


def test_scrapes_of_victoria_metrics_select_services_and_name_targets() -> None:
    pods = workload("app", namespace="shop", ports={"web": 80, "metrics": 9100})
    front = service("app", {"name": "m", "port": 1, "targetPort": "metrics"}, namespace="shop")
    front["metadata"]["labels"] = {"watch": "yes"}
    selector = {"selector": {"matchLabels": {"watch": "yes"}}, "endpoints": [{"port": "m"}]}
    api_version = "operator.victoriametrics.com/v1beta1"
    scrape = {**monitor("VMServiceScrape", selector, "shop"), "apiVersion": api_version}
    assert [told(each) for each in shown(pods, front, scrape)] == ["pods of any namespace -> app:9100 SCRAPE"]
    static = {"targetEndpoints": [{"targets": ["app.shop:1"]}]}
    named = {**monitor("VMStaticScrape", static, "far"), "apiVersion": api_version}
    assert [told(each) for each in shown(pods, front, named)] == ["pods of any namespace -> app:9100 CONTROLLED"]


def test_the_api_server_calls_webhooks_and_aggregated_apis() -> None:
    hook = (workload("hook", ports={"tls": 8443}), service("hook", {"port": 443, "targetPort": 8443}))
    reference = {"service": {"name": "hook", "namespace": "default"}}
    callers = [
        {"kind": "ValidatingWebhookConfiguration", "webhooks": [{"name": "a", "clientConfig": reference}]},
        {"kind": "MutatingWebhookConfiguration", "webhooks": [{"name": "a", "clientConfig": reference}]},
        {"kind": "APIService", "spec": reference},
        {
            "kind": "CustomResourceDefinition",
            "spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": reference}}},
        },
    ]
    for caller in callers:
        found = shown(*hook, {"apiVersion": "x.k8s.io/v1", "metadata": {"name": "n"}, **caller})
        assert [told(each) for each in found] == ["the API server -> hook:8443 CALLED"], caller["kind"]
    away = {"service": {"name": "hook", "namespace": "other"}}
    assert (
        shown(*hook, {"apiVersion": "x.k8s.io/v1", "kind": "APIService", "metadata": {"name": "n"}, "spec": away}) == ()
    )


def test_a_webhook_without_a_port_is_called_on_443() -> None:
    ports = ({"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 443, "targetPort": 8443})
    spec = {"service": {"name": "hook", "namespace": "default"}}
    caller = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "n"}, "spec": spec}
    found = shown(workload("hook"), service("hook", *ports), caller)
    assert [told(each) for each in found] == ["the API server -> hook:8443 CALLED"]


def test_a_service_selects_in_its_own_namespace_only() -> None:
    found = gather(bundle(workload("a", namespace="x"), service("a", 80, namespace="y")))
    assert not found.services[0].selects(found.pods[0])
    assert found.neighbours.selected(found.services[0]) == ()


def test_probes_are_the_kubelets() -> None:
    probes = {"livenessProbe": {"httpGet": {"port": "h"}}, "readinessProbe": {"tcpSocket": {"port": 81}}}
    found = shown(workload("app", ports={"h": 80}, container=probes))
    assert [told(each) for each in found] == ["the kubelet -> app:80 PROBE", "the kubelet -> app:81 PROBE"]


def test_custom_resources_speak_for_pods_that_nobody_sees() -> None:
    spec = {"deep": [{"url": "redis://cache:6379"}], "word": "cache", "kind": "cache"}
    item = {"apiVersion": "example.com/v1", "kind": "Worker", "metadata": {"name": "w"}, "spec": spec}
    assert [told(each) for each in shown(*CACHE, item)] == ["pods of namespace default -> cache:6379 NAMED"]
    passive = {**item, "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule"}
    assert shown(*CACHE, passive) == ()


def test_the_same_object_in_two_files_is_one() -> None:
    web = workload("web", env={"X": "cache:6379"})
    assert len(gather(bundle(*CACHE, web, *CACHE, web)).pods) == 2
    other = workload("web", env={"X": "cache:6379", "Y": "z"})
    assert len(gather(bundle(*CACHE, web, other)).pods) == 3


def test_listening_is_what_is_declared_or_named_by_a_service() -> None:
    found = gather(bundle(workload("a", ports={"x": 1}), service("a", {"port": 9, "targetPort": 2}), service("b", 3)))
    assert found.listening[found.pods[0]] == ((1, "TCP"), (2, "TCP"))


def test_a_service_of_one_stateful_pod_selects_the_set() -> None:
    labels = {"app": "store", "statefulset.kubernetes.io/pod-name": "store-0"}
    found = gather(bundle(STORE[0], service("store-0", 5432, selects=labels)))
    assert found.services[0].selects(found.pods[0])
    labels["statefulset.kubernetes.io/pod-name"] = "other-0"
    found = gather(bundle(STORE[0], service("store-0", 5432, selects=labels)))
    assert not found.services[0].selects(found.pods[0])


def binding(kind: str, subject: Mapping[str, str], role: str = "r") -> dict[str, Any]:
    reference = {"kind": "ClusterRole" if kind == "ClusterRoleBinding" else "Role", "name": role}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "b"},
        "subjects": [dict(subject)],
        "roleRef": reference,
    }


def test_who_uses_the_api() -> None:
    def use(*objects: Mapping[str, Any], **more: Any) -> str:
        held = bundle(workload("app", **more), *objects)
        found = Accounts(held).use([held.members[0].workload], is_unknown)
        return "" if found is None else found.said

    account = {"kind": "ServiceAccount", "name": "app", "namespace": "default"}
    own = {"spec": {"serviceAccountName": "app"}}
    assert use() == ""
    assert use(**own) == ""
    assert "RoleBinding b" in use(binding("RoleBinding", account), **own)
    assert "ClusterRoleBinding b" in use(binding("ClusterRoleBinding", account), **own)
    assert use(binding("RoleBinding", account)) == ""
    assert use(binding("RoleBinding", {**account, "namespace": "other"}), **own) == ""
    assert use(binding("RoleBinding", {"kind": "Group", "name": "system:serviceaccounts:default"})) != ""
    assert use(container={"args": ["--leader-elect"]}) == "the flag --leader-elect is for clients of the API server"
    assert use(env={"API": "https://kubernetes.default.svc"}) == "the variable API points to the API server"


def test_what_a_role_lets_its_user_do() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}],
    }
    subject = {"kind": "ServiceAccount", "name": "default"}
    held = bundle(workload("app"), role, binding("RoleBinding", subject))
    found = Accounts(held).use([held.members[0].workload], is_unknown)
    assert found is not None
    assert (found.starts_pods, found.finds_peers) == (True, False)


def strangers(env: Mapping[str, str], *objects: Mapping[str, Any]) -> list[tuple[Where, int | None]]:
    held = bundle(workload("web", env=env), *CACHE, *objects)
    evidence: Evidence = gather(held)
    return [(each.where, each.port) for each in ExternalPeers(held, evidence).of(evidence.pods[0])]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.example.com/v1", [(Where.OUTSIDE, 443)]),
        ("https://user:hunter2@api.example.com:8443/v1", [(Where.OUTSIDE, 8443)]),
        ("db.example.com:5432", [(Where.OUTSIDE, 5432)]),
        ("redis://queue", [(Where.NAMESPACE, 6379)]),
        ("queue:6379", [(Where.NAMESPACE, 6379)]),
        ("http://tempo.tracing.svc:4318", [(Where.CLUSTER, 4318)]),
        ("mysql+pymysql://203.0.113.4/x", [(Where.OUTSIDE, 3306)]),
        ("cache:6379", []),
        ("redis://cache", []),
        ("http://localhost:80", []),
        ("127.0.0.1:80", []),
        ("0.0.0.0:80", []),
        ("http://$(HOST):80", []),
        ("https://kubernetes.default.svc", []),
        ("just words", []),
        (":8080", []),
    ],
)
def test_strangers(value: str, expected: list[tuple[Where, int | None]]) -> None:
    assert strangers({"X": value}) == expected


def test_services_without_pods_are_strangers() -> None:
    assert strangers({"X": "http://old:80"}, service("old", 80, selects={})) == [(Where.OUTSIDE, 80)]
    gone = service("old", {"port": 80, "targetPort": 8080}, selects={"app": "gone"})
    assert strangers({"X": "http://old:80"}, gone) == [(Where.NAMESPACE, 8080)]
    alias = service("old", selects={}, type="ExternalName", externalName="db.example.com")
    assert strangers({"X": "postgres://old:5432"}, alias) == [(Where.OUTSIDE, 5432)]


def test_namespaces_of_the_bundle_are_known() -> None:
    assert clients(*CACHE, namespace("other"), workload("web", env={"X": "http://cache.other.svc"})) == NAMED
    far = workload("far", namespace="other")
    assert clients(*CACHE, far, workload("web", env={"X": "http://cache.other.svc"})) == []
