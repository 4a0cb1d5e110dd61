"""Build files through the whole command line: what they say of a repository's own images decides what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_session import Session

from harden.builds.files import Files
from harden.builds.lookup import BuildFiles
from harden.cli.commands.images.learn_from_manifests import unknown_images
from harden.cli.request import Request
from harden.cli.run.inputs import found_by, inputs_of
from harden.images import store
from harden.settings import Config

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  selector:
    matchLabels: {app: cart}
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers:
      - name: cart
        image: IMAGE
"""
NUMBERED = 'FROM node:22-alpine\nWORKDIR /app\nCOPY . .\nUSER 1234:1234\nEXPOSE 3000\nCMD ["node", "server.js"]\n'
ROOT = 'FROM alpine:3.20\nCOPY cart /cart\nENTRYPOINT ["/cart"]\n'
Put = Callable[..., Path]


@pytest.fixture(name="shop")
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return what writes a repository whose Git remote is github.com/acme/shop, and goes into it."""
    # Facts files are read once a process, by their names.
    for cached in (store._store, store._lookup, store._of_repository):
        cached.cache_clear()

    def put(image: str = "ghcr.io/acme/cart:1.0", dockerfile: str | None = NUMBERED, **files: str) -> Path:
        root = tmp_path / "shop"
        (root / ".git").mkdir(parents=True)
        (root / ".git" / "config").write_text('[remote "origin"]\n\turl = git@github.com:acme/shop.git\n', "utf-8")
        texts = {"k8s/cart.yaml": DEPLOYMENT.replace("IMAGE", image), **files}
        if dockerfile is not None:
            texts["src/cart/Dockerfile"] = dockerfile
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        monkeypatch.chdir(root)
        return root

    return put


def containers(harden: Session, *words: str) -> list[dict[str, Any]]:
    report = json.loads(harden("check", "--format", "json", *words).text)
    return [each for file in report["files"] for workload in file["workloads"] for each in workload["containers"]]


def test_the_user_of_the_dockerfile_is_written(harden: Session, shop: Put) -> None:
    root = shop()
    assert harden("apply", "k8s").code == 0
    written = (root / "k8s" / "cart.yaml").read_text("utf-8")
    assert "runAsUser: 1234" in written
    assert "runAsGroup: 1234" in written
    assert (root / "src" / "cart" / "Dockerfile").read_text("utf-8") == NUMBERED


def test_each_container_names_its_build_file_as_evidence(harden: Session, shop: Put) -> None:
    shop()
    (found,) = containers(harden, "k8s")
    assert found["evidence"][0] == "Dockerfile src/cart/Dockerfile:4"
    assert found["starts"]["before"] == "yes"
    (after,) = [
        each
        for file in json.loads(harden("diff", "--format", "json", "k8s").text)["files"]
        for workload in file["workloads"]
        for each in workload["containers"]
    ]
    assert after["starts"]["after"] == "unknown"
    assert after["starts"]["reason"] == "cart:1.0: src/cart/Dockerfile may be newer than what 1.0 holds"


def test_a_build_file_that_may_be_newer_is_not_safe(harden: Session, shop: Put) -> None:
    root = shop()
    harden("apply", "--risk", "safe", "k8s")
    assert "runAsUser" not in (root / "k8s" / "cart.yaml").read_text("utf-8")


def test_a_tag_that_is_built_from_the_repository_may_be_safe(harden: Session, shop: Put) -> None:
    root = shop("ghcr.io/acme/cart:latest")
    harden("apply", "--risk", "safe", "k8s")
    assert "runAsNonRoot: true" in (root / "k8s" / "cart.yaml").read_text("utf-8")


@pytest.mark.parametrize("how", ["option", "config"])
def test_build_files_can_be_switched_off(harden: Session, shop: Put, how: str) -> None:
    shop(**({"harden.yaml": "images: {build-files: false}\n"} if how == "config" else {}))
    done = harden("check", "k8s", *(["--no-build-files"] if how == "option" else []))
    assert "that of cart:1.0 is not known: harden images learn" in done.text
    assert "Dockerfile" not in done.text + done.err


def test_the_gate_reads_no_build_file(harden: Session, shop: Put) -> None:
    shop(dockerfile=ROOT)
    done = harden("check", "--gate", "k8s")
    assert "Dockerfile" not in done.text + done.err
    assert harden("check", "--gate", "--build-files", ".", "k8s").code == 2


def test_a_stream_has_no_build_files_unless_their_folder_is_named(harden: Session, shop: Put) -> None:
    root = shop()
    text = (root / "k8s" / "cart.yaml").read_text("utf-8")
    assert "runAsUser" not in harden("apply", "-", stdin=text.encode()).text
    assert "runAsUser: 1234" in harden("apply", "--build-files", ".", "-", stdin=text.encode()).text


def test_manifests_in_a_repository_of_their_own(harden: Session, shop: Put, tmp_path: Path) -> None:
    shop()
    (tmp_path / "deploy" / ".git").mkdir(parents=True)
    manifest = tmp_path / "deploy" / "cart.yaml"
    manifest.write_text(DEPLOYMENT.replace("IMAGE", "ghcr.io/acme/cart:1.0"), "utf-8")
    assert "runAsUser" not in harden("diff", str(manifest)).text
    assert "runAsUser: 1234" in harden("diff", "--build-files", ".", str(manifest)).text
    (tmp_path / "deploy" / "harden.yaml").write_text("images: {build-files: ../shop}\n", "utf-8")
    config = str(tmp_path / "deploy" / "harden.yaml")
    assert "runAsUser: 1234" in harden("diff", "--config", config, str(manifest)).text


def test_a_manifest_that_is_named_alone_without_git_has_no_build_files(
    harden: Session, shop: Put, tmp_path: Path
) -> None:
    root = shop("ghcr.io/example/cart:1.0")
    shutil.rmtree(root / ".git")
    assert "runAsUser" not in harden("diff", "k8s/cart.yaml").text
    assert "runAsUser: 1234" in harden("diff", ".").text
    assert tmp_path in root.parents


def test_own_facts_come_before_build_files(harden: Session, shop: Put) -> None:
    shop(**{"harden-images.yaml": "- {match: [ghcr.io/acme/cart], uid: 77, gid: 78}\n"})
    out = harden("diff", "k8s").text
    assert "runAsUser: 77" in out
    (found,) = containers(harden, "k8s")
    assert found["evidence"][0].startswith("harden-images.yaml:")


def test_what_own_facts_do_not_say_build_files_do(harden: Session, shop: Put) -> None:
    shop(**{"harden-images.yaml": "- {match: [ghcr.io/acme/cart], class: web, writable: [/data]}\n"})
    out = harden("diff", "-p", "hardened", "k8s").text
    assert "runAsUser: 1234" in out
    assert "mountPath: /data" in out


def test_shipped_facts_come_after_the_build_files_of_the_image_itself(harden: Session, shop: Put) -> None:
    root = shop("quay.io/prometheus/prometheus:v2.54.0", dockerfile=None, Dockerfile="FROM scratch\nUSER 4321\n")
    assert "runAsUser: 65534" in harden("diff", "k8s").text
    (root / ".git" / "config").write_text('[remote "o"]\nurl = https://github.com/prometheus/prometheus\n', "utf-8")
    assert "runAsUser: 4321" in harden("diff", "k8s").text


def test_a_dockerfile_that_ends_as_root_is_named_with_the_line_to_add(harden: Session, shop: Put) -> None:
    shop(dockerfile='FROM node:22-alpine\nCOPY . .\nCMD ["node", "server.js"]\n')
    done = harden("check", "k8s")
    line = (
        "src/cart/Dockerfile:1: note: the image starts as root, because no USER stands in its Dockerfile: add USER 1000"
    )
    assert line in done.text
    data = json.loads(harden("check", "--format", "json", "k8s").text)
    (file,) = [each for each in data["files"] if each["path"] == "src/cart/Dockerfile"]
    assert [(each["line"], each["stage"]) for each in file["problems"]] == [(1, "note")]


def test_why_a_build_file_does_not_decide_is_said(harden: Session, shop: Put) -> None:
    shop(dockerfile="FROM node:22\nUSER $WHO\n")
    out = harden("check", "k8s").text
    assert "src/cart/Dockerfile:2 says USER $WHO, and no ARG or ENV says which user that is" in out
    assert "harden images learn --registry ghcr.io/acme/cart:1.0 finds out" in out


def test_what_kustomizations_make_of_an_image_is_what_counts(harden: Session, shop: Put) -> None:
    root = shop("cart-image", **{"k8s/kustomization.yaml": "resources: [cart.yaml]\n"})
    own = "quay.io/prometheus/prometheus"
    overlay = f"resources: [../k8s]\nimages:\n- {{name: cart-image, newName: {own}, newTag: v2.54.0}}\n"
    (root / "prod").mkdir()
    (root / "prod" / "kustomization.yaml").write_text(overlay, "utf-8")
    assert "runAsUser: 65534" in harden("diff", ".").text
    (root / "test").mkdir()
    (root / "test" / "kustomization.yaml").write_text(overlay.replace(own, "redis"), "utf-8")
    done = harden("check", ".")
    assert "kustomizations make quay.io/prometheus/prometheus:v2.54.0 and redis:v2.54.0 of it" in done.text


def test_the_image_to_learn_is_the_one_that_is_deployed(harden: Session, shop: Put) -> None:
    kustomization = "resources: [cart.yaml]\nimages: [{name: cart-image, newName: quay.io/else/cart, newTag: v3}]\n"
    shop("cart-image", **{"k8s/kustomization.yaml": kustomization})
    done = harden("check", ".")
    assert "harden images learn --registry quay.io/else/cart:v3 finds out" in done.text
    assert "harden images learn --registry quay.io/else/cart:v3 --add harden-images.yaml" in done.text
    assert json.loads(harden("check", "--format", "json", ".").text)["waiting"]["images"] == ["quay.io/else/cart:v3"]


def test_fixes_name_the_facts_that_they_rest_on(harden: Session, shop: Put) -> None:
    shop()
    assert "runAsGroup 1234 (by Dockerfile src/cart/Dockerfile:4)" in harden("check", "k8s").text
    data = json.loads(harden("check", "--format", "json", "k8s").text)
    (file,) = (each for each in data["files"] if each["workloads"])
    told = {each["control"]: each["evidence"] for each in file["workloads"][0]["findings"]}
    assert told["run-as-non-root"] == ["Dockerfile src/cart/Dockerfile:4"]
    assert told["seccomp-profile"] == []


@pytest.mark.parametrize("how", ["option", "config"])
def test_an_image_that_a_person_states_to_start_as_a_number(harden: Session, shop: Put, how: str) -> None:
    config = {"harden.yaml": "images: {assume-non-root: [quay.io/else/*]}\n"} if how == "config" else {}
    root = shop("quay.io/else/cart:1.0", **config)
    option = ["--assume-non-root", "quay.io/else/*"] if how == "option" else []
    place = "--assume-non-root" if how == "option" else "harden.yaml"
    done = harden("apply", "--risk", "safe", *option, "k8s")
    assert f"runs as a number other than 0 (by {place} quay.io/else/*)" in done.text
    written = (root / "k8s" / "cart.yaml").read_text("utf-8")
    assert "runAsNonRoot: true" in written
    assert "runAsUser" not in written
    (found,) = containers(harden, *option, "k8s")
    assert found["evidence"][0] == f"{place} quay.io/else/*"
    assert found["starts"] == {"before": "yes", "after": "yes", "reason": found["starts"]["reason"]}
    assert harden("apply", *option, "k8s").code == 0


def test_a_statement_does_not_count_against_what_is_known(harden: Session, shop: Put) -> None:
    shop(dockerfile=ROOT)
    done = harden("check", "--assume-non-root", "ghcr.io/acme/*", "--assume-non-root", "quay.io/typo", "k8s")
    evidence = "Dockerfile src/cart/Dockerfile:1 says who it starts as"
    assert f"ghcr.io/acme/* does not count for ghcr.io/acme/cart:1.0: {evidence}" in done.text
    assert "--assume-non-root: note: quay.io/typo: no image here has such a name" in done.text
    assert "fix: runAsNonRoot" not in done.text


def test_a_statement_counts_for_the_gate_too(harden: Session, shop: Put) -> None:
    shop("quay.io/else/cart:1.0")
    done = harden("check", "--gate", "--assume-non-root", "**", "k8s")
    assert "fix: runAsNonRoot true (by --assume-non-root **)" in done.text


def test_harden_images_says_what_build_files_say(harden: Session, shop: Put) -> None:
    root = shop()
    done = harden("images", "ghcr.io/acme/cart:1.0")
    assert done.code == 0
    assert "[Dockerfile src/cart/Dockerfile:4]" in done.text
    (root / "src" / "cart" / "Dockerfile").write_text("FROM node\nUSER $WHO\n", "utf-8")
    done = harden("images", "ghcr.io/acme/cart:1.0")
    assert done.code == 1
    assert "built here: src/cart/Dockerfile:2 says USER $WHO" in done.text


@pytest.mark.parametrize(
    ("start", "script", "is_kept"),
    [
        ('["sudo", "/app"]', "", False),
        ('["/run.sh"]', "#!/bin/sh\nset -e\nsudo chown -R app /data\nexec /app\n", False),
        ('["/run.sh"]', "#!/bin/sh\nif true; then su app -c /app; fi\n", False),
        ('["/run.sh"]', "#!/bin/sh\n# sudo is not called\necho sudo; exec /app --sudo x\n", True),
        ('["/app"]', "", True),
    ],
)
def test_a_start_by_sudo_keeps_its_privileges(
    harden: Session, shop: Put, start: str, script: str, *, is_kept: bool
) -> None:
    """Under no_new_privs a set-user-ID program gains nothing: sudo says so and exits."""
    dockerfile = f"FROM debian:12\nCOPY run.sh /run.sh\nUSER 1234\nENTRYPOINT {start}\n"
    shop("ghcr.io/acme/cart:latest", dockerfile, **{"src/cart/run.sh": script})
    text = harden("diff", "k8s").text
    assert ("+          allowPrivilegeEscalation: false" in text) is is_kept, text
    assert ("drop:" in text) is is_kept, text
    assert "+        runAsUser: 1234" in text


def to_learn(folder: str) -> list[str]:
    """Return what `harden images learn --from` would learn."""
    request = Request("images", (folder,))
    return unknown_images(list(inputs_of(request, found_by(request, Config()))), request, Config())


def test_learning_asks_for_what_a_kustomization_makes_of_an_image(shop: Put) -> None:
    root = shop("ghcr.io/else/cart:1.0")
    images = "resources: [cart.yaml]\nimages: [{name: ghcr.io/else/cart, newName: quay.io/mirror/cart}]\n"
    (root / "k8s" / "kustomization.yaml").write_text(images, "utf-8")
    assert to_learn("k8s") == ["quay.io/mirror/cart:1.0"]


def test_learning_leaves_out_what_build_files_tell(shop: Put) -> None:
    root = shop()
    other = DEPLOYMENT.replace("IMAGE", "quay.io/else/cart:1.0").replace("name: cart", "name: other")
    (root / "k8s" / "other.yaml").write_text(other, "utf-8")
    assert to_learn("k8s") == ["quay.io/else/cart:1.0"]


def test_an_image_that_is_built_on_a_known_one_reads_files_as_that_does(harden: Session, shop: Put) -> None:
    text = DEPLOYMENT.replace("IMAGE", "ghcr.io/acme/cart:1.0") + (
        "        env:\n        - {name: POSTGRES_PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}\n"
    )
    shop(dockerfile="FROM postgres:16\n", **{"k8s/cart.yaml": text})
    option = ("--companions", "--select", "secret-files", "k8s")
    assert "POSTGRES_PASSWORD_FILE" in harden("diff", *option).text
    assert "POSTGRES_PASSWORD_FILE" not in harden("diff", "--no-build-files", *option).text


def test_a_base_that_nobody_described_is_what_to_learn(harden: Session, shop: Put) -> None:
    base = "registry.test/base/java:8"
    root = shop(dockerfile=f"FROM {base}\nCOPY a.jar /\n")
    again = DEPLOYMENT.replace("IMAGE", "ghcr.io/acme/cart:2.0").replace("name: cart", "name: again")
    (root / "k8s" / "again.yaml").write_text(again, "utf-8")
    done = harden("check", "k8s")
    assert f"src/cart/Dockerfile builds on {base}, of which nothing is known): harden images learn" in done.text
    assert f"  to look the others up: harden images learn --registry {base} --add harden-images.yaml" in done.text
    assert "2 workloads wait for facts about 1 image " in done.last
    assert to_learn("k8s") == [base]
    # As `harden images learn` writes it.
    (root / "harden-images.yaml").write_text(f"- {{match: [{base[:-2]}], default_user: '185', uid: 185}}\n", "utf-8")
    assert "runAsUser: 185" in harden("diff", "k8s").text


def test_no_registry_has_an_image_that_is_built_here_under_a_bare_name(harden: Session, shop: Put) -> None:
    shop("cart", dockerfile="FROM node:22\nUSER $WHO\n")
    said = "docker save cart | harden images learn - --add harden-images.yaml finds out"
    assert said in harden("check", "k8s").text


class Counting:
    """Counts how often a repository is walked and which files are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.walks = 0
        self.looked = 0
        self.read: list[str] = []
        walk, fetch, look = Files._walk, Files._fetch, BuildFiles.lookup

        def counted_walk(files: Files) -> object:
            self.walks += 1
            return walk(files)

        def counted_fetch(files: Files, path: str) -> str | None:
            self.read.append(path)
            return fetch(files, path)

        def counted_look(builds: BuildFiles, image: str, manifest: str) -> object:
            self.looked += 1
            return look(builds, image, manifest)

        monkeypatch.setattr(Files, "_walk", counted_walk)
        monkeypatch.setattr(Files, "_fetch", counted_fetch)
        monkeypatch.setattr(BuildFiles, "lookup", counted_look)


