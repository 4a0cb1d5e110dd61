"""patch: an overlay whose build is what apply makes of the built input; nothing of others is overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_session import ROOT, Done, Session, put, tree
from repository import git, settle
from requirements import kustomize
from ruamel.yaml import YAML

from harden.cli.options import words as option_words
from harden.patches import INLINE
from harden.patches.json_patch import json_patch
from harden.patches.merge import UnmergeableError, merge_patch

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: a, image: "nginx:1.27", volumeMounts: [{name: d, mountPath: /d}]}
      - name: b
        image: redis:7
        securityContext: {privileged: true}
      volumes: [{name: d, emptyDir: {}}]
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
LINE = "\n"
BASE = "resources: [web.yaml]\n"


def built(folder: str) -> str:
    done = subprocess.run([kustomize(), "build", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(text: str) -> dict[str, Any]:
    """Return the objects of a stream by what tells them apart."""
    found = [each for each in YAML(typ="safe", pure=True).load_all(text) if each]
    return {
        json.dumps([each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]]): each for each in found
    }


@pytest.fixture
def base(harden: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return harden beside a base that kustomize builds."""
    monkeypatch.setenv("PATH", f"{kustomize().parent}:/usr/bin:/bin")
    put(base__kustomization_yaml=BASE, base__web_yaml=WEB)
    return harden


