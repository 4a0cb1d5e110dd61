"""The report for auditors: sections that are there, findings in their places, and a page that is safe and readable."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cli_session import Session
from requirements import tool

from harden.cli import request
from harden.cli.options import words as option_words
from harden.controls import all_controls
from harden.outputs.audit.frameworks import Framework, frameworks
from harden.outputs.audit.page import STYLE

#: What no design principle of the two asks for.
WITHOUT_PRINCIPLE = {"probes", "removed-api-version", "service-account-field"}

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: "<img src=x>|`web`"
  namespace: shop
  annotations:
    kube-harden.io/exempt.capabilities: "<b>bold</b> | \\e[31mred (owner platform & team, until 2999-01-31)"
spec:
  hostPID: true
  containers:
  - name: web
    image: registry.example.com/web:1
    securityContext: {privileged: true}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get]}
- {apiGroups: [""], resources: [pods/portforward], verbs: [create]}
- {apiGroups: [example.com], resources: [things], verbs: ["*"]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: patch}
spec: {template: {spec: {containers: [{name: a}]}}}
"""


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(MANIFEST, "utf-8")
    return Session(monkeypatch, capfdbinary)


def test_where_nothing_is_there_nothing_was_found_means_nothing(harden: Session) -> None:
    Path("a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    said = harden("check", "--framework", "nsa", "a.yaml").text
    assert "| nothing to look at |" in said
    assert "| nothing found |" not in said
    assert "\n- 0 sections without findings\n" in said


def test_a_single_finding_is_one_finding(harden: Session) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: x}]}\n"
    Path("a.yaml").write_text(text)
    said = harden("check", "--framework", "nsa", "--select", "seccomp-profile", "a.yaml").text
    assert "\n- 1 finding that harden fixes\n- 0 findings that may stand\n" in said
    assert "\n- 1 section with open findings\n" in said


@pytest.mark.parametrize("framework", frameworks().values(), ids=lambda each: each.word)
def test_controls_name_sections_that_are_there_and_each_section_has_one_or_says_why_not(framework: Framework) -> None:
    known = [section.id for section in framework.sections]
    assert len(set(known)) == len(known)
    for control in all_controls():
        assert set(framework.cited(control)) <= set(known), control.id
    for section in framework.sections:
        assert bool(framework.controls(section)) != bool(section.aside), section
        assert section.title


def test_each_control_names_what_it_is_for() -> None:
    known = frameworks()
    bare = {each.id for each in all_controls() if not known["principles"].cited(each)}
    assert bare == WITHOUT_PRINCIPLE
    assert len([each for each in all_controls() if known["nsa"].cited(each)]) > len(all_controls()) * 3 / 4


def test_the_words_of_frameworks_are_the_same_everywhere() -> None:
    assert tuple(frameworks()) == option_words.FRAMEWORKS == request.FRAMEWORKS


def sections(report: str) -> dict[str, tuple[str, str]]:
    """Return result and number of open findings of each section of a report in Markdown."""
    rows = report.partition("## Sections")[2].partition("## Findings")[0].splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\\\)\|", row)[1:-1]] for row in rows if row.startswith("|")]
    return {row[0]: (row[2], row[3]) for row in cells[2:]}


def test_findings_stand_in_their_own_sections(harden: Session) -> None:
    found = sections(harden("check", "-p", "hardened", "--framework", "cis").text)
    assert found["5.1.2"] == ("open findings", "1")
    assert found["5.1.3"] == ("open findings", "1")
    assert found["5.1.10"] == ("nothing found", "0")
    assert found["5.2.2"] == ("open findings", "1")
    assert found["5.2.3"] == ("open findings", "1")
    assert found["5.2.4"] == ("nothing found", "0")
    assert found["5.2.9"] == ("all findings may stand", "0")
    assert found["5.3.1"] == ("not looked at", "0")


def test_a_section_is_not_clear_where_its_controls_did_not_run(harden: Session) -> None:
    found = sections(harden("check", "--framework", "cis").text)
    assert found["5.1.2"] == ("not asked", "0")
    assert found["5.2.7"][0] == "open findings"


def test_official_checks_have_a_section_each(harden: Session) -> None:
    found = sections(harden("check", "--framework", "pss").text)
    assert found["privileged"] == ("open findings", "1")
    assert found["hostPorts"] == ("nothing found", "0")


def test_a_check_that_a_stricter_one_replaces_is_not_clear(harden: Session) -> None:
    Path("b.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec:\n  volumes: [{name: root, hostPath: {path: /}}]\n"
        "  containers: [{name: a, image: a}]\n",
        "utf-8",
    )
    strict = sections(harden("check", "--framework", "pss", "b.yaml").text)
    assert (strict["restrictedVolumes"][0], strict["hostPathVolumes"][0]) == ("open findings", "not asked")
    lax = sections(harden("check", "-p", "baseline", "--framework", "pss", "b.yaml").text)
    assert (lax["restrictedVolumes"][0], lax["hostPathVolumes"][0]) == ("not asked", "open findings")


def test_what_no_section_is_about_and_what_was_not_looked_at_is_named(harden: Session) -> None:
    text = harden("check", "-p", "hardened", "--framework", "cis").text
    beside = text.partition("### In no section")[2]
    assert "may connect to every port" in beside
    unseen = text.partition("## What was not looked at")[2]
    assert "not a whole object" in unseen
    assert "mandatory-access-control" in unseen
    assert "running cluster" in unseen


