"""Secrets appear in no output: canaries stand wherever a manifest can hold one, and every output is searched."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

import pytest
from cli_session import Session, tree

from harden.model.report import FileReport, Report
from harden.model.text import SourceText
from harden.outputs import Format, render
from harden.secrets.masking import Masked, may_hide
from harden.source.hunks import compare, lines_of

GOLDEN = Path(__file__).parents[1] / "golden"

CANARY = re.compile(rb"canary\d+|Y2FuYXJ5")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SHOP = f"""\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
data:
  password: {b64("canary01")}
  user: {b64("canary02")}
stringData:
  token: canary03
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
data:
  MODE: fast
  API_TOKEN: canary04
  app.properties: |
    host=db
    password=canary05
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    example.org/api-token: canary06
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"spec":{{"env":[{{"name":"DB_PASSWORD","value":"canary07"}}]}}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1
          command: [web, --admin-password, canary08]
          args: ["--token=canary09", "--dsn=postgres://a:canary10@db:5432/shop"]
          env:
            - name: DB_PASSWORD # canary11 before
              value: canary11
            - {{name: DATABASE_URL, value: "postgres://shop:canary12@db.shop:5432/shop"}}
            - name: BROKER
              value: amqp://shop:canary13@$(BROKER_HOST):5672/
            - name: TLS
              value: |
                -----BEGIN PRIVATE KEY-----
                canary14canary14
                -----END PRIVATE KEY-----
            - name: FROM_MAP
              valueFrom: {{configMapKeyRef: {{name: settings, key: API_TOKEN}}}}
          envFrom:
            - secretRef: {{name: db}}
          livenessProbe:
            exec: {{command: [check, --password=canary15]}}
          readinessProbe:
            httpGet:
              path: /
              port: 8080
              httpHeaders:
                - name: Authorization
                  value: Bearer canary16
          lifecycle:
            preStop:
              exec: {{command: [sh, -c, "TOKEN=canary17 stop"]}}
          ports:
            - containerPort: 8080
"""
BROKEN = """\
apiVersion: v1
kind: Secret
metadata: {name: broken}
stringData:
  password: canary18
 token: "canary19
"""
WRONG = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: wrong}
spec:
  selector: {matchLabels: {app: wrong}}
  template:
    metadata: {labels: {app: wrong}}
    spec:
      containers:
        - name: wrong
          image: nginx
          env:
            DB_PASSWORD: canary20
          securityContext: canary21
"""
PROFILE = """\
name: own
extends: restricted
controls:
  secret-literals:
    store: {store}
  run-as-user:
    password: canary22
"""
FORMS = [form.value for form in Format if form is not Format.HTML]
COMMANDS = [
    *(["check", "--format", form, *more] for form in FORMS if form != "diff" for more in ([], ["--companions"])),
    *(["diff", "--format", form, *more] for form in FORMS for more in ([], ["--companions"])),
    *(["check", "--format", form, "--risk", "breaking", "--companions"] for form in FORMS if form != "diff"),
    *(["apply", "--format", form, "--companions", "--risk", "breaking"] for form in FORMS if form != "diff"),
    *(["graph", "--format", form] for form in ("text", "mermaid", "dot", "svg", "html")),
    *(["check", "--framework", "nsa", "--format", form] for form in ("html", "markdown")),
    ["images", "ghcr.io/acme/web:1"],
    ["profile", "own.yaml"],
    ["check", "--profile", "own.yaml"],
    ["check", "--companions", "--risk", "breaking", "broken.yaml", "wrong.yaml"],
    ["apply", "--format", "text", "--companions", "--risk", "breaking"],
]


