"""Holds single decisions about generated NetworkPolicies: who is let in, who is left alone, what is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle, checked
from network_subjects import config_map, named, namespace, policy, service, workload

from harden.companions.model import Answer
from harden.companions.network_policy import generate, policies, policy_data
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import settle
from harden.model.finding import Severity
from harden.network.evidence import gather
from harden.network.pods import Address, Pods
from harden.network.policies import API_VERSION, Direction, policies_of, read
from harden.network.reach import Model

CACHE = (workload("cache", ports={"redis": 6379}), service("cache", 6379))
WEB = workload("web", env={"CACHE": "cache:6379"})


def answer(*objects: Mapping[str, Any], owns: tuple[str, ...] = (), **settings: Any) -> Answer:
    held = bundle(*objects)
    return policies(held, settle(held, owns), NetworkSettings(**settings))


def specs(found: Answer) -> dict[str, Any]:
    return {companion.name: checked(companion, API_VERSION)["spec"] for companion in found.companions}


def after(*objects: Mapping[str, Any], owns: tuple[str, ...] = ("default",), **settings: Any) -> Model:
    held = bundle(*objects)
    pods = gather(held).pods
    made = [read(each) for each in policy_data(held, settle(held, owns), NetworkSettings(**settings))]
    return Model(held, (*policies_of(held), *made), pods=pods)


def said(found: Answer) -> list[str]:
    return [remark.finding.message for remark in found.remarks]


def stranger(home: str = "default", **labels: str) -> Pods:
    return Pods("Pod", "stranger", home, labels)


def test_a_known_client_is_let_in_and_nobody_else() -> None:
    model = after(*CACHE, WEB, workload("other"))
    cache = named(model.pods, "cache")
    assert [pod.name for pod in model.pods if model.allows(pod, cache, 6379)] == ["web"]
    assert not model.allows(named(model.pods, "web"), cache, 6380)
    assert not model.allows(stranger(), cache, 6379)


def test_a_hint_lets_in_but_does_not_shut_out() -> None:
    model = after(*CACHE, workload("web", env={"X": "cache"}))
    assert model.allows(stranger(), named(model.pods, "cache"), 6379)
    elsewhere = workload("web", namespace="far", env={"X": "cache"})
    model = after(*CACHE, elsewhere)
    assert not model.allows(named(model.pods, "web"), named(model.pods, "cache"), 6379)


def test_a_port_without_a_client_stays_open_to_its_namespace() -> None:
    found = answer(*CACHE)
    assert said(found) == ["port 6379 of Deployment cache: no client is known for sure"]
    assert found.remarks[0].resource.kind == "Service"
    model = after(*CACHE)
    cache = named(model.pods, "cache")
    assert model.allows(stranger(), cache, 6379)
    assert not model.allows(stranger("far"), cache, 6379)
    assert not model.allows(stranger(), cache, 1)


def test_what_a_workload_tells_itself_or_a_test_proves_no_client() -> None:
    itself = workload("cache", env={"ADVERTISE": "redis://cache:6379"}, ports={"redis": 6379})
    model = after(itself, CACHE[1])
    assert model.allows(stranger(), named(model.pods, "cache"), 6379)
    check = workload("web", kind="Pod", env={"CACHE": "cache:6379"})
    check["metadata"]["annotations"] = {"helm.sh/hook": "test"}
    model = after(*CACHE, check)
    assert model.allows(stranger(), named(model.pods, "cache"), 6379)
    assert model.allows(named(model.pods, "web"), named(model.pods, "cache"), 6379)


def test_what_the_whole_cluster_uses_is_open_to_it() -> None:
    dns = service("dns", {"name": "u", "port": 53, "protocol": "UDP"}, {"name": "t", "port": 53}, namespace="net")
    model = after(workload("dns", namespace="net", ports={"metrics": 9153}), dns)
    server = model.pods[0]
    assert all(model.allows(stranger("far"), server, 53, protocol) for protocol in ("UDP", "TCP"))
    assert not model.allows(stranger("far"), server, 9153)
    system = (workload("agent", namespace="kube-system"), service("agent", 80, namespace="kube-system"))
    model = after(*system)
    assert model.allows(stranger("far"), model.pods[0], 80)
    assert "the whole cluster" in answer(*system).remarks[0].finding.reason


def test_each_port_is_decided_for_itself() -> None:
    both = service("cache", {"name": "a", "port": 6379}, {"name": "b", "port": 9121})
    model = after(CACHE[0], both, WEB)
    cache = named(model.pods, "cache")
    assert [model.allows(stranger(), cache, port) for port in (6379, 9121)] == [False, True]


def test_a_declared_port_behind_no_service_stays_open_to_its_namespace() -> None:
    found = answer(workload("worker", ports={"metrics": 9090}))
    assert said(found) == ["port 9090: behind no Service, and no client is known for sure"]
    model = after(workload("worker", ports={"metrics": 9090}))
    assert model.allows(stranger(), model.pods[0], 9090)


def test_workloads_that_nothing_connects_to_are_left_to_nobody_unless_told() -> None:
    alone = workload("web")
    assert specs(answer(alone, owns=("default",)))["default-deny-ingress"]["ingress"] == []
    assert said(answer(alone, owns=("default",))) == ["nothing is shown to connect to it, so its policy lets nobody in"]
    left = answer(WEB, isolates_silent=False)
    assert left.companions == ()
    assert said(left) == ["nothing is shown to connect to it"]


def test_a_neighbour_that_no_file_shows_keeps_default_deny_away() -> None:
    def held(*objects: Mapping[str, Any], **settings: Any) -> list[str]:
        found = answer(*objects, owns=("default",), **settings)
        assert ("default-deny-ingress" in specs(found)) is not bool(found.offers)
        return [offer.message for offer in found.offers]

    web = workload("web", env={"CACHE_URL": "redis://cache:6379"})
    said = "env CACHE_URL of Deployment web names a neighbour that these files do not show"
    assert held(web) == [f"namespace default: no default deny, because {said}"]
    assert held(web, *CACHE) == []
    assert held(workload("web", env={"URL": "https://cache.example.com"})) == []
    assert held(web, denies=("default",)) == []


def test_a_config_map_that_nobody_takes_keeps_its_namespace_in() -> None:
    model = after(*CACHE, config_map("c", {"URL": "redis://cache:6379"}))
    assert model.allows(stranger(), named(model.pods, "cache"), 6379)
    far = config_map("c", {"URL": "redis://cache.default.svc:6379"}, namespace="far")
    model = after(*CACHE, far)
    cache = named(model.pods, "cache")
    assert [model.allows(stranger(home), cache, 6379) for home in ("far", "other")] == [True, False]


def test_a_client_without_a_namespace_may_turn_out_to_be_anywhere() -> None:
    stated = (workload("cache", namespace="data", ports={"r": 6379}), service("cache", 6379, namespace="data"))
    model = after(*stated, workload("web", env={"X": "cache.data:6379"}))
    cache = named(model.pods, "cache")
    assert model.allows(stranger("anywhere", app="web"), cache, 6379)
    assert not model.allows(stranger("anywhere", app="other"), cache, 6379)


def test_published_ports_are_open_to_everybody() -> None:
    model = after(CACHE[0], service("cache", 6379, type="LoadBalancer"), WEB)
    assert model.allows(Address("203.0.113.5"), named(model.pods, "cache"), 6379)
    assert not model.allows(Address("203.0.113.5"), named(model.pods, "cache"), 80)


def test_the_namespace_of_the_ingress_controller_narrows() -> None:
    backend = {"defaultBackend": {"service": {"name": "cache", "port": {"number": 6379}}}}
    route = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "in"}, "spec": backend}
    wide, narrow = after(*CACHE, route), after(*CACHE, route, ingress_from=("nginx",))
    results = [
        [model.allows(each, named(model.pods, "cache"), 6379) for each in (Address("1.1.1.1"), stranger("nginx"))]
        for model in (wide, narrow)
    ]
    assert results == [[True, True], [False, True]]
    assert any("ingress-from" in offer.option for offer in answer(*CACHE, route).offers)
    assert not any("ingress-from" in offer.option for offer in answer(*CACHE, route, ingress_from=("nginx",)).offers)


def test_default_deny_is_for_owned_namespaces() -> None:
    each = workload("web", namespace="shop", ports={"h": 80})
    assert "default-deny-ingress" in specs(answer(namespace("shop"), each))
    assert "default-deny-ingress" in specs(answer(each, owns=("shop",)))
    unowned = answer(each)
    assert "default-deny-ingress" not in specs(unowned)
    assert [offer.option for offer in unowned.offers] == ["--owns-namespace shop"]
    assert "default-deny-ingress" not in specs(answer(namespace("shop")))


def test_default_deny_cuts_what_nobody_shows_and_only_that() -> None:
    model = after(namespace("shop"), workload("web", namespace="shop", ports={"h": 80}))
    assert model.allows(stranger("shop"), named(model.pods, "web"), 80)
    assert not model.allows(stranger("shop"), stranger("shop"), 80)
    assert model.isolated(stranger("shop"), Direction.EGRESS) == ()


@pytest.mark.parametrize(
    "unseen",
    [
        {"apiVersion": "example.com/v1", "kind": "Database"},
        {"apiVersion": "cert-manager.io/v1", "kind": "Certificate"},
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"},
    ],
)
def test_default_deny_waits_where_an_operator_may_run_pods(unseen: Mapping[str, Any]) -> None:
    objects = (
        namespace("shop"),
        workload("web", namespace="shop", ports={"h": 80}),
        {**unseen, "metadata": {"name": "x", "namespace": "shop"}},
    )
    assert "default-deny-ingress" not in specs(answer(*objects))
    assert "denies: [shop]" in answer(*objects).offers[0].option
    assert "default-deny-ingress" in specs(answer(*objects, denies=("shop",)))


def test_default_deny_does_not_wait_for_objects_that_run_nothing() -> None:
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    found = answer(
        namespace("shop"),
        workload("web", namespace="shop"),
        {**monitor, "metadata": {"name": "x", "namespace": "shop"}},
    )
    assert "default-deny-ingress" in specs(found)


def test_default_deny_waits_for_workloads_without_a_policy() -> None:
    twins = [workload(name, namespace="shop", labels={"app": "twin"}) for name in ("a", "b")]
    found = answer(namespace("shop"), *twins, denies=("shop",))
    assert specs(found) == {}
    assert "no policy is known to select Deployment a" in found.offers[0].message
    silent = answer(namespace("shop"), workload("web", namespace="shop"), isolates_silent=False)
    assert specs(silent) == {}


def test_pods_that_are_isolated_already_get_no_policy() -> None:
    own = policy("own", {"podSelector": {"matchLabels": {"app": "cache"}}, "ingress": [{}]})
    assert set(specs(answer(*CACHE, WEB, own))) == {"web-network"}
    everything = policy("deny", {"podSelector": {}})
    found = answer(*CACHE, WEB, everything)
    assert specs(found) == {}
    warnings = [remark.finding.message for remark in found.remarks if remark.severity is Severity.WARNING]
    assert len(warnings) == 1
    assert "cut Deployment web off from Deployment cache, port 6379" in warnings[0]


def test_policies_that_do_not_isolate_from_what_comes_in_are_no_reason() -> None:
    out = policy("out", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
    far = policy("far", {"podSelector": {}}, namespace="far")
    assert set(specs(answer(*CACHE, WEB, out, far))) == {"cache-network", "web-network"}


def test_a_policy_for_one_direction_leaves_the_other_to_us() -> None:
    spec = {"podSelector": {"matchLabels": {"app": "cache"}}, "ingress": [{}]}
    found = specs(answer(*CACHE, policy("own", spec), egress=Egress.KNOWN))
    assert found["cache-network"]["policyTypes"] == ["Egress"]
    out = policy("out", {**spec, "policyTypes": ["Egress"]})
    assert specs(answer(*CACHE, out, egress=Egress.KNOWN))["cache-network"]["policyTypes"] == ["Ingress"]


def test_policies_of_cilium_and_calico_are_respected() -> None:
    def cilium(**spec: Any) -> dict[str, Any]:
        metadata = {"name": "c"}
        return {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec}

    selector = {"matchLabels": {"k8s:app": "cache"}}
    assert specs(answer(*CACHE, cilium(endpointSelector=selector, ingress=[{}]))) == {}
    assert "cache-network" in specs(answer(*CACHE, cilium(endpointSelector=selector, egress=[{}])))
    other = {"matchLabels": {"app": "other"}}
    assert "cache-network" in specs(answer(*CACHE, cilium(endpointSelector=other, ingress=[{}])))
    calico = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": "c"}}
    assert specs(answer(*CACHE, {**calico, "spec": {"selector": "app == 'cache'"}})) == {}
    away = {**calico, "metadata": {"name": "c", "namespace": "far"}, "spec": {}}
    assert "cache-network" in specs(answer(*CACHE, away))


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    taken = policy("cache-network", {"podSelector": {"matchLabels": {"app": "other"}}})
    assert set(specs(answer(*CACHE, taken))) == {"cache-deployment-network"}
    each, other = workload("x", labels={"a": "1"}), workload("x", kind="StatefulSet", labels={"b": "1"})
    assert set(specs(answer(each, other))) == {"x-network", "x-statefulset-network"}


def test_the_same_workload_in_two_files_has_one_policy() -> None:
    variants = (workload("web", env={"A": "cache:6379"}), workload("web", env={"B": "store:5432"}))
    store = (workload("store"), service("store", 5432))
    found = specs(answer(*CACHE, *store, *variants))
    assert set(found) == {"cache-network", "store-network", "web-network"}
    different = (workload("web"), workload("web", labels={"app": "other"}))
    assert said(answer(*different)) == ["no policy: its pods do not all have the same labels"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicationController", "CronJob", "Pod"])
def test_every_kind_of_workload_is_selected(kind: str) -> None:
    model = after(workload("one", kind=kind, ports={"h": 80}), workload("two", kind=kind, ports={"h": 80}), owns=())
    for pods in model.pods:
        assert len(model.isolated(pods, Direction.INGRESS)) == 1


def test_labels_of_a_release_are_not_in_selectors() -> None:
    labels = {"app.kubernetes.io/name": "x", "app.kubernetes.io/version": "1.2", "helm.sh/chart": "x-1"}
    found = specs(answer(workload("x", kind="CronJob", labels=labels)))
    assert found["x-network"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "x"}}


def test_expressions_of_a_workloads_own_selector_are_not_needed() -> None:
    each = workload("x", labels={"app": "x"})
    each["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x"]}]}
    assert specs(answer(each))["x-network"]["podSelector"] == {"matchLabels": {"app": "x"}}


@pytest.mark.parametrize("value", ["true", "1", "1e3", "0x1f", "null", "a-b", "", "2024-01-01", "y", "v1.2"])
def test_labels_stay_strings_in_the_text(value: str) -> None:
    (each,) = answer(workload("x", labels={"on": value})).companions
    assert checked(each, API_VERSION)["spec"]["podSelector"] == {"matchLabels": {"on": value}}


def test_names_cannot_break_out_of_comments() -> None:
    web = workload("web", env={"A\nspec: {}\n#": "cache:6379"})
    found = specs(answer(*CACHE, web))
    assert found["cache-network"]["podSelector"] == {"matchLabels": {"app": "cache"}}


def test_waypoints_connect_in_the_place_of_clients() -> None:
    marked = namespace("default", **{"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "w"})
    model = after(marked, *CACHE, WEB)
    cache = named(model.pods, "cache")
    assert model.allows(stranger(), cache, 15008)
    model = after(namespace("default", **{"istio.io/dataplane-mode": "ambient"}), *CACHE, WEB)
    cache = named(model.pods, "cache")
    assert model.allows(named(model.pods, "web"), cache, 15008)
    assert not model.allows(stranger(), cache, 15008)


def test_linkerd_brings_connections_in_on_its_own_port() -> None:
    cache = workload("cache", ports={"redis": 6379}, annotations={"linkerd.io/inject": "enabled"})
    model = after(cache, CACHE[1], WEB)
    assert model.allows(named(model.pods, "web"), named(model.pods, "cache"), 4143)
    assert not model.allows(stranger(), named(model.pods, "cache"), 4143)
    model = after(*CACHE, WEB)
    assert not model.allows(named(model.pods, "web"), named(model.pods, "cache"), 4143)


def test_egress_is_only_on_request() -> None:
    assert all("Egress" not in spec["policyTypes"] for spec in specs(answer(*CACHE, WEB)).values())
    for egress in (Egress.KNOWN, Egress.INSIDE):
        model = after(*CACHE, WEB, workload("other"), egress=egress)
        web, cache, other = (named(model.pods, name) for name in ("web", "cache", "other"))
        dns = Pods("Deployment", "coredns", "kube-system", {"k8s-app": "kube-dns"})
        assert all(model.allows(pod, dns, 53, protocol) for pod in model.pods for protocol in ("TCP", "UDP"))
        assert model.allows(web, Address("169.254.20.10"), 53, "UDP")
        assert not model.allows(web, dns, 80)
        assert model.allows(web, cache, 6379)
        assert not model.allows(other, cache, 6379)
        assert not model.allows(web, Address("203.0.113.1"), 443)


def test_hosts_outside_are_told_and_open_or_cut() -> None:
    web = workload("web", env={"PAY": "https://pay.example.com"})
    known, inside = after(web, egress=Egress.KNOWN), after(web, egress=Egress.INSIDE)
    assert known.allows(known.pods[0], Address("203.0.113.1"), 443)
    assert not inside.allows(inside.pods[0], Address("203.0.113.1"), 443)
    severities = [
        [remark.severity for remark in answer(web, egress=egress).remarks if "PAY" in remark.finding.message]
        for egress in (Egress.KNOWN, Egress.INSIDE)
    ]
    assert severities == [[Severity.NOTE], [Severity.WARNING]]


def test_pods_on_the_host_network_have_no_policy() -> None:
    agent = workload("agent", ports={"h": 80}, spec={"hostNetwork": True})
    found = answer(agent)
    assert found.companions == ()
    assert said(found) == ["no policy: it is on its node's network, where no policy applies"]


def test_a_client_on_the_host_network_opens_the_port_or_the_nodes() -> None:
    agent = workload("agent", env={"X": "cache:6379"}, spec={"hostNetwork": True})
    wide, narrow = after(*CACHE, agent), after(*CACHE, agent, nodes=("192.168.0.0/24",))
    results = [
        [model.allows(Address(ip), named(model.pods, "cache"), 6379) for ip in ("192.168.0.9", "203.0.113.1")]
        for model in (wide, narrow)
    ]
    assert results == [[True, True], [True, False]]


def test_data_and_text_are_the_same_policies() -> None:
    held = bundle(*CACHE, WEB, namespace("default"))
    found = generate(held, settle(held, ["default"]), NetworkSettings(egress=Egress.KNOWN))
    assert [checked(companion, API_VERSION) for companion in found.whole.companions] == [
        draft.data() for draft in found.drafts
    ]
    assert policy_data(held, settle(held, ["default"]), NetworkSettings(egress=Egress.KNOWN)) == tuple(
        draft.data() for draft in found.drafts
    )


def test_an_empty_bundle_has_no_policies() -> None:
    assert answer() == Answer()
    assert answer(config_map("c", {"a": "b"})) == Answer()
