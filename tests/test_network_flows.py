"""Holds what logs of connections and stated connections mean: they close ports, admit, and tell what was not seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from companion_bundles import bundle
from network_subjects import named, service, workload

from harden.companions.model import Answer
from harden.companions.network_policy import generate
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import settle
from harden.companions.settings import network_settings
from harden.network.flows.model import Endpoint, Flow, Verdict
from harden.network.flows.read import read_flows
from harden.network.pods import Address, Pods
from harden.network.policies import read
from harden.network.reach import Model

SAMPLES = Path(__file__).resolve().parent / "data" / "flows"
SECRET = {"env": [{"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}}]}
LAB = (
    workload("store", namespace="lab", ports={"sql": 5432, "metrics": 9187}),
    service("store", 5432, namespace="lab"),
    workload("plain", namespace="lab"),
    workload("client", namespace="lab", container=SECRET),
    workload("other", namespace="lab"),
)
STRANGER = Pods("Pod", "stranger", "lab", {})


def sample(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


def made(*objects: Mapping[str, Any], **settings: Any) -> tuple[Model, Answer]:
    held = bundle(*objects)
    found = generate(held, settle(held, settings.pop("owns", ["lab"])), NetworkSettings(**settings))
    return Model(held, [read(draft.data()) for draft in found.drafts]), found.whole


@pytest.mark.parametrize(
    ("name", "unread"),
    [("hubble.jsonl", 2), ("calico.jsonl", 1), ("istio.jsonl", 2), ("envoy.log", 1), ("flows.csv", 0)],
)
def test_every_format_shows_the_same_connection(name: str, unread: int) -> None:
    flows = read_flows(sample(name), name)
    assert flows.unread == unread
    model, _ = made(*LAB, flows=flows)
    assert model.allows(named(model.pods, "plain"), named(model.pods, "store"), 5432)
    for other in (named(model.pods, "other"), STRANGER):
        assert not model.allows(other, named(model.pods, "store"), 5432)
    # Whose configuration nobody sees stays admitted, and is told.
    assert model.allows(named(model.pods, "client"), named(model.pods, "store"), 5432)
    assert not model.allows(STRANGER, named(model.pods, "store"), 9187)


def test_the_window_is_named_and_what_was_not_observed_is_told() -> None:
    flows = read_flows(sample("flows.csv"), "flows.csv")
    _, answer = made(*LAB, flows=flows)
    window = "flows.csv (2026-03-02T10:00:00Z to 2026-03-02T11:00:00Z)"
    text = next(companion.text for companion in answer.companions if companion.name == "store-network")
    assert "observed in flows.csv, 2026-03-02T10:00:00Z to 2026-03-02T11:00:00Z" in text
    said = [(remark.finding.message, remark.finding.reason) for remark in answer.remarks]
    assert any(f"; denied in {window}" in message and "client" in message for message, _ in said)
    assert any("9187" in message and f"it is closed, by {window}" in str(reason) for message, reason in said)
    quiet = read_flows("lab,plain,lab,store,5432\n", "f")
    _, answer = made(*LAB, flows=quiet)
    assert any("; never observed in f" in remark.finding.message for remark in answer.remarks)


def test_senders_that_no_file_shows_are_let_in_as_they_were_observed() -> None:
    flows = read_flows("far,job,lab,store,5432\n,,lab,store,9187\n", "f")
    model, _ = made(*LAB, flows=flows)
    store = named(model.pods, "store")
    assert model.allows(Pods("Pod", "x", "far", {}), store, 5432)
    assert not model.allows(Address("203.0.113.7"), store, 5432)
    assert model.allows(Address("203.0.113.7"), store, 9187)
    assert not model.allows(STRANGER, store, 5432)


def test_probes_from_the_node_are_no_senders() -> None:
    probe = {"readinessProbe": {"tcpSocket": {"port": 5432}}}
    store = workload("store", namespace="lab", ports={"sql": 5432}, container=probe)
    model, _ = made(store, LAB[1], LAB[2], flows=read_flows("lab,plain,lab,store,5432\n,,lab,store,5432\n", "f"))
    assert not model.allows(Address("203.0.113.7"), named(model.pods, "store"), 5432)


@pytest.mark.parametrize("pod", ["plain", "plain-6d5f7c9b8-x2v4q", "plain-x2v4q", "plain-0", "plain-6d5f7c9b8"])
def test_pods_are_told_by_their_names(pod: str) -> None:
    model, _ = made(*LAB, flows=read_flows(f"lab,{pod},lab,store-0,5432\n", "f"))
    assert model.allows(named(model.pods, "plain"), named(model.pods, "store"), 5432)
    assert not model.allows(STRANGER, named(model.pods, "store"), 5432)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "#",
        "x",
        "{",
        "{}",
        "[1]",
        "a,b,c,d,e",
        "a,b,c,d,0",
        "a,b,c,,80",
        '{"flow": 3}',
        '{"flow": {"verdict": {}}}',
        "\x00",
    ],
)
def test_lines_that_are_no_connection_are_passed_over(line: str) -> None:
    flows = read_flows(f"{line}\nlab,plain,lab,store,5432\n", "f")
    assert flows.flows == (Flow(Endpoint("lab", "plain"), Endpoint("lab", "store"), 5432, "TCP", Verdict.ALLOWED),)


def test_columns_may_stand_in_any_order() -> None:
    text = "port,dest_namespace,dest_workload,src_namespace,src_workload\n5432,lab,store,lab,plain\n"
    (flow,) = read_flows(text, "f").flows
    assert (flow.source, flow.destination, flow.port) == (Endpoint("lab", "plain"), Endpoint("lab", "store"), 5432)


STATED = [
    {"plain": ("store:5432",)},
    {"lab/plain": ("lab/store:5432",)},
    {"plain.lab": ("store.lab:5432",)},
    {"plain": ("store",)},
]


@pytest.mark.parametrize("connects", STATED)
def test_a_stated_connection_is_certain(connects: Mapping[str, tuple[str, ...]]) -> None:
    model, answer = made(*LAB, connects=connects)
    store = named(model.pods, "store")
    assert model.allows(named(model.pods, "plain"), store, 5432)
    assert not model.allows(STRANGER, store, 5432)
    assert model.allows(STRANGER, store, 9187)
    assert not any("connects names" in offer.message for offer in answer.offers)


def test_an_annotation_states_connections_too() -> None:
    plain = workload("plain", namespace="lab", annotations={"kube-harden.io/connects": "store:5432, nobody:1"})
    model, _ = made(LAB[0], LAB[1], plain, egress=Egress.KNOWN)
    assert model.allows(named(model.pods, "plain"), named(model.pods, "store"), 5432)
    assert not model.allows(STRANGER, named(model.pods, "store"), 5432)


def test_names_that_the_files_do_not_hold_are_told() -> None:
    _, answer = made(*LAB, connects={"nobody": ("store",), "plain": ("nowhere:1",)})
    said = [offer.message for offer in answer.offers if "connects" in offer.message]
    assert len(said) == 2


def test_the_setting_is_a_mapping_of_lists() -> None:
    read_in = network_settings({"network-policy": {"connects": {"web": ["store:5432"]}}})
    assert read_in.connects == {"web": ("store:5432",)}