@pytest.fixture
def harden(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Session:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("shop.yaml").write_text(SHOP, "utf-8")
    return Session(monkeypatch, capfdbinary)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("broken", [False, True])
def test_no_output_of_a_command_has_a_secret(harden: Session, words: list[str], *, broken: bool) -> None:
    Path("own.yaml").write_text(PROFILE.replace("{store}", "secret"), "utf-8")
    if broken:
        Path("broken.yaml").write_text(BROKEN, "utf-8")
        Path("wrong.yaml").write_text(WRONG, "utf-8")
    done = harden(*words)
    assert done.code in {0, 1} or broken or ".yaml" in " ".join(words)
    assert done.out or done.err
    assert CANARY.findall(done.out) == []
    assert CANARY.findall(done.err.encode()) == []
    assert Path("summary.md").exists() == ("github" in words)
    assert "github" not in words or CANARY.findall(Path("summary.md").read_bytes()) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_stream(harden: Session, form: str) -> None:
    done = harden("diff", "--companions", "--namespace", "shop", "--format", form, "-", stdin=SHOP.encode())
    assert CANARY.findall(done.out) == []
    assert CANARY.findall(done.err.encode()) == []


@pytest.mark.parametrize("store", ["external-secret", "report", "sealed"])
def test_values_stand_in_files_of_secrets_alone(harden: Session, store: str) -> None:
    Path("own.yaml").write_text(
        f"name: own\nextends: restricted\nrisk: breaking\ncontrols:\n  secret-literals: {{store: {store}}}\n"
        f"  secret-config-maps: {{store: {store}}}\n",
        "utf-8",
    )
    harden("apply", "--companions", "--profile", "own.yaml", "shop.yaml")
    for name, data in tree().items():
        if name != "shop.yaml" and not name.startswith("harden-secret-"):
            assert CANARY.findall(data) == [], name


def test_a_wrapped_start_shows_no_words_of_the_command(harden: Session) -> None:
    Path("own.yaml").write_text(
        "name: own\nlevel: privileged\nrisk: breaking\ncontrols:\n  secret-files: {otherwise: wrap}\n", "utf-8"
    )
    Path("wrapped.yaml").write_text(
        SHOP.rsplit("\n---\n", maxsplit=1)[-1]
        .replace("image: ghcr.io/acme/web:1", "image: python:3.12")
        .replace(
            "- name: FROM_MAP",
            "- name: KEY\n              valueFrom: {secretKeyRef: {name: k, key: k}}\n            - name: FROM_MAP",
        ),
        "utf-8",
    )
    for command, form in (("check", "text"), ("check", "json"), ("diff", "diff"), ("diff", "text"), ("apply", "text")):
        done = harden(command, "--format", form, "--companions", "--profile", "own.yaml", "wrapped.yaml")
        assert CANARY.findall(done.out + done.err.encode()) == []
    assert "export KEY; " in Path("wrapped.yaml").read_text("utf-8")


def test_a_stream_keeps_the_secrets_that_an_earlier_run_wrote(harden: Session) -> None:
    once = harden("apply", "--companions", "-", stdin=SHOP.encode()).out
    assert b"canary11" in once
    again = harden("apply", "--companions", "-", stdin=once).out
    assert again == once
    Path("off.yaml").write_text(
        "name: without\nextends: restricted\ncontrols:\n  secret-literals: {enabled: false}\n"
        "  secret-config-maps: {enabled: false}\n",
        "utf-8",
    )
    switched_off = harden("apply", "--companions", "--profile", "off.yaml", "-", stdin=once).out
    assert switched_off == once


def shown(old: str, new: str, *, show_secrets: bool = False) -> str:
    report = FileReport("a.yaml", SourceText("a.yaml", old), new)
    whole = Report("restricted", "restricted", "latest", "review", "diff", (report,))
    return render(whole, Format.DIFF, show_secrets=show_secrets)


ENV = """\
env:
- name: A
  value: b
- name: DB_PASSWORD
  value: canary23
- name: C
  value: d
end: 1
more: 2
last: 3
"""


@pytest.mark.parametrize(
    ("line", "is_whole"),
    [("last: 3", True), ("end: 1", True), ("  value: d", True), ("- name: C", True), ("- name: DB_PASSWORD", False)],
)
def test_context_with_secrets_is_left_out_where_the_patch_does_without(
    tmp_path: Path, line: str, *, is_whole: bool
) -> None:
    new = ENV.replace(line, f"{line} # new")
    patch = shown(ENV, new)
    assert "canary" not in patch
    assert ("***" not in patch) == is_whole
    assert patch.startswith("---") == is_whole
    for tool in (["git", "apply"], ["patch", "-p1", "--force", "-i"]):
        (tmp_path / "a.yaml").write_text(ENV, "utf-8")
        (tmp_path / "a.patch").write_text(patch, "utf-8")
        done = subprocess.run([*tool, "a.patch"], cwd=tmp_path, check=False, capture_output=True)
        assert (done.returncode == 0) == is_whole, (tool, patch, done)
        assert (tmp_path / "a.yaml").read_text("utf-8") == (new if is_whole else ENV)


def test_secrets_are_shown_to_whoever_asks() -> None:
    new = ENV.replace("  value: canary23\n", "")
    assert "-  value: ***\n" in shown(ENV, new)
    patch = shown(ENV, new, show_secrets=True)
    assert "-  value: canary23\n" in patch
    assert patch.startswith("---")


def test_a_value_that_comes_to_a_text_without_secrets_is_hidden() -> None:
    old = "env:\n- name: A\n  value: b\n"
    patch = shown(old, f"{old}- name: DB_PASSWORD\n  value: canary23\n")
    assert "+- name: DB_PASSWORD\n" in patch
    assert "canary" not in patch


def test_what_golden_cases_bring_to_texts_without_secrets_hides_nothing() -> None:
    # So that no text is parsed of which the lines that come say enough.
    left_out = 0
    for path in sorted(GOLDEN.glob("*/fix-*/out.yaml")):
        old, new = (each.read_text("utf-8") for each in (path.with_name("in.yaml"), path))
        hunks = compare(lines_of(old), lines_of(new))
        added = [line for hunk in hunks for line in lines_of(new)[hunk.new_start : hunk.new_end]]
        if not Masked(old, lines_of(old)).hidden and not may_hide(added):
            left_out += 1
            assert not Masked(new, lines_of(new)).hidden, path
    assert left_out > 200