class TestOverlay:
    @pytest.mark.parametrize("words", [(), ("-p", "hardened"), ("--risk", "breaking"), ("--risk", "safe")])
    def test_builds_what_apply_makes_of_the_base(self, base: Session, words: tuple[str, ...]) -> None:
        done = base("patch", "base", "-o", "over/lay", *words)
        assert done.code in {0, 1}, done.err
        applied = base("apply", "-", *words, stdin=built("base").encode())
        assert objects(built("over/lay")) == objects(applied.text)
        assert tree()["base/web.yaml"] == WEB.encode()
        assert "resources:\n- ../../base\n" in Path("over/lay/kustomization.yaml").read_text()

    def test_is_written_once(self, base: Session) -> None:
        base("patch", "base", "-o", "overlay", "-p", "hardened")
        first = tree()
        done = base("patch", "base", "-o", "overlay", "-p", "hardened")
        assert tree() == first
        assert {line.rpartition(": ")[2] for line in done.text.splitlines()} == {"unchanged"}

    def test_follows_its_base(self, base: Session) -> None:
        base("patch", "base", "-o", "overlay", "-p", "hardened")
        assert Path("overlay/patches/deployment-web.yaml").is_file()
        put(base__web_yaml=CONFIG)
        done = base("patch", "base", "-o", "overlay")
        assert "overlay/patches/deployment-web.yaml: removed" in done.text
        assert sorted(tree()) == ["base/kustomization.yaml", "base/web.yaml", "overlay/kustomization.yaml"]
        built("overlay")

    def test_of_standard_input_has_a_copy(self, base: Session) -> None:
        stream = WEB.replace("name: web", "name: web # kept", 1) + "---\n" + CONFIG
        done = base("patch", "-", "-o", "overlay", stdin=stream.encode())
        assert done.code == 1
        assert stream in Path("overlay/resources/manifests.yaml").read_text()
        assert objects(built("overlay")) == objects(base("apply", "-", stdin=stream.encode()).text)

    def test_of_standard_input_lists_what_it_was_built_from(self, base: Session) -> None:
        base("patch", "-", "-o", "overlay", "--base", "../base", stdin=built("base").encode())
        assert "resources:\n- ../base\npatches:" in Path("overlay/kustomization.yaml").read_text()
        applied = base("apply", "-", stdin=built("base").encode())
        assert objects(built("overlay")) == objects(applied.text)

    def test_of_an_address_lists_it(self, base: Session) -> None:
        settle(base.monkeypatch)
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "base"]):
            git(*words, cwd=Path("base"))
        address = f"file://{Path('base').resolve()}?ref=main"
        done = base("patch", address, "-o", "overlay")
        assert done.code == 1, done.err
        assert f"resources:\n- {address}\n" in Path("overlay/kustomization.yaml").read_text()
        applied = base("apply", "-", stdin=built("base").encode())
        assert objects(built("overlay")) == objects(applied.text)

    def test_of_files_has_copies_of_those_with_objects(self, base: Session) -> None:
        put(app__web_yaml=WEB, app__c_yaml=CONFIG, app__values_yaml="a: b\n")
        base("patch", "app", "-o", "app/overlay")
        names = [name for name in tree() if name.startswith("app/overlay/resources/")]
        assert names == ["app/overlay/resources/app-c.yaml", "app/overlay/resources/app-web.yaml"]
        text = objects(built("app/overlay"))
        assert text == objects(base("apply", "-", stdin=f"{CONFIG}---\n{WEB}".encode()).text)
        first = tree()
        base("patch", "app", "-o", "app/overlay")
        assert tree() == first

    def test_of_objects_in_two_namespaces(self, base: Session) -> None:
        pods = [WEB.replace("name: web", f"name: web\n  namespace: {each}", 1) for each in ("a", "b", "default")]
        pods[1] = pods[1].replace("nginx:1.27", "example.com/x:1")
        stream = "---\n".join(
            [*pods, WEB.replace("name: web", "name: web.2", 1), WEB.replace("name: web", "name: webx2", 1)]
        )
        for words in ((), ("--risk", "breaking")):
            base("patch", "-", "-o", "overlay", *words, stdin=stream.encode())
            applied = base("apply", "-", *words, stdin=stream.encode())
            assert objects(built("overlay")) == objects(applied.text)

    def test_of_objects_in_a_list(self, base: Session) -> None:
        items = "".join(
            f"- {each}"
            for each in (WEB.replace("\n", "\n  ").rstrip() + "\n", CONFIG.replace("\n", "\n  ").rstrip() + "\n")
        )
        stream = f"apiVersion: v1\nkind: List\nitems:\n{items}"
        base("patch", "-", "-o", "overlay", stdin=stream.encode())
        applied = YAML(typ="safe", pure=True).load(base("apply", "-", stdin=stream.encode()).text)
        assert list(objects(built("overlay")).values()) == sorted(applied["items"], key=lambda each: each["kind"])

    def test_holds_no_null_and_keeps_those_of_the_base(self, base: Session) -> None:
        stream = WEB.replace("image: redis:7", "image: redis:7\n        args: null").replace(
            "{labels", "{annotations: null, labels"
        )
        base("patch", "-", "-o", "overlay", stdin=stream.encode())
        assert objects(built("overlay")) == objects(base("apply", "-", stdin=stream.encode()).text)

    def test_of_a_custom_resource(self, base: Session) -> None:
        stream = (
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec:\n"
            "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
            "    spec: {containers: [{name: a, image: 'nginx:1.27'}]}\n"
        )
        base("patch", "-", "-o", "overlay", stdin=stream.encode())
        assert objects(built("overlay")) == objects(base("apply", "-", stdin=stream.encode()).text)
        assert "op: add" in Path("overlay/patches/rollout-r.yaml").read_text()

    @pytest.mark.parametrize("folder", ["base", "base/", "./base"])
    def test_is_not_written_where_an_object_is_not_decoded(self, base: Session, folder: str) -> None:
        put(base__web_yaml=WEB.replace("    spec:\n", '    spec:\n      hostNetwork: "no"\n'))
        assert base("patch", folder, "-o", "overlay").code == 3
        assert not Path("overlay").exists()


