from __future__ import annotations

import copy
import json
import warnings
from typing import cast

import pytest

from harden.model.text import Plain
from harden.verify.schema import _folder, _Schemas, _start, errors, nearest, template_errors

DEPLOYMENT: dict[str, Plain] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx", "env": [{"name": "A", "value": "b"}]}]},
        },
    },
}


def container(data: Plain) -> dict[str, Plain]:
    return cast("dict[str, Plain]", data["spec"]["template"]["spec"]["containers"][0])  # type: ignore[index,call-overload]


def test_a_valid_object_has_no_errors() -> None:
    assert errors(None, "apps/v1", "Deployment", DEPLOYMENT) == ()
    assert errors((1, 25), "apps/v1", "Deployment", DEPLOYMENT) == ()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("privileged", True, "unknown field privileged"),
        ("image", 3, "must be of type null or string"),
        ("ports", [{"containerPort": "80"}], "must be of type integer"),
        ("ports", [{}], "lacks containerPort"),
    ],
)
def test_errors_name_the_place(key: str, value: Plain, message: str) -> None:
    data: dict[str, Plain] = copy.deepcopy(DEPLOYMENT)
    container(data)[key] = value
    found = errors(None, "apps/v1", "Deployment", data)
    assert [each.message for each in found] == [message]
    assert found[0].path[:5] == ("spec", "template", "spec", "containers", 0)


def test_unknown_fields_are_told_one_by_one() -> None:
    data: dict[str, Plain] = copy.deepcopy(DEPLOYMENT)
    container(data)["hostIPC"] = container(data)["privileged"] = True
    assert [error.message for error in errors(None, "apps/v1", "Deployment", data)] == [
        "unknown field hostIPC",
        "unknown field privileged",
    ]


def test_values_are_not_shown() -> None:
    data = copy.deepcopy(DEPLOYMENT)
    container(data)["env"] = [{"name": "A", "value": {"hunter2": 1}}]
    assert "hunter2" not in str(errors(None, "apps/v1", "Deployment", data))


def test_template_of_a_gone_version_is_checked_by_itself() -> None:
    template = DEPLOYMENT["spec"]["template"]  # type: ignore[index,call-overload]
    assert template_errors((1, 15), template) == ()
    assert template_errors(None, {"spec": {"containers": [{"name": "x", "nope": 1}]}})


def test_versions_without_schemas_take_the_nearest() -> None:
    assert nearest((1, 3)) == (1, 25)
    assert nearest((1, 30)) == (1, 30)
    assert nearest(None) == nearest((1, 99)) >= (1, 37)


@pytest.mark.parametrize("break_it", [None, "unknown", "type", "missing"])
def test_the_verdict_is_that_of_kubernetes_validate(break_it: str | None) -> None:
    import kubernetes_validate  # slow to import

    data = copy.deepcopy(DEPLOYMENT)
    if break_it == "unknown":
        container(data)["nope"] = 1
    elif break_it == "type":
        container(data)["command"] = "sh"
    elif break_it == "missing":
        del data["spec"]["selector"]  # type: ignore[union-attr,index,call-overload]
    ours = errors((1, 37), "apps/v1", "Deployment", data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if break_it is None:
            kubernetes_validate.validate(data, "1.37", strict=True)
        else:
            with pytest.raises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(data, "1.37", strict=True)
    assert bool(ours) == (break_it is not None)


def test_each_definition_is_found_in_the_file_without_reading_the_others() -> None:
    folder = _folder() / "v1.37.0-local-strict"
    whole = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    schemas = _Schemas(folder)
    schemas.validator("deployment-apps-v1")
    assert len(schemas._definitions) < len(whole) / 4
    assert {name: schemas._definition(name) for name in whole} == whole


@pytest.mark.parametrize("names", ["abc", "cba", "bca"])
def test_definitions_are_found_in_whatever_order_they_stand(names: str) -> None:
    text = json.dumps({"$defs": {name: {"title": name} for name in names}}, indent=2).encode()
    for name in names:
        assert text[_start(text, name.encode()) :].startswith(b"{")
        assert f'"{name}"'.encode() in text[_start(text, name.encode()) :].partition(b"}")[0]
    with pytest.raises(ValueError, match="not found"):
        _start(text, b"d")


def test_a_kind_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import jsonschema_rs  # slow to import

    compiled = []
    original = jsonschema_rs.validator_for
    monkeypatch.setattr(
        jsonschema_rs, "validator_for", lambda schema, **more: compiled.append(schema) or original(schema, **more)
    )
    schemas = _Schemas(_folder() / "v1.37.0-local-strict")
    for name in ("deployment-apps-v1", "deployment-apps-v1", "", ""):
        schemas.validator(name)
    assert len(compiled) == 2
