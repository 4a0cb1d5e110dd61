"""`harden init`: what it finds in a folder, and that harden reads what it writes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from cli_session import POD, ROOT, Session, put, tree
from requirements import corpus

from harden.model.text import SourceText
from harden.settings.schema import config_schema
from harden.source.parse import parse
from harden.source.read import decode

SETTING = re.compile(r"^# (?:- |  |[a-z-]+:)")


def written(harden: Session, *words: str) -> str:
    """Return what init prints."""
    done = harden("init", "--stdout", *words)
    assert (done.code, done.err) == (0, "")
    return done.text


def words_of(text: str) -> str:
    """Return the comments of a file as one line of words."""
    return " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))


def data_of(text: str) -> object:
    source = decode("harden.yaml", text.encode())
    assert isinstance(source, SourceText)
    parsed = parse(source, lambda _: True)
    assert parsed.problems == ()
    return parsed.documents[0].value


@pytest.fixture
def shop(harden: Session) -> Session:
    shutil.copytree(ROOT / "examples" / "shop", ".", dirs_exist_ok=True)
    return harden


class TestHardenReadsIt:
    def test_for_the_examples(self, shop: Session) -> None:
        before = tree()
        done = shop("init")
        assert (done.code, done.out) == (0, b"")
        assert done.err.startswith("harden: harden.yaml is written. Next:\n  harden check ")
        assert {name: data for name, data in tree().items() if name != "harden.yaml"} == before
        assert shop("check", "--quiet").code == 1
        assert shop("profile", "restricted").code == 0

    @pytest.mark.parametrize("texts", [{}, {"notes_txt": "x"}, {"a_yaml": "kind: Pod\na: ["}, {"a_yaml": "a: 1"}])
    def test_for_a_folder_with_nothing_to_harden(self, harden: Session, texts: dict[str, str]) -> None:
        put(**texts)
        text = written(harden)
        put(harden_yaml=text)
        assert harden("check").code in {0, 3}
        assert data_of(text) == {"profile": "restricted", "risk": "review"}

    def test_for_real_bundles(self, harden: Session) -> None:
        for bundle in sorted(path for path in corpus().iterdir() if path.is_dir()):
            text = written(harden, str(bundle))
            put(harden_yaml=text)
            assert harden("check", "--quiet", str(ROOT / "examples" / "shop" / "base" / "web.yaml")).code == 1
            assert max(map(len, text.splitlines())) <= 160

    def test_each_setting_in_a_comment_is_one(self, shop: Session) -> None:
        put(vendor__a_yaml=POD)
        text = written(shop)
        lines = [line.removeprefix("# ") if SETTING.match(line) else line for line in text.splitlines()]
        # Sentences go on in further lines, and no setting begins with a capital letter.
        settings = [line for line in lines if not line.startswith("#")]
        data = data_of("\n".join(settings) + "\n")
        assert set(data) >= {"profile", "pss-version", "risk", "exclude", "baseline", "images", "exemptions"}  # type: ignore[call-overload]
        validator = jsonschema_rs.validator_for(config_schema())
        assert [error.message for error in validator.iter_errors(json.loads(json.dumps(data)))] == []


class TestWhatItFinds:
    def test_workloads_without_a_namespace_are_told_apart(self, harden: Session) -> None:
        put(a_yaml=POD, b_yaml=POD.replace("metadata:", "metadata:\n  namespace: shop"))
        said = words_of(written(harden))
        assert "with 2 workloads in 1 namespace (shop) and where no namespace is named." in said
        put(b_yaml=POD)
        assert "with 2 workloads where no namespace is named." in words_of(harden("init", "--stdout").text)

    def test_workloads_namespaces_images_and_levels(self, shop: Session) -> None:
        said = words_of(written(shop))
        assert "Found here: 21 manifest files with 17 workloads in 1 namespace (shop)." in said
        assert "admitted as they stand: 15 at baseline, 1 at restricted." in said
        assert "registry.example.com/shop/cart:1.9.0" in said
        assert "kustomize (base/kustomization.yaml, overlays/production/kustomization.yaml)" in said

    def test_tools(self, harden: Session) -> None:
        put(charts__shop__Chart_yaml="name: shop\n", Jenkinsfile="x", skaffold_yaml="a: 1", a_yaml=POD)
        flux = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n"
        argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
        put(f__flux_yaml=flux, f__argo_yaml=argo, f__rollout_yaml=argo.replace("Application", "Rollout"))
        Path(".github/workflows").mkdir(parents=True)
        Path(".github/workflows/test.yml").write_text("on: push\n")
        Path(".pre-commit-config.yaml").write_text("repos: []\n")
        done = harden("init")
        said = words_of(Path("harden.yaml").read_text())
        for tool in (
            "Helm (charts/shop/Chart.yaml)",
            "Skaffold (skaffold.yaml)",
            "pre-commit (.pre-commit-config.yaml)",
            "GitHub Actions (.github/workflows/test.yml)",
            "Jenkins (Jenkinsfile)",
            "Flux (f/flux.yaml)",
            "Argo CD (f/argo.yaml)",
        ):
            assert tool in said, said
        assert "kustomize" not in said
        assert "helm template charts/shop | harden check -" in done.err
        assert "docs/integrations/pre-commit.md" in done.err

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (".github/workflows/e2e.yaml", "jobs:\n  e2e:\n    with: {node_image: 'kindest/node:v1.30.4'}\n"),
            ("kind.yaml", "kind: Cluster\nnodes:\n- image: kindest/node:v1.30.0@sha256:abc\n"),
            ("Makefile", "x:\n\tkubeconform -kubernetes-version 1.30.0 .\n"),
            ("infra/main.tf", 'module "eks" {\n  cluster_version = "1.30"\n}\n'),
            ("cluster.yaml", 'apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  version: "1.30"\n'),
            ("start.sh", "minikube start --kubernetes-version=v1.30.2\n"),
        ],
    )
    def test_versions_of_kubernetes(self, harden: Session, name: str, text: str) -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
        found = written(harden)
        assert "\n# pss-version: v1.30\n" in found
        assert re.search(rf"v1\.30 in {re.escape(name)}:\d", words_of(found))

    def test_of_several_versions_the_oldest_is_proposed(self, harden: Session) -> None:
        put(a_sh="kindest/node:v1.31.0\nkindest/node:v1.9.0\n", b_sh="rancher/k3s:v1.30.1-k3s1")
        assert "\n# pss-version: v1.9\n" in written(harden)

    def test_a_version_elsewhere_is_none(self, harden: Session) -> None:
        put(a_yaml=POD.replace("nginx", "kindest/node:v1.30.0"))
        assert "# pss-version: v1.30" not in written(harden)

    @pytest.mark.parametrize(
        ("levels", "profile"),
        [
            (["baseline"], "baseline"),
            (["restricted", "restricted"], "restricted"),
            (["baseline", "restricted"], "restricted"),
            (["privileged"], "restricted"),
            (["baseline", "privileged"], "restricted"),
        ],
    )
    def test_labels_of_namespaces(self, harden: Session, levels: list[str], profile: str) -> None:
        for at, level in enumerate(levels):
            labels = f"{{pod-security.kubernetes.io/enforce: {level}}}"
            put(**{f"n{at}_yaml": f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{at}, labels: {labels}}}\n"})
        assert f"\nprofile: {profile}\n" in written(harden)

    def test_what_others_wrote(self, harden: Session) -> None:
        put(vendor__x__a_yaml=POD, deploy__third__b_yaml=POD, own_yaml=POD)
        assert "# exclude: [vendor/]\n" in written(harden)

    def test_names_cannot_break_out_of_a_comment(self, harden: Session) -> None:
        Path("x\nrisk: breaking").mkdir()
        Path("x\nrisk: breaking", "kustomization.yaml").write_text("resources: []\n")
        assert data_of(written(harden)) == {"profile": "restricted", "risk": "review"}

    def test_what_git_ignores_is_not_looked_at(self, harden: Session) -> None:
        Path(".git").mkdir()
        Path(".gitignore").write_text("Jenkinsfile\n")
        put(Jenkinsfile="x")
        assert "Jenkins" not in written(harden)


class TestWhereItGoes:
    def test_a_file_that_is_there_is_never_overwritten(self, harden: Session) -> None:
        put(harden_yaml="risk: safe\n")
        done = harden("init")
        assert (done.code, done.out, Path("harden.yaml").read_text()) == (2, b"", "risk: safe\n")
        assert (
            done.err
            == "harden: harden.yaml: is there already: --force writes it anew, --stdout prints what it would be\n"
        )
        assert harden("init", "--force").code == 0
        assert "profile: restricted" in Path("harden.yaml").read_text()

    def test_nor_is_a_link_followed_to_one(self, harden: Session) -> None:
        Path("harden.yaml").symlink_to("nowhere.yaml")
        assert harden("init").code == 2
        assert not Path("nowhere.yaml").exists()

    def test_a_broken_file_does_not_keep_it_from_printing(self, harden: Session) -> None:
        put(harden_yaml="a: [")
        assert "profile: restricted" in written(harden)

    def test_a_folder_and_standard_output(self, harden: Session) -> None:
        put(d__a_yaml=POD)
        assert "1 workload" in harden("init", "-").text
        assert "1 workload" in written(harden, "d")
        assert sorted(tree()) == ["d/a.yaml"]
        done = harden("init", "d")
        assert (done.code, sorted(tree())) == (0, ["d/a.yaml", "d/harden.yaml"])
        assert "in d:" in done.err

    def test_what_is_no_folder(self, harden: Session) -> None:
        put(a_yaml=POD)
        done = harden("init", "a.yaml")
        assert (done.code, done.err) == (2, "harden: a.yaml: is no folder: harden init looks at one\n")

    def test_settings_above_are_named(self, harden: Session) -> None:
        put(harden_yaml="risk: safe\n", d__a_yaml=POD)
        assert "note: harden.yaml no longer holds here" in harden("init", "d").err