def test_an_exemption_has_owner_reason_and_end(harden: Session) -> None:
    rows = harden("check", "--framework", "nsa").text.partition("## Exemptions")[2].splitlines()
    (row,) = [row for row in rows if row.startswith("| `capabilities`")]
    assert "platform \\& team" in row
    assert "2999-01-31" in row
    assert "holds" in row
    assert "`a.yaml:7`" in row
    assert "\\<b\\>bold" in row
    assert "\x1b" not in row


def test_an_exemption_without_an_owner_or_end_says_so(harden: Session) -> None:
    entry = "exemptions: [{control: privileged, name: '*', reason: it loads modules}]\n"
    Path("harden.yaml").write_text(entry, "utf-8")
    rows = harden("check", "--framework", "pss").text.partition("## Exemptions")[2].splitlines()
    (row,) = [row for row in rows if row.startswith("| `privileged`")]
    assert "not named: whoever wrote harden.yaml" in row
    assert "no end" in row


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_names_as_text_and_loads_nothing(harden: Session) -> None:
    done = harden("check", "-p", "hardened", "--framework", "nsa", "--format", "html", "--output", "r.html")
    assert (done.code, done.out) == (1, b"")
    page = Path("r.html").read_text("utf-8")
    told = Tags(page)
    assert "<img src=x>|`web`" in told.text
    assert "<b>bold</b>" in told.text
    assert "\\x1b[31mred" in told.text
    assert "\x1b" not in page
    assert {tag for tag, _ in told.tags}.isdisjoint({"img", "script", "link", "iframe", "object", "b2", "form"})
    values = [(name, value or "") for _, attrs in told.tags for name, value in attrs.items()]
    assert all(value.startswith("#") for name, value in values if name in {"href", "src"})
    assert not any(name.startswith("on") or name == "style" for name, _ in values)
    assert "url(" not in page
    assert "@import" not in page


def test_each_link_of_the_page_leads_to_a_heading(harden: Session) -> None:
    told = Tags(harden("check", "-p", "hardened", "--framework", "principles", "--format", "html").text)
    ids = [attrs["id"] for _, attrs in told.tags if "id" in attrs]
    links = [(attrs["href"] or "").removeprefix("#") for tag, attrs in told.tags if tag == "a"]
    assert links
    assert set(links) <= set(ids)
    assert len(set(ids)) == len(ids)


def test_the_same_run_gives_the_same_report(harden: Session) -> None:
    words = ("check", "-p", "hardened", "--framework", "nsa", "--format", "html")
    assert harden(*words).out == harden(*words).out


def schemes() -> Iterator[dict[str, str]]:
    """Yield the colours of the light scheme, the dark one and of print."""
    for block in re.findall(r":root \{([^}]*)\}", STYLE):
        yield dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_has_contrast_enough() -> None:
    found = list(schemes())
    assert len(found) == 3
    for colors in found:
        for ink in set(colors) - {"ground", "panel", "line"}:
            for ground in ("ground", "panel"):
                light, dark = sorted((luminance(colors[ink]), luminance(colors[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--framework", "nist"), 'unknown framework "nist"'),
        (("check", "--framework", "NSA"), "unknown framework"),
        (("diff", "--framework", "nsa"), "harden check --framework nsa"),
        (("check", "--framework", "nsa", "--format", "json"), "html or markdown, not as json"),
        (("check", "--format", "html"), "add --framework nsa|cis|pss|principles"),
        (("check", "--framework", "nsa", "--statistics"), "--statistics"),
    ],
)
def test_wrong_usage(harden: Session, words: tuple[str, ...], said: str) -> None:
    done = harden(*words)
    assert done.code == 2
    assert said in done.err


def test_markdown_is_what_comes_without_a_format(harden: Session) -> None:
    assert harden("check", "--framework", "pss").text.startswith("# Hardening report\n")
    Path("harden.yaml").write_text("format: html\n", "utf-8")
    assert harden("check", "--framework", "pss").text.startswith("<!doctype html>")
    Path("harden.yaml").write_text("format: json\n", "utf-8")
    assert harden("check", "--framework", "pss").text.startswith("# Hardening report\n")


def test_a_gate_reports_by_sections_too(harden: Session) -> None:
    assert sections(harden("check", "--gate", "--framework", "pss", ".").text)["privileged"] == ("open findings", "1")


@pytest.mark.parametrize("width", [500, 1280])
def test_a_browser_shows_the_page_without_scrolling_sideways(harden: Session, tmp_path: Path, width: int) -> None:
    program = tool("chromium")
    page = harden("check", "-p", "hardened", "--framework", "nsa", "--format", "html").text
    measure = "document.title = document.documentElement.scrollWidth + ' of ' + innerWidth"
    measured = tmp_path / "measured.html"
    measured.write_text(page.replace("</body>", f"<script>{measure}</script></body>"), "utf-8")
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900", "--dump-dom"]
    done = subprocess.run([*command, measured.as_uri()], capture_output=True, text=True, check=True)
    found = re.search(r"<title>(\d+) of (\d+)</title>", done.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2])
