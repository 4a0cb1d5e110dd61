"""Holds the policies of small bundles in tests/data/network against the ones written beside them.

A folder has in.yaml, perhaps settings.json, and what is expected: out.yaml (the policies) and said.txt (remarks and
offers). `--update-golden` rewrites the expected files; read the diff before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from companion_bundles import checked, load

from harden.companions.model import Answer
from harden.companions.network_policy import generate, policies
from harden.companions.network_settings import Egress, NetworkSettings
from harden.companions.ownership import settle
from harden.kube.bundle import Bundle, gather
from harden.network.connection import EvidenceKind
from harden.network.evidence import gather as evidence_of
from harden.network.pods import Pods
from harden.network.policies import API_VERSION, Direction, policies_of, read
from harden.network.reach import Model

ROOT = Path(__file__).resolve().parent / "data" / "network"
CASES = sorted(path for path in ROOT.iterdir() if path.is_dir())


def settings(folder: Path) -> NetworkSettings:
    path = folder / "settings.json"
    given: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    egress = Egress(given.pop("egress", "open"))
    return NetworkSettings(egress=egress, **{key: tuple(value) for key, value in given.items()})


def bundle(folder: Path) -> Bundle:
    return gather(("in.yaml", at, each) for at, each in enumerate(load((folder / "in.yaml").read_text("utf-8"))))


def answered(folder: Path) -> Answer:
    held = bundle(folder)
    return policies(held, settle(held), settings(folder))


def said(answer: Answer) -> str:
    lines = [
        f"{remark.severity.name.lower()}: {remark.resource.kind} {remark.resource.name}: {remark.finding.message}\n"
        f"  {remark.finding.reason}\n"
        for remark in answer.remarks
    ]
    return "".join([*lines, *(f"offer: {offer.message}\n  {offer.option}\n" for offer in answer.offers)])


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_the_policies_are_those_expected(folder: Path, request: pytest.FixtureRequest) -> None:
    answer = answered(folder)
    results = {"out.yaml": "---\n".join(companion.text for companion in answer.companions), "said.txt": said(answer)}
    for name, text in results.items():
        path = folder / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, "utf-8")
        assert path.exists(), f"{folder.name}: no {name}; see --update-golden"
        assert path.read_text("utf-8") == text


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_the_policies_keep_their_promises(folder: Path) -> None:
    held = bundle(folder)
    found = generate(held, settle(held), settings(folder))
    texts = [checked(companion, API_VERSION) for companion in found.whole.companions]
    assert texts == [draft.data() for draft in found.drafts]
    pods = evidence_of(held).pods
    before = Model(held, pods=pods)
    after = Model(held, (*policies_of(held), *map(read, texts)), pods=pods)
    for item in evidence_of(held).shown:
        source = next((each for each in pods if isinstance(item.source, Pods) and each.key == item.source.key), None)
        target = next(each for each in pods if each.key == item.target.key)
        if source is None or item.why is EvidenceKind.PROBE or source.host_network:
            continue
        port = item.port or 7000
        assert after.allows(source, target, port, item.protocol) or not before.allows(
            source, target, port, item.protocol
        )
    for policy in map(read, texts):
        chosen = {each.key for each in pods for direction in Direction if policy.isolates(each, direction)}
        assert len(chosen) == 1 or policy.name == "default-deny-ingress"


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_no_value_of_a_secret_or_variable_is_told(folder: Path) -> None:
    answer = answered(folder)
    told = "".join(companion.text for companion in answer.companions) + said(answer)
    # A policy that opens one namespace has to name it; nothing else may.
    told = told.replace("kubernetes.io/metadata.name: tracing", "")
    for secret in ("correct-horse", "pay.example.com", "tempo", "tracing", "amqp", "shop.example.com"):
        assert secret not in told


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_the_same_bundle_gives_the_same_text(folder: Path) -> None:
    assert answered(folder) == answered(folder)
    backwards = gather(
        ("in.yaml", at, each) for at, each in reversed(list(enumerate(load((folder / "in.yaml").read_text("utf-8")))))
    )
    again = policies(backwards, settle(backwards), settings(folder))
    names = [(companion.namespace, companion.name) for companion in again.companions]
    assert names == [(companion.namespace, companion.name) for companion in answered(folder).companions]


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_pods_that_have_their_policies_get_no_more(folder: Path) -> None:
    """Return policies to the bundle as somebody else's: everything is isolated now, so nothing is generated."""
    held, own = bundle(folder), answered(folder)
    written = [each for companion in own.companions for each in load(companion.text)]
    values = [*load((folder / "in.yaml").read_text("utf-8")), *written]
    again = gather(("in.yaml", at, each) for at, each in enumerate(values))
    assert len(held.members) == len(again.members)
    assert policies(again, settle(again), settings(folder)).companions == ()