def test_known_images_cost_no_look(harden: Session, shop: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    shop("nginx:1.27")
    counting = Counting(monkeypatch)
    harden("check", "k8s")
    assert (counting.walks, counting.looked, counting.read) == (0, 0, [])


def test_a_repository_without_build_files_is_walked_once(
    harden: Session, shop: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shop(dockerfile=None)
    for at in range(20):
        text = DEPLOYMENT.replace("IMAGE", f"ghcr.io/acme/part{at}:1.0")
        (root / "k8s" / f"part{at}.yaml").write_text(text, "utf-8")
    counting = Counting(monkeypatch)
    harden("check", "k8s")
    assert (counting.walks, counting.looked, counting.read) == (1, 0, [])


def test_each_file_is_read_once_a_run(harden: Session, shop: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    root = shop()
    for at in range(5):
        shutil.copy(root / "k8s" / "cart.yaml", root / "k8s" / f"cart{at}.yaml")
    counting = Counting(monkeypatch)
    harden("apply", "k8s")
    assert counting.walks == 1
    assert len(counting.read) == len(set(counting.read))
    assert "src/cart/Dockerfile" in counting.read
    assert counting.looked == 6


def test_build_files_speak_of_all_shares_of_a_long_file(harden: Session, shop: Put) -> None:
    root = shop()
    many = "---\n".join(DEPLOYMENT.replace("IMAGE", f"ghcr.io/acme/cart:1.{at % 3}") for at in range(1000))
    (root / "k8s" / "cart.yaml").write_text(many, "utf-8")
    out = harden("diff", "k8s/cart.yaml").text
    assert out.count("+        runAsUser: 1234") == 1000
