"""fn: a ResourceList comes in and goes out item by item, with what was found as results."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_session import Done, Session, as_program
from requirements import kustomize
from ruamel.yaml import YAML

HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
POD = """\
- # what it is for
  apiVersion: v1
  kind: Pod
  metadata:
    name: web  # kept
    annotations:
      config.kubernetes.io/index: '1'
      internal.config.kubernetes.io/path: 'deploy/web.yaml'
      config.k8s.io/id: '1'
  spec:
    securityContext: {runAsUser: 5}
    containers:
    - name: web
      image: 'example.com/web:1'
      args:
      - |
        a text

          - that looks like an item
"""
DATA = """\
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c, annotations: {kustomize.config.k8s.io/id: "kind: ConfigMap\\n"}}
  data:
    a: 'b'
    t: |
      x
       y
"""
HARDENED = POD.replace("{runAsUser: 5}", "{runAsUser: 5, runAsNonRoot: true}")


def config(text: str) -> str:
    return f"functionConfig:\n  apiVersion: kube-harden.io/v1alpha1\n  kind: Harden\n  spec: {text}\n"


def fn(harden: Session, text: str, *words: str) -> Done:
    return harden("fn", *words, stdin=text.encode())


def split(done: Done) -> tuple[str, list[dict[str, Any]]]:
    """Return what came out without its results, and these."""
    text, _, results = done.text.partition("results:\n")
    return text, YAML(typ="safe", pure=True).load(results) if results else []


class TestItems:
    @pytest.mark.parametrize("tail", ["", "functionConfig: {kind: ConfigMap, data: {}}\n", "# the end\n"])
    def test_all_other_text_stays(self, harden: Session, tail: str) -> None:
        done = fn(harden, HEAD + "items:\n" + DATA + POD + DATA + tail)
        assert done.code == 0, done.err
        assert split(done)[0] == HEAD + "items:\n" + DATA + HARDENED + DATA + tail

    def test_deeper_items(self, harden: Session) -> None:
        deep = "".join(f"  {line}\n" if line else "\n" for line in (DATA + POD).splitlines())
        done = fn(harden, HEAD + "items:\n" + deep)
        assert split(done)[0] == (HEAD + "items:\n" + deep).replace(
            "{runAsUser: 5}", "{runAsUser: 5, runAsNonRoot: true}"
        )

    def test_comments_between_items_stay(self, harden: Session) -> None:
        text = HEAD + "# what is in it\nitems:\n# first\n" + POD + "\n# second\n" + DATA + "# last\n"
        assert split(fn(harden, text))[0] == text.replace(POD, HARDENED)

    def test_of_one_identity_both_survive(self, harden: Session) -> None:
        assert split(fn(harden, HEAD + "items:\n" + POD + POD))[0] == HEAD + "items:\n" + HARDENED + HARDENED

    @pytest.mark.parametrize("text", [HEAD, HEAD + "items: []\n", HEAD + "items:\n", HEAD + "items:\n" + DATA])
    def test_nothing_to_say_gives_the_very_bytes(self, harden: Session, text: str) -> None:
        assert fn(harden, text).text == text

    def test_json(self, harden: Session) -> None:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
               "spec": {"securityContext": {"runAsUser": 5}, "containers": [{"name": "a", "image": "b"}]}}  # fmt: skip
        data = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [pod, pod]}
        found = json.loads(fn(harden, json.dumps(data)).text)
        assert [item["spec"]["securityContext"]["runAsNonRoot"] for item in found["items"]] == [True, True]
        assert found["results"]
        data["functionConfig"] = {"spec": {"select": ["service-account"], "risk": "review"}}
        found = json.loads(fn(harden, json.dumps(data)).text)
        assert [item["kind"] for item in found["items"]] == ["Pod", "Pod", "ServiceAccount"]

    def test_companions_are_appended_with_their_comments(self, harden: Session) -> None:
        text = HEAD + "items:\n" + POD + DATA + config("{select: [service-account], risk: review}")
        once = fn(harden, text)
        assert once.code == 0, once.err
        items = YAML(typ="safe", pure=True).load(once.text)["items"]
        assert [item["kind"] for item in items] == ["Pod", "ConfigMap", "ServiceAccount"]
        assert "\n- # Written by harden" in once.text
        assert "\nfunctionConfig:\n" in once.text
        again = fn(harden, split(once)[0])
        assert split(again)[0] == split(once)[0]

    def test_results_of_earlier_functions_stay(self, harden: Session) -> None:
        text = HEAD + "items:\n" + POD + "results:\n- {message: theirs, severity: info}\n"
        found = YAML(typ="safe", pure=True).load(fn(harden, text).text)["results"]
        assert found[0] == {"message": "theirs", "severity": "info"}
        assert len(found) > 1


class TestResults:
    def test_say_what_where_and_how_bad(self, harden: Session) -> None:
        _, results = split(fn(harden, HEAD + "items:\n" + DATA + POD))
        made = next(each for each in results if each["severity"] == "info")
        assert made["message"].startswith("runAsNonRoot true (run-as-non-root, safe: ")
        assert made["resourceRef"] == {"apiVersion": "v1", "kind": "Pod", "name": "web"}
        assert made["field"] == {"path": "spec.securityContext.runAsNonRoot", "proposedValue": True}
        assert made["file"] == {"path": "deploy/web.yaml", "index": 1}
        # Refused by admission: an error; good practice: a warning.
        assert {each["severity"] for each in results} == {"info", "error"}
        text = HEAD + "items:\n" + POD + config("{profile: hardened, companions: false}")
        assert "warning" in {each["severity"] for each in split(fn(harden, text))[1]}

    def test_propose_values_for_the_fields_that_they_are_of(self, harden: Session) -> None:
        text = HEAD + "items:\n" + POD.replace("runAsUser: 5", "fsGroup: 5")
        fields = [each["field"] for each in split(fn(harden, text))[1]]
        proposed = {field["path"]: field["proposedValue"] for field in fields if "proposedValue" in field}
        assert proposed["spec.containers[0].securityContext.capabilities.drop"] == ["ALL"]
        assert {path.rpartition(".")[2] for path in proposed} >= {"allowPrivilegeEscalation", "drop", "type"}
        assert not {"spec", "spec.containers[0]"} & proposed.keys()

    def test_messages_name_file_and_object(self, harden: Session) -> None:
        done = fn(harden, HEAD + "items:\n" + POD)
        assert (
            "harden: [error] deploy/web.yaml: Pod web: spec.containers[0].securityContext.capabilities.drop: "
            in done.err
        )
        assert "<stdin>" not in done.err
        assert fn(harden, HEAD + "items:\n" + POD, "--quiet").err.count("\n") == 1

    def test_secrets_stay_out(self, harden: Session) -> None:
        pod = POD + "      env: [{name: PASSWORD, value: xyzzy42}, {name: TOKEN, value: xyzzy43}]\n"
        secret = "- {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: xyzzy44}}\n"  # noqa: S105 - none
        text = HEAD + "items:\n" + pod + secret + config("{profile: hardened, risk: breaking}")
        done = fn(harden, text)
        assert "xyzzy" not in done.err
        assert "xyzzy" not in str(split(done)[1])


class TestConfig:
    @pytest.mark.parametrize(
        "given",
        [
            config("{profile: baseline, risk: review}"),
            "functionConfig:\n  kind: ConfigMap\n  data: {profile: baseline, risk: review}\n",
            "functionConfig: {kind: Any, profile: baseline, risk: review}\n",
        ],
    )
    def test_chooses_the_profile(self, harden: Session, given: str) -> None:
        done = fn(harden, HEAD + "items:\n" + POD + given)
        assert "admitted at baseline" in done.err
        assert done.code == 0

    def test_is_safe_unless_it_says_otherwise(self, harden: Session) -> None:
        assert "drop:" not in split(fn(harden, HEAD + "items:\n" + POD))[0]
        assert "drop:" in split(fn(harden, HEAD + "items:\n" + POD + config("{risk: review}")))[0]

    def test_has_the_settings_of_controls(self, harden: Session) -> None:
        given = config("{risk: review, controls: {seccomp-profile: {localhostProfile: profiles/a.json}}}")
        assert "localhostProfile: profiles/a.json" in fn(harden, HEAD + "items:\n" + POD + given).text
        data = '{risk: review, controls: "seccomp-profile: {localhostProfile: profiles/a.json}"}'
        given = f"functionConfig: {{kind: ConfigMap, data: {data}}}\n"
        assert "localhostProfile: profiles/a.json" in fn(harden, HEAD + "items:\n" + POD + given).text

    def test_has_exemptions(self, harden: Session) -> None:
        given = config("{exemptions: [{control: run-as-non-root, name: web, reason: theirs}]}")
        assert split(fn(harden, HEAD + "items:\n" + POD + given))[0] == HEAD + "items:\n" + POD + given

    @pytest.mark.parametrize(
        "given",
        [
            config("{fail-on: [short]}"),
            'functionConfig: {kind: ConfigMap, data: {fail-on: "short, waiting"}}\n',
        ],
    )
    def test_fails_a_build(self, harden: Session, given: str) -> None:
        done = fn(harden, HEAD + "items:\n" + POD + given)
        assert done.code == 1
        assert "functionConfig: fail-on short: 1 workload would still be refused" in done.err

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (config("{profil: baseline}"), 'unknown key "profil": did you mean "profile"?'),
            (config("{profile: restrictd}"), 'did you mean "restricted"?'),
            (config("{risk: sure}"), "sure"),
            (config("{fail-on: [shorts]}"), 'did you mean "short"?'),
            (config("{fail-on: short}"), "fail-on must be a list"),
            (config("{controls: {seccomp: {}}}"), 'did you mean "seccomp-profile"?'),
            (config("{controls: {seccomp-profile: {localhost: a}}}"), "localhost"),
            (config("{include: [a]}"), 'unknown key "include"'),
            (config("[a]"), "spec must be a mapping"),
            ("functionConfig: a\n", "an object is expected"),
            ("functionConfig: {kind: ConfigMap, data: {risk: 3}}\n", "data.risk must be a text"),
            ("functionConfig: {kind: ConfigMap, data: [a]}\n", "data must be a mapping"),
            ("functionConfig: {kind: ConfigMap, data: {controls: '{'}}\n", "data.controls"),
            ("functionConfig: {level: true}\n", "level must be one of"),
            ("functionConfig: {controls: true}\n", "controls must be a mapping"),
            ("functionConfig: {spec: {}, profile: baseline}\n", 'unknown key beside spec "profile"'),
        ],
    )
    def test_that_is_wrong_is_named(self, harden: Session, given: str, said: str) -> None:
        done = fn(harden, HEAD + "items:\n" + POD + given)
        assert (done.code, done.out) == (2, b"")
        assert "functionConfig" in done.err
        assert said in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "nothing came in"),
        (b"# a comment\n", "nothing came in"),
        (b"apiVersion: v1\nkind: Pod\n", "not a Pod: manifests go through harden apply -"),
        (b"a: b\n", "an object without kind"),
        (b"- a\n", "not a list"),
        (b"text\n", "not a text"),
        (HEAD.replace("/v1", "/v1alpha1").encode(), "the ResourceList is of config.kubernetes.io/v1alpha1"),
        (b"kind: ResourceList\n", "no apiVersion"),
        ((HEAD + "items: {}\n").encode(), "items must be a list of objects, not a mapping"),
        ((HEAD + "items:\n- a: [\n").encode(), "<stdin>:"),
        ((HEAD + "---\n" + HEAD).encode(), "one ResourceList is expected, not 2"),
        ((HEAD + "items:\n-  a: b\n- c: d\n").encode(), "even columns"),
        ((HEAD + "other: &o\n- a: b\nitems: *o\n").encode(), "stand elsewhere"),
        ((HEAD + "items:\n- &o {a: b}\n- *o\n").encode(), "stand elsewhere"),
        ((HEAD + "<<:\n  items:\n  - a: b\n").encode(), "stand elsewhere"),
        (b"\xff\xfea\x00", "UTF-16"),
    ],
)
def test_what_is_no_list_is_named(harden: Session, data: bytes, said: str) -> None:
    done = harden("fn", stdin=data)
    assert (done.code, done.out) == (3, b"")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return as_program(tmp_path)


WEB = """\
# What customers see.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # kept
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsUser: 5}
      containers:
      - name: web
        image: 'example.com/web:1'
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: 'b'}\n"
CONFIG = """\
apiVersion: kube-harden.io/v1alpha1
kind: Harden
metadata:
  name: harden
  annotations:
    config.kubernetes.io/local-config: "true"
    config.kubernetes.io/function: |
      exec: {path: PROGRAM, args: [fn]}
spec: SPEC
"""


