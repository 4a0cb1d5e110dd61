"""Holds the reachability model against the documented semantics, and against a naive reading of random bundles."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Mapping
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import named, namespace, policy, possible_connections, service, workload

from harden.network.pods import Address, Pods
from harden.network.policies import Direction
from harden.network.reach import Model

WEB = workload("web", namespace="shop", ports={"http": 8080, "metrics": 9090})
DB = workload("db", namespace="shop", ports={"sql": 5432})
FAR = workload("web", namespace="other", ports={"http": 8080})


def model(*objects: Mapping[str, Any]) -> Model:
    return Model(bundle(*objects))


def reached(spec: Mapping[str, Any], *others: Mapping[str, Any], port: int = 5432, protocol: str = "TCP") -> list[str]:
    """Return who reaches Deployment db of shop under one ingress policy that selects it."""
    given = policy("db", {"podSelector": {"matchLabels": {"app": "db"}}, **spec}, namespace="shop")
    asked = model(WEB, DB, FAR, *others, given)
    db = named(asked.pods, "db")
    return [f"{pod.namespace}/{pod.name}" for pod in asked.pods if asked.allows(pod, db, port, protocol)]


EVERYBODY = ["shop/web", "shop/db", "other/web"]


@pytest.mark.parametrize(
    ("ingress", "who"),
    [
        ([], []),
        ([{}], EVERYBODY),
        ([{"from": []}], EVERYBODY),
        ([{"from": [{"podSelector": {}}]}], ["shop/web", "shop/db"]),
        ([{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}], ["shop/web"]),
        ([{"from": [{"namespaceSelector": {}}]}], EVERYBODY),
        ([{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}]}], ["other/web"]),
        (
            [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}]}],
            ["shop/web", "other/web"],
        ),
        # Two peers are two chances; one peer with both selectors is one chance with two conditions.
        (
            [
                {
                    "from": [
                        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}},
                        {"podSelector": {"matchLabels": {"app": "db"}}},
                    ]
                }
            ],
            ["shop/db", "other/web"],
        ),
        (
            [
                {
                    "from": [
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}},
                            "podSelector": {"matchLabels": {"app": "db"}},
                        }
                    ]
                }
            ],
            [],
        ),
        # What the API server refuses lets nobody in.
        ([{"from": [{}]}], []),
        ([{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}], []),
        ([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}], EVERYBODY),
        ([{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}], []),
        ([{"ports": [{"port": 5432}]}], EVERYBODY),
        ([{"ports": [{"port": 5433}]}], []),
        ([{"ports": [{"port": "sql"}]}], EVERYBODY),
        ([{"ports": [{"port": "http"}]}], []),
        ([{"ports": [{"port": 5000, "endPort": 6000}]}], EVERYBODY),
        ([{"ports": [{"port": 5433, "endPort": 6000}]}], []),
        ([{"ports": [{"port": 5432, "protocol": "UDP"}]}], []),
        ([{"ports": [{"protocol": "TCP"}]}], EVERYBODY),
        ([{"ports": []}], EVERYBODY),
        ([{"from": [{"podSelector": {}}], "ports": [{"port": 1}]}, {"ports": [{"port": 5432}]}], EVERYBODY),
    ],
)
def test_ingress_rules(ingress: list[Any], who: list[str]) -> None:
    assert reached({"ingress": ingress}) == who
    assert reached({"policyTypes": ["Ingress"], "ingress": ingress}) == who


@pytest.mark.parametrize(
    ("expression", "who"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "x"]}, ["shop/web"]),
        ({"key": "app", "operator": "NotIn", "values": ["web"]}, ["shop/db"]),
        ({"key": "tier", "operator": "NotIn", "values": ["web"]}, ["shop/web", "shop/db"]),
        ({"key": "app", "operator": "Exists"}, ["shop/web", "shop/db"]),
        ({"key": "tier", "operator": "Exists"}, []),
        ({"key": "tier", "operator": "DoesNotExist"}, ["shop/web", "shop/db"]),
        ({"key": "app", "operator": "exists"}, []),
    ],
)
def test_match_expressions(expression: Mapping[str, Any], who: list[str]) -> None:
    assert reached({"ingress": [{"from": [{"podSelector": {"matchExpressions": [expression]}}]}]}) == who


def test_labels_and_expressions_must_both_hold() -> None:
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}
    assert reached({"ingress": [{"from": [{"podSelector": selector}]}]}) == []


def test_without_a_policy_everything_is_allowed() -> None:
    asked = model(WEB, DB, FAR)
    assert all(asked.allows(pod, other, 1) for pod in asked.pods for other in asked.pods)
    assert asked.allows(Address("203.0.113.9"), asked.pods[0], 1)


def test_a_policy_isolates_its_pods_in_its_directions_only() -> None:
    asked = model(WEB, DB, FAR, policy("db", {"podSelector": {"matchLabels": {"app": "db"}}}, namespace="shop"))
    db, web = named(asked.pods, "db"), named(asked.pods, "web")
    assert not asked.allows(web, db, 5432)
    assert asked.allows(db, web, 8080)
    assert asked.isolated(db, Direction.INGRESS) != ()
    assert asked.isolated(db, Direction.EGRESS) == ()


@pytest.mark.parametrize(
    ("spec", "isolated"),
    [
        ({}, {"Ingress"}),
        ({"egress": []}, {"Ingress"}),
        ({"egress": [{}]}, {"Ingress", "Egress"}),
        ({"policyTypes": ["Egress"]}, {"Egress"}),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, {"Egress"}),
        ({"policyTypes": []}, {"Ingress"}),
        ({"policyTypes": ["Ingress", "Egress"]}, {"Ingress", "Egress"}),
        ({"podSelector": None}, {"Ingress"}),
    ],
)
def test_policy_types_have_defaults(spec: Mapping[str, Any], isolated: set[str]) -> None:
    asked = model(DB, policy("any", spec, namespace="shop"))
    found = {each.value for each in Direction if asked.isolated(asked.pods[0], each)}
    assert found == isolated


def test_policies_are_united() -> None:
    both = [
        policy("a", {"podSelector": {}, "ingress": [{"ports": [{"port": 1}]}]}, namespace="shop"),
        policy("b", {"podSelector": {}, "ingress": [{"ports": [{"port": 2}]}]}, namespace="shop"),
    ]
    asked = model(WEB, DB, *both)
    web, db = asked.pods
    assert [asked.allows(web, db, port) for port in (1, 2, 3)] == [True, True, False]


def test_both_ends_must_allow() -> None:
    out = policy("out", {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]}, namespace="shop")
    asked = model(WEB, DB, out)
    web, db = asked.pods
    assert not asked.allows(web, db, 5432)
    assert asked.allows(db, web, 8080)
    assert not asked.allows(web, Address("1.1.1.1"), 53, "UDP")


def test_names_of_ports_mean_those_of_the_destination_in_egress_too() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": "sql"}]}]}
    asked = model(WEB, DB, policy("out", spec, namespace="shop"))
    web, db = asked.pods
    assert asked.allows(web, db, 5432)
    assert not asked.allows(web, db, 8080)
    assert not asked.allows(web, Address("1.1.1.1"), 5432)


def test_sctp_and_udp_are_their_own() -> None:
    ports = [{"port": 7, "protocol": "SCTP"}]
    assert reached({"ingress": [{"ports": ports}]}, port=7, protocol="SCTP") == EVERYBODY
    assert reached({"ingress": [{"ports": ports}]}, port=7) == []


def test_blocks_hold_addresses_except_some() -> None:
    block = {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"]}
    asked = model(DB, policy("db", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": block}]}]}, namespace="shop"))
    db = asked.pods[0]
    outside = [Address(ip) for ip in ("10.1.2.3", "10.9.1.1", "11.0.0.1", "2001:db8::1")]
    assert [asked.allows(each, db, 1) for each in outside] == [True, False, False, False]


def test_a_broken_block_holds_nothing() -> None:
    spec = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/99"}}]}]}
    asked = model(DB, policy("db", spec, namespace="shop"))
    assert not asked.allows(Address("10.0.0.1"), asked.pods[0], 1)


AGENT = workload("agent", kind="DaemonSet", namespace="shop", ports={"http": 9100}, spec={"hostNetwork": True})


def test_pods_on_the_host_network_are_not_isolated() -> None:
    asked = model(WEB, AGENT, policy("all", {"podSelector": {}}, namespace="shop"))
    web, agent = asked.pods
    assert asked.allows(web, agent, 9100)
    assert not asked.allows(agent, web, 8080)


def test_pods_on_the_host_network_are_seen_as_their_node() -> None:
    rules = [{"from": [{"podSelector": {}}]}, {"from": [{"ipBlock": {"cidr": "192.168.0.0/24"}}]}]
    asked = model(WEB, AGENT, policy("all", {"podSelector": {}, "ingress": rules}, namespace="shop"))
    web, agent = asked.pods
    assert not asked.allows(agent, web, 8080)
    placed = Pods("DaemonSet", "agent", "shop", agent.labels, host_network=True, addresses=("192.168.0.7",))
    assert asked.allows(placed, web, 8080)
    assert asked.allows(web, web, 8080)


def test_a_namespace_has_its_labels_and_the_automatic_one() -> None:
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"team": "red", "kubernetes.io/metadata.name": "other"}}}]}
    assert reached({"ingress": [rule]}) == []
    assert reached({"ingress": [rule]}, namespace("other", team="red")) == ["other/web"]


def test_connections_are_those_to_known_ports() -> None:
    held = bundle(WEB, DB, service("db", {"port": 80, "targetPort": 5432}, {"port": 9, "targetPort": 99}))
    assert {(target.name, port) for _, target, port in possible_connections(held, Model(held))} == {
        ("web", 8080),
        ("web", 9090),
        ("db", 5432),
    }
    held = bundle(WEB, DB, service("db", {"port": 9, "targetPort": 99}, namespace="shop"))
    assert ("db", 99) in {(target.name, port) for _, target, port in possible_connections(held, Model(held))}


def test_a_pod_template_runs_nothing() -> None:
    template = {
        "apiVersion": "v1",
        "kind": "PodTemplate",
        "metadata": {"name": "t"},
        "template": WEB["spec"]["template"],
    }
    assert [pod.kind for pod in model(template, DB).pods] == ["Deployment"]


# A second reading of the semantics, as plain as possible, over plain data only.


def naive_selects(selector: Any, labels: Mapping[str, str]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key, object()) != value:
            return False
    for each in selector.get("matchExpressions") or []:
        key, values = each["key"], each.get("values", [])
        if each["operator"] == "In" and not (key in labels and labels[key] in values):
            return False
        if each["operator"] == "NotIn" and key in labels and labels[key] in values:
            return False
        if each["operator"] == "Exists" and key not in labels:
            return False
        if each["operator"] == "DoesNotExist" and key in labels:
            return False
    return True


def naive_peer(peer: Any, home: str, spaces: Mapping[str, Mapping[str, str]], end: Mapping[str, Any]) -> bool:
    if "ipBlock" in peer:
        if end.get("ip") is None:
            return False
        ip = ipaddress.ip_address(end["ip"])
        block = peer["ipBlock"]
        return ip in ipaddress.ip_network(block["cidr"]) and all(
            ip not in ipaddress.ip_network(each) for each in block.get("except", [])
        )
    if end.get("host") or "namespace" not in end:
        return False
    space_fits = (
        naive_selects(peer["namespaceSelector"], spaces[end["namespace"]])
        if "namespaceSelector" in peer
        else end["namespace"] == home
    )
    return space_fits and naive_selects(peer.get("podSelector", {}), end["labels"])


def naive_port(wanted: Any, destination: Mapping[str, Any], port: int, protocol: str) -> bool:
    if wanted.get("protocol", "TCP") != protocol:
        return False
    if "port" not in wanted:
        return True
    if isinstance(wanted["port"], str):
        return (wanted["port"], port, protocol) in destination.get("ports", [])
    return bool(wanted["port"] <= port <= wanted.get("endPort", wanted["port"]))


def naive_allows(
    policies: list[Any],
    spaces: Mapping[str, Mapping[str, str]],
    both: tuple[Mapping[str, Any], Mapping[str, Any]],
    port: int,
    protocol: str,
) -> bool:
    source, destination = both
    ends = (("Ingress", "ingress", "from", destination, source), ("Egress", "egress", "to", source, destination))
    for kind, field, side, own, other in ends:
        if "namespace" not in own or own.get("host"):
            continue
        isolated, allowed = False, False
        for each in policies:
            spec = each["spec"]
            types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
            home = each["metadata"]["namespace"]
            if home != own["namespace"] or kind not in types or not naive_selects(spec["podSelector"], own["labels"]):
                continue
            isolated = True
            for rule in spec.get(field) or []:
                peers, ports = rule.get(side) or [], rule.get("ports") or []
                if (not peers or any(naive_peer(peer, home, spaces, other) for peer in peers)) and (
                    not ports or any(naive_port(wanted, destination, port, protocol) for wanted in ports)
                ):
                    allowed = True
        if isolated and not allowed:
            return False
    return True


LABELS = {"app": ["a", "b"], "tier": ["x", "y"]}


def random_labels(dice: random.Random) -> dict[str, str]:
    return {key: dice.choice(values) for key, values in LABELS.items() if dice.random() < 0.7}


def random_selector(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.random() < 0.5:
        found["matchLabels"] = {key: dice.choice(values) for key, values in LABELS.items() if dice.random() < 0.5}
    if dice.random() < 0.4:
        key = dice.choice([*LABELS, "none"])
        operator = dice.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        found["matchExpressions"] = [{"key": key, "operator": operator}]
        if operator in {"In", "NotIn"}:
            found["matchExpressions"][0]["values"] = dice.sample(["a", "b", "x"], dice.randint(1, 2))
    return found


def random_peer(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.25:
        block: dict[str, Any] = {"cidr": dice.choice(["10.0.0.0/8", "10.1.0.0/16"])}
        if dice.random() < 0.5:
            block["except"] = ["10.1.2.0/24"]
        return {"ipBlock": block}
    found = {}
    if dice.random() < 0.6:
        found["podSelector"] = random_selector(dice)
    if not found or dice.random() < 0.5:
        found["namespaceSelector"] = dice.choice(
            [{}, {"matchLabels": {"kubernetes.io/metadata.name": "n1"}}, {"matchLabels": {"team": "red"}}]
        )
    return found


def random_rule(dice: random.Random, side: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.random() < 0.8:
        found[side] = [random_peer(dice) for _ in range(dice.randint(0, 2))]
    if dice.random() < 0.6:
        found["ports"] = []
        for _ in range(dice.randint(0, 2)):
            port = dice.choice([{}, {"port": 80}, {"port": "web"}, {"port": 79, "endPort": 81}, {"port": 53}])
            found["ports"].append({**port, **dice.choice([{}, {"protocol": "UDP"}, {"protocol": "SCTP"}])})
    return found


def random_policy(dice: random.Random, at: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"podSelector": random_selector(dice)}
    if dice.random() < 0.6:
        spec["policyTypes"] = dice.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"], []])
    for field, side in (("ingress", "from"), ("egress", "to")):
        if dice.random() < 0.7:
            spec[field] = [random_rule(dice, side) for _ in range(dice.randint(0, 2))]
    return policy(f"p{at}", spec, namespace=dice.choice(["n1", "n2"]))


def random_world(dice: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return namespaces and workloads, policies, and the workloads as the naive reading sees them."""
    objects: list[dict[str, Any]] = [namespace("n1", team="red")]
    ends: list[dict[str, Any]] = []
    for at in range(dice.randint(2, 4)):
        space, labels = dice.choice(["n1", "n2"]), random_labels(dice)
        ports = [dice.choice([("web", 80, "TCP"), ("web", 8080, "TCP"), ("web", 53, "UDP"), ("dns", 53, "UDP")])]
        host = dice.random() < 0.15
        container = {"ports": [{"name": n, "containerPort": p, "protocol": q} for n, p, q in ports]}
        spec = {"hostNetwork": True} if host else {}
        # ReplicaSets: their pods carry no labels beside those of the template.
        each = workload(f"w{at}", kind="ReplicaSet", namespace=space, labels=labels, container=container, spec=spec)
        objects.append(each)
        ends.append({"namespace": space, "labels": labels, "ports": ports, "host": host})
    return objects, [random_policy(dice, at) for at in range(dice.randint(1, 4))], ends


