"""The formats for GitHub, JUnit readers, reviewdog and comments: their values, and that names are no markup in them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import requirements
from cli_session import POD, ROOT, Session, put, tree
from golden_case import Case, cases
from repaired import by_rdjsonl, compare_case
from report_samples import shop
from repository import begin, git, settle

from harden.outputs import Format, render

HOSTILE = (
    "::error::x", "a\n::add-mask::b", "##[add-mask]c", "<img src=x onerror=alert(1)>", "@someone/team", "a|b",
    "[x](http://example.org)", "```", "\x1b[31mred\x1b[0m", "https://example.org/x", "www.example.org", "x #1 !2 ~l %3",
    "-->", "]]>", "a%0A::b", "**bold** _it_ `code`", "\u202egnp", "&#64;all",
)  # fmt: skip
COMMAND = re.compile(r"::(error|warning|notice) ([^:\n]*)::([^\n]*)")


def hostile(name: str) -> str:
    return POD.replace("name: web  # kept", f"name: {json.dumps(name)}").replace(
        "name: web\n", f"name: {json.dumps(name)}\n"
    )


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the workflow commands of a report after checking that there is nothing else but the last line."""
    *lines, last = text.splitlines()
    assert not last.startswith("::")
    found = [COMMAND.fullmatch(line) for line in lines]
    assert None not in found
    return [(f[1], dict(part.split("=", 1) for part in f[2].split(",")), f[3]) for f in found if f is not None]


@pytest.mark.parametrize("mode", ["check", "diff", "apply"])
def test_workflow_commands_of_a_run_with_everything(mode: str) -> None:
    found = commands(render(shop(mode), Format.GITHUB))
    assert ("error", "nope.yaml", "1") in [(level, p["file"], p["line"]) for level, p, _ in found]
    (agent,) = (said for _, p, said in found if p["title"] == "harden%3A DaemonSet node-agent")
    assert agent.count("%0A") == 2
    assert "line 58: hostPath volume" in agent
    assert ("payments-db" in str(found)) == (mode != "apply")