def package(folder: Path, program: Path, spec: str) -> None:
    (folder / "deploy").mkdir(parents=True)
    (folder / "deploy" / "web.yaml").write_text(WEB)
    (folder / "deploy" / "settings.yaml").write_text(SETTINGS)
    (folder / "harden.yaml").write_text(CONFIG.replace("PROGRAM", str(program)).replace("SPEC", spec))


def run(*words: str | Path, code: int = 0) -> tuple[str, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


class TestKustomize:
    BUILD = ("build", "--enable-alpha-plugins", "--enable-exec")

    def layer(self, folder: Path, program: Path, spec: str) -> None:
        package(folder, program, spec)
        (folder / "kustomization.yaml").write_text(
            "namePrefix: x-\nnamespace: shop\nresources: [deploy/web.yaml, deploy/settings.yaml]\n"
            "transformers: [harden.yaml]\n"
        )

    def test_build(self, tmp_path: Path, program: Path) -> None:
        self.layer(tmp_path / "in", program, "{profile: restricted, risk: review}")
        built, _ = run(kustomize(), *self.BUILD, tmp_path / "in")
        (tmp_path / "in" / "kustomization.yaml").write_text(
            (tmp_path / "in" / "kustomization.yaml").read_text().replace("transformers: [harden.yaml]\n", "")
        )
        plain, _ = run(kustomize(), "build", tmp_path / "in")
        piped = subprocess.run([program, "apply", "-"], input=plain, capture_output=True, text=True, check=False)
        load = YAML(typ="safe", pure=True).load_all
        assert list(load(built)) == list(load(piped.stdout))
        assert "internal.config" not in built
        assert "runAsNonRoot: true" in built

    def test_a_build_fails_where_the_config_says_so(self, tmp_path: Path, program: Path) -> None:
        self.layer(tmp_path / "in", program, "{fail-on: [short]}")
        _, said = run(kustomize(), *self.BUILD, tmp_path / "in", code=1)
        assert "fail-on short" in said

    def test_without_the_option_kustomize_says_nothing(self, tmp_path: Path, program: Path) -> None:
        # The page warns of it; `harden check` on the output is what notices.
        self.layer(tmp_path / "in", program, "{fail-on: [short]}")
        built, said = run(kustomize(), "build", "--enable-alpha-plugins", tmp_path / "in")
        assert (said, "runAsNonRoot" in built) == ("", False)
        assert (
            subprocess.run([program, "check", "-"], input=built, capture_output=True, text=True, check=False).returncode
            == 1
        )

    def test_run_changes_files_in_place_and_keeps_comments(self, tmp_path: Path, program: Path) -> None:
        package(tmp_path / "in", program, "{risk: review, select: [run-as-non-root, service-account]}")
        run(kustomize(), "fn", "run", tmp_path / "in", "--enable-exec")
        after = (tmp_path / "in" / "deploy" / "web.yaml").read_text()
        wanted = WEB.replace("{runAsUser: 5}", "{runAsUser: 5, runAsNonRoot: true}")
        # kustomize puts the new key where it likes.
        assert after.replace("      serviceAccountName: web\n", "") == wanted
        assert "serviceAccountName: web\n" in after
        assert any("kind: ServiceAccount" in path.read_text() for path in (tmp_path / "in").rglob("*.yaml"))
        first = {path: path.read_text() for path in (tmp_path / "in").rglob("*.yaml")}
        run(kustomize(), "fn", "run", tmp_path / "in", "--enable-exec")
        assert {path: path.read_text() for path in (tmp_path / "in").rglob("*.yaml")} == first


#: Go cannot install it: the module that it needs of its own repository is not served.
KPT = shutil.which("kpt")


@pytest.mark.skipif(KPT is None, reason="kpt is not installed")
def test_kpt(tmp_path: Path, program: Path) -> None:
    package(tmp_path / "in", program, "{}")
    (tmp_path / "in" / "harden.yaml").unlink()
    words = (
        "fn",
        "eval",
        str(tmp_path / "in"),
        "--exec",
        f"{program} fn",
        "--",
        "risk=review",
        "select=run-as-non-root",
    )
    run(KPT or "kpt", *words)
    wanted = WEB.replace("{runAsUser: 5}", "{runAsUser: 5, runAsNonRoot: true}")
    assert (tmp_path / "in" / "deploy" / "web.yaml").read_text() == wanted
