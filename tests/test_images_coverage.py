"""The share of containers whose image is known, in small and on real manifests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from image_coverage import Coverage, measure
from requirements import corpus

from harden.kube.relevance import is_relevant
from harden.kube.workloads import find
from harden.model.kube import Workload
from harden.model.report import Problem
from harden.source.parse import parse
from harden.source.read import decode

#: In percent, of the containers in all workloads; lower it only with a reason.
FLOOR = 91.0


def containers(folder: Path) -> Iterator[object]:
    """Yield the `image` of every container of every workload below `folder`, None where it has none."""
    for path in sorted(folder.rglob("*.y*ml")):
        source = decode(path.name, path.read_bytes())
        if isinstance(source, Problem):
            continue
        for document in parse(source, is_relevant).documents:
            value = None if document.root is None else document.root.value
            for workload in find(document.index, value):
                if isinstance(workload, Workload):
                    yield from (container.get("image") for container in workload.containers)


def test_coverage_counts_containers() -> None:
    found = measure(
        ["nginx", "nginx:1", "example.com/a", "example.com/a", "example.com/b", None, 5, "grafana/promtail"]
    )
    assert found == Coverage(total=8, known=3, unknown=(("example.com/a", 2), ("example.com/b", 1)))
    assert found.share == pytest.approx(37.5)
    assert measure([]).share == pytest.approx(100)


def test_coverage_takes_own_facts_and_mirrors(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- match: example.com/a\n  uid: 5\n", "utf-8")
    images = ["example.com/a", "example.com/hub/nginx"]
    assert measure(images).known == 0
    assert measure(images, extra=[own], mirrors={"example.com/hub": "docker.io"}).known == 2


def test_most_containers_of_real_manifests_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    found = measure(containers(corpus()))
    with capsys.disabled():
        print(f"\nimage facts: {found.known} of {found.total} containers known ({found.share:.1f} %)")
    assert found.total > 400
    assert found.share > FLOOR, found.unknown[:20]
