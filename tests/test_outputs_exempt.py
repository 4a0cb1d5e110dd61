"""What reports make of exempt findings: true verdicts, and nothing open over what may stand."""

from __future__ import annotations

import pytest
from report_samples import failures, file, outcome, run, workload

from harden.cli.run.exit_code import status
from harden.model.finding import Because, Held, Risk
from harden.model.report import Exempted, Outcome, Report, WorkloadReport
from harden.outputs import Detail, Format, render, text
from harden.outputs.tally import count, is_open, short


def about(check: str, each: Outcome) -> Outcome:
    return each._replace(finding=each.finding._replace(checks=(check,)))


def pod(*outcomes: Outcome) -> WorkloadReport:
    return workload("Pod", "p", failures("a", "b"), failures("a", "b"), *outcomes)


def exempt(check: str, line: int = 4) -> Outcome:
    return about(check, outcome(line, "c", "t", "r", Risk.SAFE, held=Held(Because.EXEMPT, "it must")))


def stuck(check: str, line: int = 5) -> Outcome:
    return about(check, outcome(line, "d", "", "no way", None, message="m"))


MODES = ["apply", "check"]


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_open_where_all_is_exempt(mode: str) -> None:
    report = run(file("a.yaml", pod(exempt("a"), exempt("b"))), mode=mode)
    tally = count(report)
    assert (tally.exempt, tally.held, tally.undecided, tally.admitted) == (2, 0, 0, 0)
    assert status(report) == 0
    said = render(report, Format.TEXT)
    assert "still refused" not in said
    assert "Pod p   restricted: refused by 2 checks" in said
    assert said.splitlines()[1].endswith(", exempt")
    assert "    =  4  t is missing  exempt  c  it must" in said


@pytest.mark.parametrize("mode", MODES)
def test_a_check_that_another_finding_is_about_stays_short(mode: str) -> None:
    both = pod(exempt("a"), stuck("a"), exempt("b"))
    assert [failure.id for failure in short(both, mode)] == ["a"]
    report = run(file("a.yaml", both), mode=mode)
    assert status(report) == 1
    assert count(report).undecided == 1
    assert ", exempt" not in render(report, Format.TEXT)


def test_a_check_that_no_finding_is_about_stays_short() -> None:
    each = pod(exempt("a"))
    assert [failure.id for failure in short(each, "apply")] == ["b"]
    assert status(run(file("a.yaml", each))) == 1


def test_what_was_fixed_beside_an_exempt_finding_is_not_short() -> None:
    fixed = about("a", outcome(6, "d", "t", "r", Risk.SAFE))
    assert [failure.id for failure in short(pod(exempt("a"), exempt("b"), fixed), "apply")] == []


def test_what_an_expired_exemption_holds_is_open() -> None:
    expired = "the exemption expired on 2020-01-01: it must"
    fixable = outcome(4, "c", "t", "r", Risk.BREAKING, held=Held(Because.EXPIRED, expired))
    without = outcome(5, "d", "", "no way", None, message="m", held=Held(Because.EXPIRED, expired))
    assert is_open(fixable)
    assert is_open(without)
    said = render(run(file("a.yaml", pod(fixable, without))), Format.TEXT)
    assert f"    !  4  t is missing  held    c  {expired}\n    !  5  m             no fix  d  {expired}\n" in said


def accounted(*, is_expired: bool, mode: str = "check") -> Report:
    each = Exempted("a.yaml:3: c: \x1b[31mred", {"file": "a.yaml"}, is_expired)
    return run(file("a.yaml"), mode=mode)._replace(exemptions=(each,))


def test_the_account_stands_before_the_last_line_and_obeys_no_escape() -> None:
    lines = render(accounted(is_expired=True), Format.TEXT).splitlines()
    assert lines == ["exemptions:", "  a.yaml:3: c: \\x1b[31mred", "no workloads · 1 file · 1 exemption expired"]
    assert render(accounted(is_expired=True), Format.TEXT, detail=Detail.LAST).splitlines() == lines[-1:]


def test_only_check_fails_over_an_expired_one_that_held_nothing() -> None:
    assert status(accounted(is_expired=True)) == 1
    assert status(accounted(is_expired=False)) == 0
    assert status(accounted(is_expired=True, mode="apply")) == 0


def test_an_offer_stands_below_its_workload() -> None:
    offered = pod(stuck("a"))._replace(offer=("Pod p needs it: paste", 'kube-harden.io/exempt.d: "it"'))
    lines = render(run(file("a.yaml", offered)), Format.TEXT).splitlines()
    assert lines[3:5] == ["    Pod p needs it: paste", '      kube-harden.io/exempt.d: "it"']


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_sentence_of_an_offer_is_broken_between_words_and_what_is_pasted_is_not(width: int) -> None:
    said = "DaemonSet logging/collector needs its node: if that is meant, say so where it stands, and paste this:"
    pasted = (
        "kube-harden.io/exempt.host-path-volumes: reads the logs that the node keeps of all its containers, as it must"
    )
    offered = pod(stuck("a"))._replace(offer=(said, pasted))
    lines = text.render(run(file("a.yaml", offered)), width=width).splitlines()
    at = lines.index(f"      {pasted}")
    start = next(number for number, line in enumerate(lines) if line.startswith("    DaemonSet"))
    broken = lines[start:at]
    assert all(len(line) <= width for line in broken)
    assert [line[:4] for line in broken] == ["    "] * len(broken)
    assert " ".join(line.strip() for line in broken) == said
    assert len(broken) == {40: 3, 80: 2, 200: 1}[width]