@pytest.mark.parametrize("seed", range(150))
def test_random_bundles_are_read_as_the_naive_reading_does(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    objects, policies, ends = random_world(dice)
    asked = model(*objects, *policies)
    spaces = {"n1": {"team": "red", "kubernetes.io/metadata.name": "n1"}, "n2": {"kubernetes.io/metadata.name": "n2"}}
    addresses = [Address(ip) for ip in ("10.1.2.3", "10.1.9.9", "10.2.0.1", "192.0.2.1")]
    parties = [*zip(asked.pods, ends, strict=True), *((address, {"ip": address.ip}) for address in addresses)]
    for source, plain_source in parties:
        for destination, plain_destination in parties:
            for port, protocol in ((80, "TCP"), (8080, "TCP"), (53, "UDP"), (80, "SCTP")):
                expected = naive_allows(policies, spaces, (plain_source, plain_destination), port, protocol)
                assert asked.allows(source, destination, port, protocol) == expected, (source, destination, port)


def test_the_random_bundles_are_worth_asking() -> None:
    answers = []
    for seed in range(150):
        objects, policies, _ = random_world(random.Random(seed))
        asked = model(*objects, *policies)
        answers += [asked.allows(pod, other, 80) for pod in asked.pods for other in asked.pods]
    assert 0.2 < sum(answers) / len(answers) < 0.9
