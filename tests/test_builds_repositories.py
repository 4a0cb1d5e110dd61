"""Whole repositories, written for this: each image is resolved, refused with a reason, or foreign."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds_facts import known

from harden.builds.lookup import BuildFiles
from harden.builds.outcome import Outcome, Refused, Resolved
from harden.images.store import lookup

REPOSITORIES = Path(__file__).parent / "repositories"
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
    shutil.copytree(REPOSITORIES / name, folder / name, ignore=shutil.ignore_patterns("expected.txt"))
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
