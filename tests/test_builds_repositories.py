"""Whole repositories, written for this: each image is resolved, refused with a reason, or foreign."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds_facts import FILE, known
from cli_session import Session
from ruamel import yaml

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Outcome, Refused, Resolved
from harden.images import store
from harden.images.store import lookup

REPOSITORIES = Path(__file__).parent / "repositories"
CONTROL = "run-as-non-root"
IMAGE = re.compile(r"^    image: (.*)$", re.MULTILINE)

#: Images of other people in the manifests; each has its trap: a folder, a compose service or an own image of its name.
FOREIGN = {
    "skaffold": (
        "redis:8",
        "docker.io/library/redis:8",
        "bitnami/redis:8",
        "quay.io/somebody/frontend:1.0",
        "docker.io/other/cart:1.0",
        "ghcr.io/redis/redis:8",
    ),
    "compose": ("solr:9", "cache", "valkey/valkey:8", "docker.io/acme/orders", "ghcr.io/somebody/orders:2.1.0"),
    "folders": (
        "redis:8",
        "docker.io/library/redis",
        "docker.io/redis/redis:8",
        "grafana/grafana:12.0.0",
        "docker.io/grafana/grafana",
        "quay.io/other/cart",
        "registry.k8s.io/cart:v1",
        "gcr.io/cart:v1",
        "mcr.microsoft.com/acme-like/cart",
        "not a name",
    ),
}


def copied(name: str, folder: Path) -> Path:
    """Return a copy of a repository outside of this one, whose own Git remote and modules must not count."""
    shutil.copytree(REPOSITORIES / name, folder / name, ignore=shutil.ignore_patterns("expected.txt", "hardened.txt"))
    return folder / name


def images(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*.yaml")):
        for image in IMAGE.findall(path.read_text("utf-8")):
            if path.name not in {"skaffold.yaml", "compose.yaml"}:
                yield path.relative_to(root).as_posix(), image


def shown(outcome: Outcome) -> list[str]:
    if outcome is None:
        return ["not from here"]
    if isinstance(outcome, Refused):
        return [f"refused: {outcome.reason}", *(f"candidate: {path}" for path in outcome.candidates)]
    facts = outcome.facts
    assert set(facts.origins.values()) == {facts.evidence}
    tag = "" if facts.reaches_tag else ", not for this tag"
    user = f"USER {facts.default_user}, runs as {facts.uid}:{facts.gid}, {facts.confidence.value}"
    lines = [
        f"{facts.evidence}: {user}{tag}",
        f"own: {outcome.owner}",
        *(f"ports: {facts.ports}" for _ in range(facts.ports is not None)),
        *(f"note: {note}" for note in facts.notes),
    ]
    if outcome.finding is not None:
        lines.append(f"{outcome.finding.path}:{outcome.finding.line}: {outcome.finding.message}")
    return lines


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_each_image_is_resolved_or_refused(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    root = copied(name, tmp_path)
    builds = BuildFiles(root, known)
    lines = []
    for manifest, image in images(root):
        lines += [f"{manifest}: {image}", *(f"  {line}" for line in shown(builds.lookup(image, manifest)))]
    text = "\n".join(lines) + "\n"
    expected = REPOSITORIES / name / "expected.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(text, "utf-8")
    assert text == expected.read_text("utf-8")
    assert "swordfish" not in text


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_no_foreign_image_is_matched(name: str, tmp_path: Path) -> None:
    root = copied(name, tmp_path)
    builds = BuildFiles(root, lookup)
    found = dict.fromkeys(image for _, image in images(root))
    assert set(FOREIGN[name]) <= set(found)
    for manifest, image in images(root):
        if image in FOREIGN[name]:
            assert builds.lookup(image, manifest) is None, image


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_foreign_images_stay_foreign_when_nothing_is_known_of_them(name: str, tmp_path: Path) -> None:
    root = copied(name, tmp_path)
    builds = BuildFiles(root, lambda _: None)
    for manifest, image in images(root):
        if image in FOREIGN[name]:
            assert not isinstance(builds.lookup(image, manifest), Resolved), image


def written(root: Path) -> dict[tuple[str, str], str]:
    """Return the user that each container of the manifests runs as by them, by file and name of its pod."""
    found = {}
    for path in sorted({root / manifest for manifest, _ in images(root)}):
        for document in yaml.YAML(typ="safe").load_all(path.read_text("utf-8")):
            spec = document["spec"].get("template", document)["spec"]
            pod, own = spec.get("securityContext", {}), spec["containers"][0].get("securityContext", {})
            said = {**pod, **own}
            user = f"{said.get('runAsUser', '')}:{said.get('runAsGroup', '')}".strip(":")
            told = ("non-root", *([user] if user else [])) if said.get("runAsNonRoot") else ("as it was",)
            found[path.relative_to(root).as_posix(), document["metadata"]["name"]] = " ".join(told)
    return found


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_what_the_command_line_makes_of_a_repository(
    name: str, tmp_path: Path, harden: Session, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    root = copied(name, tmp_path)
    shutil.copy(FILE, root / "harden-images.yaml")
    monkeypatch.chdir(root)
    for cached in (store._store, store._lookup, store._of_repository):
        cached.cache_clear()
    manifests = sorted({manifest for manifest, _ in images(root)})
    before = json.loads(harden("diff", "--format", "json", ".").text)
    harden("apply", ".")
    users = written(root)
    lines = []
    for file in (each for each in before["files"] if each["path"] in manifests):
        for workload in file["workloads"]:
            (container,) = workload["containers"]
            starts = container["starts"]
            assert (starts["before"], starts["after"]) != ("yes", "no")
            evidence = next(iter(container["evidence"]), "nothing known")
            if container["image"] in FOREIGN[name]:
                assert "Dockerfile" not in evidence, container["image"]
            user = users[file["path"], workload["name"]]
            head = f"{file['path']}: {workload['name']}: {container['image']}"
            if evidence.startswith("shipped facts"):
                # Those change, and are not what this is about.
                lines.append(f"{head}\n  shipped facts")
                continue
            lines.append(f"{head}\n  {evidence}\n  starts: {starts['before']} -> {starts['after']}, {user}")
            held = {each["held"] for each in workload["findings"] if each["held"] and each["control"] == CONTROL}
            lines += [f"  held: {each}" for each in sorted(held)]
    lines += [f"{each['path']}:{p['line']}: {p['message']}" for each in before["files"] for p in each["problems"]]
    text = "\n".join(lines) + "\n"
    expected = REPOSITORIES / name / "hardened.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(text, "utf-8")
    assert text == expected.read_text("utf-8")
    assert "swordfish" not in text
    assert harden("diff", "-q", ".").text == ""
