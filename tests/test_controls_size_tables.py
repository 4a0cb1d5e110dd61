"""Tables of sizes in a profile: wrong ones are refused with file and line, and the schema says the same."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest

from harden.errors import HardenError
from harden.model.text import Plain
from harden.settings import load
from harden.settings.schema import profile_schema
from harden.settings.settings import read

HEAD = "extends: restricted\ncontrols:\n  resources:\n"


def write(folder: Path, text: str) -> str:
    path = folder / "team.yaml"
    path.write_text(HEAD + text, "utf-8")
    return str(path)


def fits_schema(path: str) -> bool:
    data: Plain = read(Path(path), path).data
    return jsonschema_rs.validator_for(profile_schema()).is_valid(data)


def test_tables_of_layers_are_merged(tmp_path: Path) -> None:
    text = "    classes:\n      web: {limits: {cpu: '1'}}\n    workloads: {shop/*: {app: {requests: {cpu: 1}}}}\n"
    path = write(tmp_path, text)
    assert fits_schema(path)
    (tmp_path / "team.yaml").write_text((HEAD + text).replace("restricted", "hardened"), "utf-8")
    options = load(path).controls["resources"].options
    assert isinstance(options["classes"], dict)
    assert options["classes"]["web"] == {
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"memory": "512Mi", "cpu": "1"},
    }
    assert options["workloads"] == {"shop/*": {"app": {"requests": {"cpu": 1}}}}


WRONG = {
    "no table": ("    classes: []\n", ":4: classes must be a mapping"),
    "no class": ("    classes:\n      webb: {}\n", ":5: classes.webb is no class: known are web, worker, "),
    "no size": ("    classes:\n      web: 50m\n", ":5: classes.web must be a size, for example {requests: "),
    "no side": ("    classes:\n      web: {cpu: 50m}\n", ":5: classes.web.cpu is neither requests nor limits"),
    "no amounts": ("    images:\n      a:\n        limits: 1\n", ":6: images.a.limits must map cpu, memory or "),
    "no resource": (
        "    images:\n      a:\n        limits:\n          gpu: 1\n",
        ":7: images.a.limits.gpu is no resource that has a size: known are cpu, memory, ephemeral-storage",
    ),
    "no container": ("    workloads:\n      web: 1\n", ':5: workloads.web must map names of containers ("*" for each)'),
}
#: What a schema cannot say.
WRONG_AMOUNTS = {
    "no amount": (
        "    workloads:\n      w:\n        c: {requests: {cpu: some}}\n",
        ":6: workloads.w.c.requests.cpu must be an amount above zero, such as 50m or 128Mi",
    ),
    "nothing": ("    images: {a: {limits: {cpu: 0}}}\n", ":4: images.a.limits.cpu must be an amount above zero"),
    "backwards": (
        "    images: {a: {requests: {memory: 1Gi}, limits: {memory: 1G}}}\n",
        ":4: images.a.limits.memory is below the request",
    ),
}


@pytest.mark.parametrize(("text", "message"), (WRONG | WRONG_AMOUNTS).values(), ids=WRONG | WRONG_AMOUNTS)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(HardenError) as refused:
        load(path)
    assert str(refused.value).startswith(path + message)
    assert fits_schema(path) == ((text, message) in WRONG_AMOUNTS.values())
