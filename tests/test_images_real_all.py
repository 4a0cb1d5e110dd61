"""Learning all images of manifests at once from a registry on this machine, each kind of image, and what cannot be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_session import run_alone
from test_images_real import (
    ACCOUNTS,
    HTPASSWD,
    Registry,
    insert,
    nobody_logged_in,
    run,
    serving,
    silent_port,
    tools,
)

from harden.images.learn_all import learn_all
from harden.images.store import lookup

__all__ = ["nobody_logged_in"]

#: What each image is configured with.
KINDS = {
    "root": ("--config.exposedports=80/tcp",),
    "named": ("--config.user=app",),
    "numeric": ("--config.user=5:6", "--config.exposedports=8080/tcp"),
    "s6": ("--config.entrypoint=/init", "--config.volume=/config"),
}


def built(folder: Path) -> Path:
    """Make the images in one layout, and of `named` an index with a second build of another user."""
    tools("umoci", "skopeo")
    etc = folder / "etc"
    etc.mkdir()
    (etc / "passwd").write_text(ACCOUNTS, "utf-8")
    root = folder / "oci"
    run("umoci", "init", "--layout", root)
    for name, settings in KINDS.items():
        run("umoci", "new", "--image", f"{root}:{name}")
        insert(f"{root}:{name}", etc, "/etc")
        run("umoci", "config", "--image", f"{root}:{name}", *settings)
    run("umoci", "tag", "--image", f"{root}:named", "arm")
    run("umoci", "config", "--image", f"{root}:arm", "--architecture=arm64", "--config.user=7")
    _index(root, {"amd64": "named", "arm64": "arm"}, "several")
    return root


def _index(layout: Path, builds: dict[str, str], tag: str) -> None:
    """Add an index of several builds to a layout, as docker buildx pushes it."""
    index = json.loads((layout / "index.json").read_text("utf-8"))
    of_tag = {each["annotations"]["org.opencontainers.image.ref.name"]: each for each in index["manifests"]}
    manifests = [
        {
            "mediaType": of_tag[name]["mediaType"],
            "digest": of_tag[name]["digest"],
            "size": of_tag[name]["size"],
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture, name in builds.items()
    ]
    kind = "application/vnd.oci.image.index.v1+json"
    data = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": manifests}).encode()
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs" / "sha256" / digest).write_bytes(data)
    said = {"org.opencontainers.image.ref.name": tag}
    index["manifests"].append({"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data), "annotations": said})
    (layout / "index.json").write_text(json.dumps(index), "utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    layout = built(tmp_path_factory.mktemp("images"))
    with serving(tmp_path_factory.mktemp("registry")) as running:
        for name in (*KINDS, "several"):
            target = f"docker://{running.host}/shop/{name}:1"
            run("skopeo", "copy", "--all", "--dest-tls-verify=false", f"oci:{layout}:{name}", target)
        target = f"docker://{running.host}/shop/numeric:2"
        run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:named", target)
        yield running


def pod(*images: str) -> str:
    containers = "".join(f"  - {{name: c{at}, image: '{image}'}}\n" for at, image in enumerate(images))
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{containers}"


def test_all_images_of_manifests_at_once(server: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    folder = tmp_path / "guarded"
    folder.mkdir()
    (folder / "htpasswd").write_text(HTPASSWD, "utf-8")
    auth = f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
    with serving(folder, auth) as guarded, silent_port() as port:
        silent = f"127.0.0.1:{port}/a/silent:1"
        shop = [f"{server.host}/shop/{name}:1" for name in (*KINDS, "several")]
        wrong = [f"{guarded.host}/a/login:1", f"{server.host}/shop/absent:1", silent, "Not/A:Name"]
        Path("one.yaml").write_text(pod(*shop[:3], *wrong), "utf-8")
        Path("two.yaml").write_text(pod(*shop[2:], "nginx:1.27", f"{server.host}/shop/numeric:2"), "utf-8")
        Path("broken.yaml").write_text("kind: Pod\n\t- x", "utf-8")
        done = run_alone("images", "learn", "--registry", "--from", ".")
    assert (done.code, done.text) == (3, "harden-images.yaml: 5 images added\n")
    said = dict(line.removeprefix("harden: ").split(": ", 1) for line in done.err.splitlines())
    assert set(said) == set(wrong)
    assert "login" in said[wrong[0]]
    assert said[wrong[1]] == "the registry does not have it"
    assert said[silent] == "the registry cannot be reached"
    assert "lower case" in said["Not/A:Name"]

    own = tmp_path / "harden-images.yaml"
    facts = {name: lookup(f"{server.host}/shop/{name}:1", extra=[own]) for name in (*KINDS, "several")}
    assert {name: (each.uid, each.starts_as_root) for name, each in facts.items() if each is not None} == {
        "root": (None, True),
        "named": (1234, False),
        "numeric": (5, False),
        "s6": (None, True),
        "several": (1234, False),
    }
    numeric = facts["numeric"]
    assert numeric is not None
    assert numeric.evidence.startswith("learned from registry (")
    assert numeric.reaches_tag
    other = lookup(f"{server.host}/shop/numeric:2", extra=[own])
    assert other is not None
    assert (other.uid, other.gid, other.default_user) == (1234, 4321, "app")
    assert other.ports == ()

    again = run_alone("images", "learn", "--registry", "--from", "one.yaml")
    assert again.text == "harden-images.yaml: 0 images added\n"


def test_the_order_is_that_of_the_images_and_each_is_told(server: Registry) -> None:
    names = ["s6", "absent", "named", "root"]
    told: list[str] = []
    images = [f"{server.host}/shop/{name}:1" for name in names]
    found = list(learn_all([*images, images[0]], at_once=2, done=told.append))
    assert [each.name for each in found] == [f"{server.host}/shop/{name}" for name in names]
    assert [each.entry is not None for each in found] == [True, False, True, True]
    assert found[1].missed == ((images[1], "the registry does not have it"),)
    assert sorted(told) == sorted(images)


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "."),
        ("--registry", "--from", ".", "nginx"),
        ("--registry", "--from", ".", "--output", "x.yaml"),
        ("--registry", "--from", ".", "--image", "x"),
    ],
)
def test_options_that_make_no_sense_together(words: tuple[str, ...]) -> None:
    done = run_alone("images", "learn", *words)
    assert done.code == 2
    assert "--from PATH goes with --registry" in done.err