def test_annotations_are_few_and_the_rest_is_counted(harden: Session) -> None:
    put(many_yaml="---\n".join(POD.replace("name: web  # kept", f"name: p{at}") for at in range(25)))
    found = commands(harden("check", "--format", "github").text)
    assert len(found) == 10
    assert found[-1][1] == {"title": "harden"}
    assert found[-1][2].startswith("16 further objects of this level")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_no_commands_and_no_markup(harden: Session, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    if "\n" not in name and "/" not in name:
        Path(f"{name}.yaml").write_text(hostile(name), "utf-8")
    put(a_yaml=hostile(name))
    found = commands(harden("check", "--format", "github").text)
    assert {level for level, *_ in found} == {"error"}
    for form in set(Format) - {Format.HTML}:
        done = harden("diff", "--format", form.value)
        for line in done.err.splitlines() if form is Format.DIFF else done.text.splitlines():
            if form is not Format.GITHUB:
                assert not line.lstrip().startswith("::"), form
            assert form is not Format.TEXT or "##[" not in line
        assert form is Format.DIFF or "\x1b" not in done.text.replace("\\u001b", "")
    ET.fromstring(harden("check", "--format", "junit").text)  # noqa: S314 - see above
    for text in (harden("check", "--format", "markdown").text, Path("summary.md").read_text()):
        code = re.compile(r"(`+)[^`].*?\1(?!`)", re.DOTALL)
        outside = code.sub("", text).replace("<!-- harden -->", "").replace("<!-- -->", "\0")
        assert "<img" not in outside
        assert not re.search(r"(?<!\\)\[x\]", outside)
        assert "@s" not in outside
        assert not re.search(r"https?://\w|\bwww\.e", outside)
        assert all(row.replace("\\|", "").count("|") in {0, 5} for row in text.splitlines() if row.startswith("| "))


def test_markdown_shows_signs_of_html_as_they_are(harden: Session) -> None:
    put(a_yaml=POD.replace("- name: web", '- name: "<b>&1&lt;"'))
    # The comment keeps GitLab from taking &1 for an epic; within an entity it would show the entity.
    assert 'container "&lt;b&gt;&amp;<!-- -->1&amp;<!-- -->lt;"' in harden("check", "--format", "markdown").text


def test_the_summary_of_a_job_is_added_to(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    put(a_yaml=POD, summary_md="before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    harden("check", "--format", "github")
    text = Path("summary.md").read_text()
    assert text.startswith("before\n<!-- harden -->")
    assert "```diff" in text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/summary.md")
    done = harden("check", "--format", "github")
    assert done.code == 4
    assert "GITHUB_STEP_SUMMARY" in done.err


@pytest.mark.parametrize("mode", ["check", "apply"])
def test_junit_has_a_case_for_each_workload(mode: str) -> None:
    root = ET.fromstring(render(shop(mode), Format.JUNIT))  # noqa: S314 - see above
    every = [case for suite in root for case in suite]
    assert root.get("tests") == str(len(every))
    for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert sum(case.find(tag) is not None for case in every) == int(root.get(count) or 0)
    outcomes = {(case.get("classname"), case.get("name")): [each.tag for each in case] for case in every}
    assert outcomes["shop/z.yaml", "Pod fine"] == []
    assert outcomes["shop/payments.yaml", "DaemonSet node-agent"] == ["failure"]
    assert outcomes["shop/payments.yaml", "Deployment shop/payments-db"] == ([] if mode == "apply" else ["failure"])
    assert outcomes["shop/bad.yaml", "harden-read, line 3"] == ["error"]
    assert outcomes["shop/payments.yaml", "Deployment orders"] == ["skipped"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_suggestions_of_a_golden_case_are_what_apply_writes(case: Case) -> None:
    compare_case(case, Format.RDJSONL, by_rdjsonl)


def test_suggestions_of_the_corpus_are_what_apply_writes(harden: Session) -> None:
    shutil.copytree(requirements.corpus(), ".", dirs_exist_ok=True)
    text = harden("check", "--format", "rdjsonl").text
    before = {name: data.decode("utf-8", "surrogateescape").removeprefix("\ufeff") for name, data in tree().items()}
    after = by_rdjsonl(text, before)
    harden("apply")
    written = {name: data.decode("utf-8", "surrogateescape").removeprefix("\ufeff") for name, data in tree().items()}
    # What is left out has values of secrets, or no line beside it that has none.
    assert len({name for name, said in written.items() if after[name] != said}) < 8
    assert written != before


def test_suggestions_stand_inside_the_hunks_of_a_change(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    filler = "".join(f"    # {at}\n" for at in range(20))
    text = POD.replace("  containers:\n", f"  containers:\n{filler}")
    put(a_yaml=text)
    begin()
    put(a_yaml=text.replace("image: nginx", "image: nginx:1.27"))
    lines = [json.loads(line) for line in harden("check", "--since", "main", "--format", "rdjsonl").text.splitlines()]
    suggested = [line["suggestions"][0]["range"]["start"]["line"] for line in lines if "suggestions" in line]
    assert suggested
    assert min(suggested) > 20
    assert any("suggestions" not in line and "seccomp" in line["message"] for line in lines)
    whole = [json.loads(line) for line in harden("check", "--format", "rdjsonl").text.splitlines()]
    assert min(line["suggestions"][0]["range"]["start"]["line"] for line in whole if "suggestions" in line) < 20


def test_reviewdog_reads_the_diagnostics(harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    program = requirements.reviewdog()
    settle(monkeypatch)
    begin()
    shutil.copytree(ROOT / "examples" / "shop", "shop")
    git("add", "--all")
    data = harden("check", "--format", "rdjsonl", "--since", "main").out
    said = subprocess.run(
        [program, "-f=rdjsonl", "-reporter=rdjsonl", "-diff=git diff --cached main", "-filter-mode=added"],
        input=data,
        capture_output=True,
        check=False,
    )
    assert said.stderr == b""
    read = [json.loads(line) for line in said.stdout.splitlines()]
    ours = [json.loads(line) for line in data.splitlines()]
    assert len(read) == len(ours) > 10
    assert sum("suggestions" in each for each in read) == sum("suggestions" in each for each in ours) > 5


def test_a_comment_stays_below_the_limit_and_whole(harden: Session) -> None:
    put(many_yaml="---\n".join(POD.replace("name: web  # kept", f"name: p{at}") for at in range(700)), a_yaml=POD)
    text = harden("check", "--format", "markdown").text
    assert len(text) <= 65_000
    assert re.search(r"^\d+ further findings: ", text, re.MULTILINE)
    assert "The patch of 1 file has no room here" in text
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_fence_is_longer_than_what_is_in_it(harden: Session) -> None:
    put(a_yaml=POD.replace("image: nginx", "image: nginx # ````"))
    text = harden("check", "--format", "markdown").text
    assert "`````diff\n" in text


def test_what_may_stand_is_not_told(harden: Session) -> None:
    put(a_yaml=POD)
    harden("check", "--write-baseline", "base.json")
    for form, empty in (
        (Format.GITHUB, "::"),
        (Format.GITLAB, "seccomp"),
        (Format.JUNIT, "<failure"),
        (Format.RDJSONL, "{"),
        (Format.MARKDOWN, "| error"),
    ):
        done = harden("check", "--baseline", "base.json", "--format", form.value)
        assert done.code == 0
        assert empty not in done.text


def test_a_companion_that_a_baseline_has_is_not_told(harden: Session) -> None:
    put(a_yaml=POD)
    harden("check", "--companions", "--write-baseline", "base.json")
    for form in (Format.GITHUB, Format.GITLAB, Format.JUNIT, Format.RDJSONL, Format.MARKDOWN):
        assert "is not there yet" in harden("check", "--companions", "--format", form.value).text, form
        done = harden("check", "--companions", "--baseline", "base.json", "--format", form.value)
        assert done.code == 0
        assert "is not there yet" not in done.text, form
    log = json.loads(harden("check", "--companions", "--baseline", "base.json", "--format", "sarif").text)
    told = [each for each in log["runs"][0]["results"] if each["ruleId"] == "harden-companion"]
    assert told
    assert [each["suppressions"][0]["justification"] for each in told] == ["a baseline has it"] * len(told)
