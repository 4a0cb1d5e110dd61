"""Holds recognition against a labelled list of forms, and prints how many are found and how many are found wrongly."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from companion_bundles import bundle, load
from network_subjects import config_map, service, workload

from harden.network.connection import EvidenceKind
from harden.network.evidence import gather

FORMS = Path(__file__).resolve().parent / "data" / "network_forms.yaml"
STORE = (workload("store", ports={"sql": 5432}), service("store", 5432, clusterIP="10.96.7.7"))


def client(where: str, form: str) -> tuple[Mapping[str, Any], ...]:
    match where:
        case "variables":
            key, _, value = form.partition("=")
            return (workload("client", env={key: value}),)
        case "commands":
            return (workload("client", container={"command": shlex.split(form)}),)
        case _:
            volumes = {"volumes": [{"name": "c", "configMap": {"name": "conf"}}]}
            return workload("client", spec=volumes), config_map("conf", {"app.conf": form})


def found(where: str, form: str) -> str:
    """Return `certain`, `hint` or `nothing`."""
    shown = gather(bundle(*STORE, *client(where, form))).shown
    why = {each.why for each in shown if getattr(each.source, "name", "") == "client"}
    return "certain" if EvidenceKind.NAMED in why else "hint" if EvidenceKind.HINTED in why else "nothing"


def forms() -> Iterator[tuple[str, str, str]]:
    (listed,) = load(FORMS.read_text("utf-8"))
    for where, labelled in listed.items():
        for label, members in labelled.items():
            yield from ((where, label, form) for form in members)


def test_the_list_is_long_and_says_nothing_twice() -> None:
    listed = list(forms())
    assert len(listed) >= 300
    assert len(listed) == len(set(listed))
    assert {label for _, label, _ in listed} == {"hosts", "others"}


def test_certain_is_never_wrong_and_hints_seldom() -> None:
    results = [(where, label, form, found(where, form)) for where, label, form in forms()]
    counts = {
        (label, result): sum((label, result) == (each[1], each[3]) for each in results)
        for label in ("hosts", "others")
        for result in ("certain", "hint", "nothing")
    }
    for where, label, form, result in results:
        if (label, result) in {("hosts", "nothing"), ("others", "hint"), ("others", "certain")}:
            print(f"  {result} of {label}: {where}: {form!r}")
    certain = counts["hosts", "certain"] + counts["others", "certain"]
    hints = counts["hosts", "hint"] + counts["others", "hint"]
    hosts = sum(counts["hosts", result] for result in ("certain", "hint", "nothing"))
    wrong = counts["others", "hint"]
    print(
        f"{len(results)} forms, {hosts} of them hosts: {certain} certain, {counts['others', 'certain']} of them wrong;"
    )
    print(f"{hints} hints, {wrong} of them wrong ({wrong / (hints or 1):.0%});")
    print(f"recall {1 - counts['hosts', 'nothing'] / hosts:.1%}, certain {counts['hosts', 'certain'] / hosts:.1%}")
    assert counts["others", "certain"] == 0
    assert wrong <= hints * 0.05
    assert counts["hosts", "nothing"] == 0


@pytest.mark.parametrize("form", ["data", "stringData"])
def test_a_mounted_secret_is_searched_and_never_printed(form: str) -> None:
    import base64

    value = "db:\n  host: store\n  password: hunter2\n"
    held = base64.b64encode(value.encode()).decode() if form == "data" else value
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, form: {"app.yaml": held}}
    volumes = {"volumes": [{"name": "s", "secret": {"secretName": "s"}}]}
    shown = gather(bundle(*STORE, workload("client", spec=volumes), secret)).shown
    assert [each.why for each in shown] == [EvidenceKind.NAMED]
    assert "hunter2" not in repr([(each.said, each.seen_at) for each in shown])


def test_a_generator_of_a_kustomization_is_searched() -> None:
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "configMapGenerator": [{"name": "conf", "literals": ["STORE_HOST=store"]}],
    }
    container = {"envFrom": [{"configMapRef": {"name": "conf"}}]}
    shown = gather(bundle(*STORE, workload("client", container=container), kustomization)).shown
    assert [each.why for each in shown] == [EvidenceKind.NAMED]


def test_labels_images_and_names_of_keys_say_nothing() -> None:
    each = workload(
        "client",
        labels={"app": "client", "host": "store"},
        annotations={"note": "store", "checksum/config": "store"},
        container={"image": "store:5432", "name": "store", "workingDir": "/store"},
        env={"store": "x", "STORE_HOST_KEY": "x"},
    )
    assert gather(bundle(*STORE, each)).shown == ()
