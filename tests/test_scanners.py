"""The rules of other scanners: each leads to a control that is there, or says why there is none."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import harden.scanners
from harden.cli.commands.explain import manual
from harden.controls import all_controls
from harden.controls._manual import explain
from harden.docs import scanners_page
from harden.errors import HardenError
from harden.scanners import REASONS, SCANNERS, named, rules

CONTROLS = {control.id: control for control in all_controls()}


def test_every_rule_leads_to_controls_that_are_there_or_says_why_not() -> None:
    for rule in rules():
        assert set(rule.controls) <= CONTROLS.keys(), rule
        assert bool(rule.controls) != bool(rule.because), rule
    assert {rule.because for rule in rules() if rule.because} == REASONS.keys()


def test_no_rule_stands_there_twice_and_all_scanners_are_known() -> None:
    twice = [each for each, count in Counter((rule.scanner, rule.id) for rule in rules()).items() if count > 1]
    assert twice == []
    assert list(dict.fromkeys(rule.scanner for rule in rules())) == [scanner.name for scanner in SCANNERS]


def test_the_lines_are_sorted_and_hold_ids_alone() -> None:
    lines = Path(harden.scanners.__file__).with_name("rules.tsv").read_text("utf-8").splitlines()
    for line in (line for line in lines if not line.startswith("#")):
        scanner, target, ids = line.split("\t")
        assert re.fullmatch(r"[a-z-]+", scanner)
        assert re.fullmatch(r"!?[a-z-]+(,[a-z-]+)*", target)
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", each) for each in ids.split(" ")), line


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("CKV_K8S_16", "privileged"),
        ("ckv_k8s_16", "privileged"),
        ("KSV017", "privileged"),
        ("KSV-0017", "privileged"),
        ("AVD-KSV-0017", "privileged"),
        ("C-0057", "privileged"),
        ("writable-host-mount", "host-path-volumes"),
        # kube-linter names checks otherwise than the files that they stand in.
        ("privileged-container", "privileged"),
        ("no-read-only-root-fs", "read-only-root-filesystem"),
        ("sensitive-host-mounts", "host-path-volumes"),
        ("NamespaceHostPIDTrue", "host-namespaces"),
        ("CONTAINERS_MISSING_IMAGE_VALUE_DIGEST", "image-tag"),
        ("5572cc5e-1e4c-4113-92a6-7a8a3bd25e6d", "allow-privilege-escalation"),
    ],
)
def test_explain_finds_the_control_of_a_rule(name: str, control: str) -> None:
    said, _, page = manual(name).partition("\n")
    assert f"`{control}`" in said
    assert said.endswith(" in harden.")
    assert explain(CONTROLS[control]) in page


def test_explain_shows_each_control_that_answers_for_a_rule() -> None:
    page = manual("runAsRootAllowed")
    assert [line for line in page.splitlines() if line.startswith("# ")] == ["# run-as-non-root", "# run-as-user"]


def test_explain_says_why_a_rule_has_no_control() -> None:
    assert manual("CKV_K8S_104").splitlines() == [
        f"checkov CKV_K8S_104 has no control in harden: {REASONS['control-plane']}."
    ]


def test_the_own_name_of_a_control_comes_first() -> None:
    assert named("privileged")
    assert manual("privileged") == explain(CONTROLS["privileged"])


@pytest.mark.parametrize("name", ["CKV_K8S_9999", "KSV", "C-57", "AVD-"])
def test_a_rule_that_nobody_has_is_unknown(name: str) -> None:
    assert named(name) == ()
    with pytest.raises(HardenError):
        manual(name)


def test_the_page_counts_and_links_what_there_is() -> None:
    page = scanners_page()
    ours = sum(bool(rule.controls) for rule in rules())
    assert f"{ours} of {len(rules())} rules have a control here" in page
    assert page.count("\n## ") == len(SCANNERS)
