"""What real kustomize builds of hardened overlays: nothing that the built objects show is cut by their policies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cli_session import Session
from companion_bundles import load
from requirements import kustomize

from harden.kube.bundle import gather
from harden.network.connection import EvidenceKind
from harden.network.evidence import gather as evidence_of
from harden.network.pods import Pods
from harden.network.policies import Direction
from harden.network.reach import Model

ROOT = Path(__file__).resolve().parent.parent / "golden" / "companions"
CASES = [
    "overlays-of-a-base",
    "overlays-of-a-stated-base",
    "kustomize-generators",
    "kustomize-vars-and-replacements",
    "kustomize-labels",
]
STRICT = "extends: restricted\ncompanions:\n  enabled: true\n  network-policy: {{precision: {}, egress: {}}}\n"


def builds(folder: Path) -> list[Path]:
    """Return the folders of the kustomizations, those of components aside."""
    found = sorted(path for path in folder.rglob("kustomization.yaml"))
    return [path.parent for path in found if "kind: Component" not in path.read_text("utf-8")]


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    return Session(monkeypatch, capfdbinary)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("precision", ["doubt", "strict"])
@pytest.mark.parametrize("egress", ["open", "dns+known"])
def test_nothing_that_is_shown_is_cut_once_it_is_built(
    tmp_path: Path, harden: Session, case: str, precision: str, egress: str
) -> None:
    program = kustomize()
    shutil.copytree(ROOT / case / "in", tmp_path / "in", dirs_exist_ok=True)
    (tmp_path / "profile.yaml").write_text(STRICT.format(precision, egress), "utf-8")
    harden("apply", "--profile", "../profile.yaml", ".")
    looked_at = 0
    for folder in builds(tmp_path / "in"):
        done = subprocess.run([program, "build", str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        held = gather(("built.yaml", at, each) for at, each in enumerate(load(done.stdout)))
        evidence = evidence_of(held)
        model = Model(held, pods=evidence.pods)
        assert any(model.isolated(pod, Direction.INGRESS) for pod in evidence.pods)
        for each in evidence.shown:
            if isinstance(each.source, Pods) and each.port is not None and each.why is EvidenceKind.NAMED:
                assert model.allows(each.source, each.target, each.port, each.protocol), f"{folder.name}: {each.said}"
                looked_at += 1
    assert looked_at


def test_labels_of_a_kustomization_go_into_no_peer(tmp_path: Path, harden: Session) -> None:
    """The cluster's DNS has none of these labels: a peer that asks for them is nobody."""
    program = kustomize()
    shutil.copytree(ROOT / "kustomize-labels" / "in", tmp_path / "in", dirs_exist_ok=True)
    (tmp_path / "profile.yaml").write_text(STRICT.format("doubt", "dns+known"), "utf-8")
    harden("apply", "--profile", "../profile.yaml", ".")
    done = subprocess.run([program, "build", "."], capture_output=True, text=True, check=False)
    policies = [each for each in load(done.stdout) if each["kind"] == "NetworkPolicy"]
    assert "kube-dns" in str(policies)
    assert all(each["metadata"]["labels"] == {"team": "shop"} for each in policies)
    assert "team" not in str([each["spec"] for each in policies])