class TestRefusals:
    @pytest.mark.parametrize("name", ["overlay/kustomization.yaml", "overlay/patches/deployment-web.yaml"])
    def test_what_harden_did_not_write_stays(self, base: Session, name: str) -> None:
        path = Path(name)
        path.parent.mkdir(parents=True)
        path.write_text("theirs: true\n")
        first = tree()
        done = base("patch", "base", "-o", "overlay")
        assert (done.code, done.out) == (2, b"")
        assert f"{name}: harden did not write it" in done.err
        assert tree() == first

    def test_what_somebody_edited_stays(self, base: Session) -> None:
        base("patch", "base", "-o", "overlay")
        path = Path("overlay/patches/deployment-web.yaml")
        path.write_text(path.read_text() + "# mine\n")
        first = tree()
        done = base("patch", "base", "-o", "overlay", "-p", "hardened")
        assert done.code == 2
        assert "somebody edited what harden wrote" in done.err
        assert tree() == first

    def test_what_is_no_longer_listed_and_edited_stays(self, base: Session) -> None:
        base("patch", "base", "-o", "overlay")
        path = Path("overlay/patches/deployment-web.yaml")
        path.write_text(path.read_text() + "# mine\n")
        put(base__web_yaml=CONFIG)
        assert base("patch", "base", "-o", "overlay").code == 0
        assert path.is_file()

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (["base"], 2, "-o DIR names the folder"),
            (["base", "-o", "overlay", "--format", "flux"], 2, "without one"),
            (["base", "--format", "fluxx"], 2, 'did you mean "flux"?'),
            (["base", "-o", "overlay", "--base", "x"], 2, "--base: names what standard input was built from"),
            (["base", "-o", "base"], 2, "lies in base"),
            (["base", "-o", "base/overlay"], 2, "lies in base"),
            (["broken", "-o", "overlay"], 3, "broken: cannot be built: "),
            (["component", "-o", "overlay"], 2, "is a Component"),
            (
                ["above", "-o", "overlay"],
                2,
                "above/base/kustomization.yaml: is a kustomization: harden patch above/base",
            ),
            (["nowhere", "-o", "overlay"], 2, "nowhere"),
        ],
    )
    def test_wrong_words_write_nothing(self, base: Session, words: list[str], code: int, said: str) -> None:
        put(
            broken__kustomization_yaml="resources: [nowhere.yaml]\n", component__kustomization_yaml="kind: Component\n",
            above__base__kustomization_yaml=BASE, above__base__web_yaml=WEB,
        )  # fmt: skip
        first = tree()
        done = base("patch", *words)
        assert (done.code, done.out) == (code, b"")
        assert said in done.err
        assert tree() == first

    @pytest.mark.parametrize(
        ("stream", "said"),
        [
            (f"{WEB}---\n{WEB}", "Deployment web stands twice in the manifests"),
            (f"{WEB}---\na: [\n", "overlay: not written"),
            (
                WEB.replace("name: web\nspec", "generateName: web-\nspec"),
                "Deployment with generateName web- alone: kustomize takes",
            ),
            (WEB.replace("  name: web\nspec", "  labels: {}\nspec"), "kustomize takes no object without metadata.name"),
        ],
    )
    def test_input_that_does_not_do_writes_nothing(self, base: Session, stream: str, said: str) -> None:
        first = tree()
        done = base("patch", "-", "-o", "overlay", stdin=stream.encode())
        assert done.code == 3
        assert said in done.err
        assert tree() == first

    @pytest.mark.usefixtures("base")
    def test_a_pipe_that_is_not_asked_for_is_refused(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "harden", "patch", "-o", "overlay"],
            input=WEB, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "write `harden patch -` for it" in done.stderr
        assert not Path("overlay").exists()

    def test_without_kustomize_it_says_what_to_do(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(base__kustomization_yaml=BASE, base__web_yaml=WEB)
        monkeypatch.setenv("PATH", "/nowhere")
        done = harden("patch", "base", "-o", "overlay")
        assert done.code == 2
        assert "BUILD | harden patch - --base base -o OVERLAY" in done.err


class TestToPaste:
    def pasted(self, harden: Session, form: str, *words: str) -> tuple[Done, Any]:
        done = harden("patch", "-", "--format", form, *words, stdin=WEB.encode())
        assert done.code == 1
        return done, YAML(typ="safe", pure=True).load(done.text)

    @pytest.mark.parametrize("form", INLINE)
    def test_is_what_the_overlay_has(self, base: Session, form: str) -> None:
        _, data = self.pasted(base, form)
        spec = data["spec"]
        patches = {
            "flux": lambda: spec["patches"],
            "flux-helm": lambda: spec["postRenderers"][0]["kustomize"]["patches"],
            "argo-cd": lambda: spec["source"]["kustomize"]["patches"],
        }[form]()
        put(pasted__web_yaml=WEB)
        Path("pasted/kustomization.yaml").write_text(json.dumps({"resources": ["web.yaml"], "patches": patches}))
        assert objects(built("pasted")) == objects(base("apply", "-", stdin=WEB.encode()).text)

    @pytest.mark.parametrize("path", [".", "pasted", "pasted/web.yaml"])
    def test_of_files_and_bases_below_the_current_folder(self, base: Session, path: str) -> None:
        put(pasted__web_yaml=WEB, kustomization_yaml="resources: [pasted/web.yaml]\n")
        done = base("patch", path, "--format", "flux")
        assert done.code == 1, done.err
        assert done.out == base("patch", "-", "--format", "flux", stdin=WEB.encode()).out != b""

    def test_says_that_companions_are_missing(self, base: Session) -> None:
        done, _ = self.pasted(base, "flux", "-p", "hardened")
        assert "companions are objects, and no patches" in done.err

    def test_of_nothing_is_nothing(self, base: Session) -> None:
        done = base("patch", "-", "--format", "flux", stdin=CONFIG.encode())
        assert (done.code, done.out) == (0, b"")

    def test_takes_no_form_from_harden_yaml(self, harden: Session) -> None:
        put(harden_yaml="format: markdown\n")
        assert harden("patch", "-", "--format", "flux", stdin=WEB.encode()).code in {0, 1}

    def test_the_words_of_the_option_are_those_of_the_program(self) -> None:
        assert INLINE == option_words.INLINE


class TestMerge:
    @pytest.mark.parametrize(
        ("before", "after", "wanted"),
        [
            ({"a": 1}, {"a": 1, "b": {}}, {"b": {}}),
            ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 2, "c": 3}}),
            ({"a": True}, {"a": 1}, {"a": 1}),
            # Items of a patch come first: so all up to the last that changes.
            (
                {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
                {"containers": [{"name": "a"}, {"name": "b", "x": 1}, {"name": "c"}]},
                {"containers": [{"name": "a"}, {"name": "b", "x": 1}]},
            ),
            ({"drop": ["A", "B"]}, {"drop": ["ALL"]}, {"drop": ["ALL"]}),
        ],
    )
    def test_says_what_is_more(self, before: Any, after: Any, wanted: Any) -> None:
        assert merge_patch("v1", before, after) == wanted

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"a": 1}, {}),
            ({"a": None}, {"a": None, "b": 1}),
            ({}, {"a": None}),
            ({"x": [1]}, {"x": [1, 2]}),
            ({"ports": [{"containerPort": 1}]}, {"ports": [{"containerPort": 2}]}),
            ({"volumeMounts": [{"mountPath": "/a"}, {"mountPath": "/a"}]}, {"volumeMounts": [{"mountPath": "/a"}]}),
            ({"env": [{"name": "a"}, {"name": "b"}]}, {"env": [{"name": "b"}, {"name": "a"}]}),
            ({"env": [{"name": "a"}, {"name": "b"}]}, {"env": [{"name": "b"}]}),
            ({"a": {}}, {"a": 1}),
        ],
    )
    def test_leaves_the_rest_to_json_patches(self, before: Any, after: Any) -> None:
        with pytest.raises(UnmergeableError):
            merge_patch("v1", before, after)

    def test_leaves_kinds_that_kustomize_does_not_know(self) -> None:
        with pytest.raises(UnmergeableError):
            merge_patch("argoproj.io/v1alpha1", {}, {"a": 1})


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c/d~": 4}, [("remove", "/a"), ("replace", "/b"), ("add", "/c~1d~0")]),
        (
            {"x": [{"name": "a"}, {"name": "b"}]},
            {"x": [{"name": "b", "y": 1}]},
            [("remove", "/x/0"), ("add", "/x/0/y")],
        ),
        ({"x": [1, 3]}, {"x": [1, 2, 3, 4]}, [("add", "/x/1"), ("add", "/x/-")]),
        ({"x": [1, 2]}, {"x": [2, 1]}, [("replace", "/x")]),
        ({"x": [1, 1]}, {"x": [1]}, [("replace", "/x")]),
        ({"x": 1}, {"x": True}, [("replace", "/x")]),
        ({"x": [1]}, {"x": [True]}, [("remove", "/x/0"), ("add", "/x/-")]),
        ({"x": None}, {"x": None}, []),
        ({"x": {"a": 1}}, {"x": [1]}, [("replace", "/x")]),
    ],
)
def test_json_patches(before: Any, after: Any, wanted: list[tuple[str, str]]) -> None:
    assert [(each["op"], each["path"]) for each in json_patch(before, after)] == wanted
