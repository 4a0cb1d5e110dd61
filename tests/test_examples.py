"""The example shop: it is what the README says, and harden brings it as far as it can go."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from own_kinds import SERVED

ROOT = Path(__file__).resolve().parents[1]
SHOP = ROOT / "examples" / "shop"

_USERS = {"capabilities_restricted", "runAsNonRoot"}
#: What stays short of restricted after `harden apply`, with the official checks that still refuse it.
SHORT = {
    ("Deployment", "proxy"): ({"hostPorts"}, "binds the node's port 80; removing it cuts the shop off"),
    ("DaemonSet", "node-logs"): (
        {"capabilities_restricted", "restrictedVolumes", "runAsNonRoot", "runAsUser"},
        "reads the node's log files, which belong to root",
    ),
    ("CronJob", "nightly-backup"): (_USERS, "what its command needs is not known"),
    ("Deployment", "cart"): (_USERS, "nothing is known of its image"),
    ("Deployment", "mailer"): (_USERS, "nothing is known of its image"),
    ("Job", "orders-migrate"): (_USERS, "nothing is known of its image"),
    ("ReplicationController", "price-feed"): (_USERS, "nothing is known of its image"),
    ("PodTemplate", "report-runner"): (_USERS, "nothing is known of its image"),
    ("Deployment", "worker"): (_USERS, "nothing is known of its image"),
}


def files() -> list[Path]:
    return sorted(path for path in SHOP.rglob("*") if path.suffix in {".yaml", ".json"})


def objects(path: Path) -> Iterator[dict]:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        if document is not None:
            yield from document["items"] if document["kind"] == "List" else [document]


def everything() -> list[tuple[Path, dict]]:
    return [(path, found) for path in files() for found in objects(path)]


def test_every_kind_of_workload_is_there() -> None:
    assert set(SERVED) - {found["kind"] for _, found in everything()} == set()


def test_the_kinds_around_workloads_are_there() -> None:
    around = {
        *("Namespace", "ConfigMap", "Secret", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"),
        *("ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "NetworkPolicy", "Kustomization"),
    }
    assert around - {found["kind"] for _, found in everything()} == set()


def test_the_ways_in_which_people_write_are_there() -> None:
    texts = {path: path.read_text("utf-8") for path in files()}
    together = "\n".join(texts.values())
    assert re.search(r"^ +containers:\n +- ", together, re.MULTILINE)
    assert re.search(r"^( +)containers:\n\1- ", together, re.MULTILINE), "no list at its parent's indent"
    assert re.search(r"^( +)containers:\n\1  - ", together, re.MULTILINE), "no list indented by two"
    assert re.search(r"^( +)containers:\n\1    - ", together, re.MULTILINE), "no list indented by four"
    assert re.search(r": &\w+", together)
    assert re.search(r": \*\w+", together)
    assert any(text.lstrip().startswith("{") for path, text in texts.items() if path.suffix == ".yaml")
    assert any(text.count("\n---\n") > 1 for text in texts.values())
    assert all(json.loads(text) for path, text in texts.items() if path.suffix == ".json")


def test_whole_objects_are_valid() -> None:
    whole = [found for path, found in everything() if path.name not in {"kustomization.yaml", "orders-size.yaml"}]
    assert len(whole) > len(SERVED)
    for found in whole:
        # Raises with the place and the reason.
        kubernetes_validate.validate(found, "1.37", strict=True)


def test_every_file_of_the_base_is_listed_or_named_as_not_listed() -> None:
    base = SHOP / "base"
    text = (base / "kustomization.yaml").read_text("utf-8")
    listed = set(yaml.safe_load(text)["resources"])
    there = {path.name for path in base.iterdir()} - {"kustomization.yaml"}
    assert there - listed == {"toolbox.yaml"}
    assert listed - there == set()
    assert "# toolbox.yaml" in text


def test_secrets_hold_dummies_only() -> None:
    values = [
        value
        for _, found in everything()
        if found["kind"] == "Secret"
        for field in ("data", "stringData")
        for value in (found.get(field) or {}).values()
    ]
    assert sorted(values) == ["ZHVtbXk=", "not-a-real-password", "shop"]


@dataclass(frozen=True, slots=True)
class Hardened:
    """A hardened copy of the shop, what the JSON report says of its files, and the exit code."""

    folder: Path
    files: list[dict]
    code: int


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Hardened:
    copy = tmp_path_factory.mktemp("hardened") / "shop"
    shutil.copytree(SHOP, copy)
    done = run("apply", "--format", "json", str(copy))
    assert done.stdout, done.stderr
    return Hardened(copy, json.loads(done.stdout)["files"], done.returncode)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harden", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_what_is_admitted_after_apply(hardened: Hardened) -> None:
    workloads = [workload for file in hardened.files for workload in file["workloads"]]
    refused = {(workload["kind"], workload["name"]) for workload in workloads if not workload["admitted"]}
    assert refused == set(SHORT)
    assert len(workloads) == 17
    assert hardened.code == 1


def test_what_is_held_explains_each_check_that_still_refuses(hardened: Hardened) -> None:
    for workload in (workload for file in hardened.files for workload in file["workloads"]):
        checks, _ = SHORT.get((workload["kind"], workload["name"]), (set(), ""))
        left = {finding["check"] for finding in workload["findings"] if finding["held"] is not None}
        assert left - {None} == checks, workload["name"]


def test_only_the_patch_is_skipped(hardened: Hardened) -> None:
    skipped = {(Path(file["path"]).name, skip["name"]) for file in hardened.files for skip in file["skipped"]}
    assert skipped == {("orders-size.yaml", "orders")}
    assert [problem for file in hardened.files for problem in file["problems"]] == []


def test_a_second_run_changes_nothing(hardened: Hardened) -> None:
    copy = hardened.folder
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert run("diff", str(copy)).stdout == ""
    run("apply", str(copy))
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_files_without_workloads_and_the_good_one_keep_their_bytes(hardened: Hardened) -> None:
    copy = hardened.folder
    same = {
        path.relative_to(SHOP).as_posix()
        for path in SHOP.rglob("*")
        if path.is_file() and path.read_bytes() == (copy / path.relative_to(SHOP)).read_bytes()
    }
    assert same == {
        *(f"base/{name}.yaml" for name in ("config", "kustomization", "namespace", "network")),
        "base/access.json",
        "overlays/production/kustomization.yaml",
        "overlays/production/orders-size.yaml",
    }


def test_no_comment_is_lost(hardened: Hardened) -> None:
    copy = hardened.folder
    comment = re.compile(r"(?:^|\s)(#.*)")
    for path in files():
        before, after = (comment.findall(each.read_text("utf-8")) for each in (path, copy / path.relative_to(SHOP)))
        assert after == before, path.name


def test_the_payments_service_is_left_alone(hardened: Hardened) -> None:
    copy = hardened.folder
    before, after = ((root / "base" / "payments.yaml").read_text("utf-8").split("\n---\n")[0] for root in (SHOP, copy))
    assert after == before
