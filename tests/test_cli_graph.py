"""`harden graph`: its forms, its sides, streams, and what could not be seen."""

from __future__ import annotations

from pathlib import Path
from xml.dom.minidom import parseString

import pytest
from cli_session import Session, put, tree

SHOP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, env: [{name: API, value: "http://api:80"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
"""


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    monkeypatch.chdir(tmp_path)
    put(shop_yaml=SHOP)
    return Session(monkeypatch, capfdbinary)


def test_both_sides_beside_each_other(harden: Session) -> None:
    done = harden("graph")
    assert (done.code, done.err) == (0, "")
    rows = [line.split() for line in done.text.splitlines()]
    assert ["Deployment", "api", "8080", "(everybody)", "open", "closed"] in rows
    assert "Deployment api  8080  Deployment web   open    open    env API names Service api" in done.text
    assert ["Deployment", "api", "8080", "(its", "namespace)", "open", "open"] in rows
    assert "nothing that is shown is cut" in done.text
    assert tree() == {"shop.yaml": SHOP.encode()}


def test_one_side_alone(harden: Session) -> None:
    before, after = harden("graph", "--before").text, harden("graph", "--after").text
    assert ["Deployment", "api", "8080", "(everybody)", "open"] in [line.split() for line in before.splitlines()]
    assert "(everybody)" not in after
    assert "ports that everybody reaches: 0" in after
    assert harden("graph", "--before", "--after").text == harden("graph").text


def test_what_an_earlier_run_wrote_is_on_the_second_side(harden: Session) -> None:
    first = harden("graph").text
    harden("apply", "--companions")
    assert len(tree()) > 1
    assert harden("graph").text == first


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "TO "),
        ("mermaid", "flowchart LR\n"),
        ("dot", "digraph "),
        ("svg", "<svg "),
        ("html", "<!doctype html>"),
    ],
)
def test_every_form_shows_both_workloads(harden: Session, form: str, start: str) -> None:
    text = harden("graph", "--format", form, "shop.yaml").text
    assert text.startswith(start)
    assert "Deployment web" in text
    assert "Deployment api" in text
    if form == "svg":
        parseString(text)  # noqa: S318 -- our own text
    assert harden("graph", "--format", form, "-", stdin=SHOP.encode()).text == text


def test_a_picture_goes_to_a_file(harden: Session) -> None:
    assert harden("graph", "--format", "svg", "--output", "../shop.svg", "shop.yaml").out == b""
    assert Path("../shop.svg").read_text().count("before: ") == 1
    harden("graph", "--format", "svg", "--after", "--output", "../shop.svg", "shop.yaml")
    assert Path("../shop.svg").read_text().count("before: ") == 0


def test_options_of_companions_hold(harden: Session) -> None:
    owned = ("graph", "--owns-namespace", "shop")
    assert "(its namespace)" not in harden(*owned).text
    put(shop_yaml=SHOP.replace("http://api:80", "none"))
    assert "(its namespace)" in harden(*owned).text


def test_before_shows_the_policies_of_an_earlier_run(harden: Session) -> None:
    before = harden("graph", "--before").text
    harden("apply", "--companions")
    assert "(everybody)" in before
    assert "(everybody)" not in harden("graph", "--before").text


def test_how_far_workloads_connect_out(harden: Session) -> None:
    put(profile_yaml="extends: restricted\ncompanions: {network-policy: {egress: dns+known}}\n")
    rows = [line.split() for line in harden("graph", "--profile", "profile.yaml", "shop.yaml").text.splitlines()]
    assert ["(outside)", "Deployment", "web", "everywhere", "nowhere", "outside", "egress"] in rows


@pytest.mark.parametrize(
    ("words", "said"), [(["--format", "png"], "unknown format"), (["-", "shop.yaml"], "must be the only path")]
)
def test_wrong_usage(harden: Session, words: list[str], said: str) -> None:
    done = harden("graph", *words)
    assert (done.code, done.out) == (2, b"")
    assert said in done.err


def test_a_path_that_is_not_there_is_told(harden: Session) -> None:
    done = harden("graph", "shop.yaml", "nowhere.yaml")
    assert done.code == 3
    assert "harden: nowhere.yaml: cannot be read: No such file or directory" in done.err
    assert done.err.count("nowhere.yaml") == 1
    assert "Deployment web" in done.text


def test_what_could_not_be_read_is_told(harden: Session) -> None:
    put(broken_yaml="kind: Service\nspec: {a: [\n")
    done = harden("graph")
    assert done.code == 3
    assert "harden: broken.yaml:2 was not read" in done.err
    assert "Deployment web" in done.text
