"""What a bundle may decide for, and the text of generated objects."""

from __future__ import annotations

from typing import Any

import pytest
from companion_bundles import bundle, load

from harden.companions import yaml_text
from harden.companions.ownership import INITIAL, namespaces, settle


def thing(kind: str, name: str, home: str | None = None, api_version: str = "v1") -> dict[str, Any]:
    metadata = {"name": name} if home is None else {"name": name, "namespace": home}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def pod(name: str, home: str | None) -> dict[str, Any]:
    return {**thing("Pod", name, home), "spec": {"containers": [{"name": "c", "image": "registry.test/app"}]}}


def test_a_namespace_is_owned_by_its_object_or_by_word() -> None:
    held = bundle(thing("Namespace", "shop"), pod("a", "shop"), pod("b", "other"), pod("c", "asked"))
    ownership = settle(held, ["asked"])
    assert {name: ownership.owns(name) for name in ("shop", "other", "asked", "default")} == {
        "shop": True,
        "other": False,
        "asked": True,
        "default": False,
    }
    assert namespaces(held, ownership) == ("asked", "other", "shop")


@pytest.mark.parametrize("name", sorted(INITIAL))
def test_the_first_namespaces_of_a_cluster_are_owned_by_word_only(name: str) -> None:
    held = bundle(thing("Namespace", name))
    assert not settle(held).owns(name)
    assert settle(held, [name]).owns(name)


@pytest.mark.parametrize(
    "other",
    [
        thing("Namespace", "shop", api_version="example.test/v1"),
        thing("Project", "shop"),
        thing("ConfigMap", "shop", "shop"),
    ],
)
def test_other_objects_own_nothing(other: dict[str, Any]) -> None:
    assert not settle(bundle(other)).owns("shop")


def test_what_names_no_namespace_is_in_the_fallback() -> None:
    held = bundle(pod("a", None), thing("Secret", "s"), pod("b", "shop"))
    assert [member.workload.name for member in settle(held).members(held, "default")] == ["a"]
    held = bundle(pod("a", None), thing("Secret", "s"), pod("b", "shop"), fallback="shop")
    ownership = settle(held, fallback="shop")
    assert [member.workload.name for member in ownership.members(held, "shop")] == ["a", "b"]
    assert [resource.name for resource in ownership.resources(held, "shop", ("v1", "Secret"))] == ["s"]
    assert len(ownership.resources(held, "shop")) == 3


@pytest.mark.parametrize(
    "value",
    ["web", "web-1.2", "123", "1e3", "0x1F", "yes", "On", "null", "~", "n", "", "a b", "a: b", "#x", "- x", "a#b",
     "é", "=", "<<", "pod-security.kubernetes.io/warn", "512Mi", "100m", "12",
     "12e3", "2024-01-01", "a\nb", '"', "1_000", ".5"],
)  # fmt: skip
def test_a_scalar_is_read_back_as_the_same_string(value: str) -> None:
    assert load(f"{yaml_text.scalar(value)}: {yaml_text.scalar(value)}\n") == [{value: value}]


def test_what_people_write_plainly_stays_plain() -> None:
    plain = ["web", "registry.test/app", "512Mi", "100m"]
    assert [yaml_text.scalar(each) for each in plain] == plain
    assert yaml_text.scalar("12") == '"12"'
