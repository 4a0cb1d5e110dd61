"""The report for people: what it says line by line, its columns, and how it fits terminals."""

from __future__ import annotations

import io
import re

import pytest
from report_samples import failures, file, outcome, run, shop, workload

from harden.model.finding import Risk
from harden.model.kube import Skip, SkipKind
from harden.model.report import Problem, Report, Stage
from harden.outputs import Detail, Format, render
from harden.outputs import text as text_output
from harden.outputs.terminal import patch_lines, show


def text(report: Report, *, width: int | None = None, detail: Detail = Detail.ALL) -> str:
    return text_output.render(report, width=width, detail=detail)


def test_apply() -> None:
    assert (
        text(shop())
        == """\
shop/payments.yaml
  Deployment payments-db   restricted: refused by 4 checks -> admitted
    +  21  runAsUser 70                              safe    run-as-non-root          postgres:15 runs as 70
    +  21  seccompProfile RuntimeDefault             review  seccomp                  hardly ever matters
    +  33  drop ALL, allowPrivilegeEscalation false  safe    capabilities, privilege  needs none as uid 70
  DaemonSet node-agent   restricted: refused by 2 checks -> 1
    !  58  hostPath volume "var-log"  no fix    volumes       log collector: exempt it?
    !  61  adds SYS_PTRACE            breaking  capabilities  it asks for it
    !  70  runs as root               held      run-as-user   conflict with other, which wants something else here
shop/payments.yaml: document 4, Deployment orders: left alone, a patch of shop/kustomization.yaml, no whole object
nope.yaml: error: cannot be read: No such file or directory
shop/bad.yaml:3: error: no mapping (indent)
shop/payments.yaml:40: note: v1beta1 is not served since v1.16 (move it)
still refused at restricted (v1.37):
  shop/payments.yaml:40: DaemonSet node-agent: hostPathVolumes
left out: 14 chart templates, 2 hidden
2 of 3 workloads admitted at restricted (v1.37), 1 before · 1 of 3 files changed · 4 fixes: 3 safe, 1 to review · \
not applied: 1 breaking (--risk breaking), 1 held, 1 for you to decide · 2 could not be read · 1 left alone
"""
    )


def test_check() -> None:
    assert (
        text(shop("check"))
        == """\
shop/payments.yaml
  Deployment payments-db   restricted: refused by 4 checks
    *  21  runAsUser 70 is missing                    safe    run-as-non-root  fix: runAsUser 70
    *  21  seccompProfile RuntimeDefault is missing   review  seccomp          fix: seccompProfile RuntimeDefault
    *  33  drop ALL is missing                        safe    capabilities     fix: drop ALL
    *  33  allowPrivilegeEscalation false is missing  safe    privilege        fix: allowPrivilegeEscalation false
  DaemonSet node-agent   restricted: refused by 2 checks
    !  58  hostPath volume "var-log"  no fix    volumes       log collector: exempt it?
    !  61  adds SYS_PTRACE            breaking  capabilities  it asks for it
    !  70  runs as root               held      run-as-user   conflict with other, which wants something else here
shop/payments.yaml: document 4, Deployment orders: left alone, a patch of shop/kustomization.yaml, no whole object
nope.yaml: error: cannot be read: No such file or directory
shop/bad.yaml:3: error: no mapping (indent)
shop/payments.yaml:40: note: v1beta1 is not served since v1.16 (move it)
left out: 14 chart templates, 2 hidden
1 of 3 workloads admitted at restricted (v1.37) · 3 files · 4 can be fixed: 3 safe, 1 to review · \
left open: 1 breaking (--risk breaking), 1 held, 1 for you to decide · 2 could not be read · 1 left alone
"""
    )


def test_the_summary_of_diff() -> None:
    said = text(shop("diff"), detail=Detail.SUMMARY).splitlines()
    assert said[0].startswith("shop/payments.yaml: document 4")
    assert said[-1].startswith(
        "2 of 3 workloads admitted at restricted (v1.37), 1 before · 1 of 3 files would change · 4 fixes: "
    )


def test_the_errors_alone() -> None:
    assert text(shop(), detail=Detail.ERRORS) == (
        "nope.yaml: error: cannot be read: No such file or directory\nshop/bad.yaml:3: error: no mapping (indent)\n"
    )


def test_quiet_hides_nothing_that_was_left_alone_or_went_wrong() -> None:
    said, whole = text(shop(), detail=Detail.LAST).splitlines(), text(shop()).splitlines()
    assert said[-1] == whole[-1]
    assert said[:-1] == [line for line in whole if ": left alone" in line or ": error: " in line or ": note: " in line]
    assert len(said) == 5


def test_documents_of_a_file_that_have_no_name_share_a_line() -> None:
    skipped = tuple(Skip(at, "", "", SkipKind.TEMPLATE, "a Helm template") for at in (0, 1, 3))
    said = text(run(file("a.yaml", skipped=(*skipped, Skip(2, "Job", "j", SkipKind.NO_CONTAINERS)))))
    assert said.splitlines()[:-1] == [
        "a.yaml: documents 1, 2 and 4: left alone, a Helm template",
        "a.yaml: document 3, Job j: left alone, not a whole object (a patch?): its pod has no containers",
    ]


@pytest.mark.parametrize(("many", "lines"), [(9, 9), (10, 1)])
def test_what_many_documents_of_a_kind_are_left_alone_for_is_told_once(many: int, lines: int) -> None:
    skip = Skip(0, "Kibana", "k", SkipKind.MADE_ELSEWHERE, "its operator makes them")
    report = run(
        *(file(f"{at}.yaml", skipped=(skip,)) for at in range(many)),
        file("z.yaml", skipped=(skip._replace(kind="Beat"),)),
    )
    said = text(report).splitlines()[:-1]
    assert len(said) == lines + 1
    assert (
        "10x Kibana: left alone, its pods do not stand here: its operator makes them "
        "(0.yaml document 1, 1.yaml document 1, 2.yaml document 1 and 7 more)"
    ) in said or many == 9
    assert any(line.startswith("z.yaml: document 1, Beat k: left alone") for line in said)


def test_a_run_without_anything_to_say_is_one_line() -> None:
    assert text(run(file("a.yaml", workload("Pod", "p", (), ())), mode="check")) == (
        "1 of 1 workload admitted at restricted (v1.37) · 1 file\n"
    )
    assert text(run(file("a.yaml"), file("b.yaml"))) == "no workloads · 0 of 2 files changed\n"
    assert text(run()) == "no workloads · 0 of 0 files changed\n"


def test_what_was_not_written_is_said() -> None:
    for stage in (Stage.WRITE, Stage.VERIFY):
        said = text(run(file("a.yaml", problems=(Problem("a.yaml", stage, "went wrong"),)))).splitlines()
        assert said == ["a.yaml: error: went wrong", "no workloads · 0 of 1 file changed · 1 not written"]


def test_numbers_have_their_nouns() -> None:
    pod = workload("Pod", "p", failures("a"), (), outcome(4, "c", "drop ALL", "r", Risk.SAFE))
    assert "  Pod p   restricted: refused by 1 check -> admitted\n" in text(run(file("a.yaml", pod, changed=True)))
    assert "· 1 fix: 1 safe\n" in text(run(file("a.yaml", pod, changed=True)))


def test_a_fix_that_no_check_asks_for_is_shown_too() -> None:
    pod = workload("Pod", "p", (), (), outcome(4, "c", "drop ALL", "r", Risk.SAFE))
    assert "  Pod p   restricted: admitted\n    +  4  drop ALL  safe  c  r\n" in text(run(file("a.yaml", pod)))


def test_twins_are_told_apart_by_their_namespace() -> None:
    twins = [workload("Pod", "p", failures("a"), failures("a"), namespace=space) for space in ("one", "two", None)]
    said = text(run(file("a.yaml", *twins, workload("Pod", "q", failures("a"), failures("a"), namespace="one"))))
    heads = [line for line in said.splitlines() if "refused by" in line and line.startswith("  ")]
    assert [head.split("   ")[0] for head in heads] == ["  Pod p (one)", "  Pod p (two)", "  Pod p", "  Pod q"]


def joined(*outcomes: tuple[int, str, str, Risk]) -> list[str]:
    rows = [outcome(line, control, f"fix {control}", reason, risk) for line, control, reason, risk in outcomes]
    said = text(run(file("a.yaml", workload("Pod", "p", failures("a"), (), *rows))))
    return [re.split(r"\s\s+", line.strip())[2] for line in said.splitlines() if line.startswith("    +")]


def test_fixes_are_joined_only_where_line_risk_and_reason_agree() -> None:
    assert joined((1, "a", "r", Risk.SAFE), (1, "b", "r", Risk.SAFE)) == ["fix a and b"]
    assert joined((1, "a", "r", Risk.SAFE), (2, "b", "r", Risk.SAFE)) == ["fix a", "fix b"]
    assert joined((1, "a", "r", Risk.SAFE), (1, "b", "r", Risk.REVIEW)) == ["fix a", "fix b"]
    assert joined((1, "a", "r", Risk.SAFE), (1, "b", "other", Risk.SAFE)) == ["fix a", "fix b"]


def test_a_long_title_moves_no_other_row() -> None:
    rows = [outcome(1, "c", "x" * 100, "r", Risk.SAFE), outcome(2, "c", "short", "r", Risk.SAFE)]
    said = text(run(file("a.yaml", workload("Pod", "p", failures("a"), (), *rows)))).splitlines()
    assert said[2] == f"    +  1  {'x' * 100}  safe  c  r"
    assert said[3] == f"    +  2  {'short':72}  safe  c  r"


def test_nothing_reaches_the_terminal_that_it_would_obey() -> None:
    evil = "x\x1b[31m\r\n\x07\u202e\udce9"
    report = run(
        file(
            evil,
            workload("Pod", evil, failures("a"), failures("a"), outcome(1, evil, evil, evil, Risk.SAFE, message=evil)),
            skipped=(Skip(0, evil, evil, SkipKind.PATCH_OF, evil),),
            problems=(Problem(evil, Stage.READ, evil, 1, evil),),
        )
    )
    for said in (text(report), text(report, width=60)):
        assert all(char == "\n" or char.isprintable() for char in said)
        assert "\\x1b[31m\\r\\n\\x07\\u202e\\udce9" in said
        said.encode("utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 160, 200])
@pytest.mark.parametrize("mode", ["apply", "check"])
def test_findings_fit_the_terminal(width: int, mode: str) -> None:
    lines = text(shop(mode), width=width).splitlines()
    block = [line for line in lines if line.startswith("    ")]
    assert max(map(len, block)) <= width
    assert len(lines[-1]) <= width
    words = " ".join(" ".join(lines).split())
    for reason in ("conflict with other, which wants something else here", "log collector: exempt it?"):
        assert all(word in words for word in reason.split())


def test_a_narrow_terminal_gets_two_lines_a_finding() -> None:
    said = text(shop(), width=80).splitlines()
    at = said.index("    +  33  drop ALL, allowPrivilegeEscalation false")
    assert said[at + 1] == "           safe  capabilities, privilege: needs none as uid 70"


def test_long_reasons_go_on_below_themselves() -> None:
    said = text(shop(), width=100).splitlines()
    at = said.index("    !  70  runs as root               held      run-as-user   conflict with other, which wants")
    assert said[at + 1] == " " * 62 + "something else here"


def colored(report: Report, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = io.StringIO()
    show(text_output.lines(report, width=120), stream)
    return stream.getvalue()


def test_colours_change_no_character(monkeypatch: pytest.MonkeyPatch) -> None:
    said = colored(shop(), monkeypatch)
    assert "\x1b[32m+\x1b[0m" in said
    assert re.sub(r"\x1b\[[0-9;]*m", "", said) == text(shop(), width=120)


def test_a_coloured_patch_shows_its_lines() -> None:
    patch = "--- a/x\t\n+++ b/x\t\n@@ -1 +1 @@\n-a\r\n+b\x1b\tc\r\n\\ No newline at end of file\n"
    shown = [(segment, style) for line in patch_lines(patch) for segment, style in line]
    assert shown == [
        ("--- a/x", "head"),
        ("+++ b/x", "head"),
        ("@@ -1 +1 @@", "range"),
        ("-a", "bad"),
        ("+b\\x1b     c", "good"),
        ("\\ No newline at end of file", "dim"),
    ]


def test_render_chooses_the_form() -> None:
    assert render(shop(), Format.TEXT) == text(shop())
    assert render(shop(), Format.TEXT, detail=Detail.LAST) == text(shop(), detail=Detail.LAST)
    assert render(shop(), Format.DIFF).startswith("--- a/shop/payments.yaml\n")
    assert render(shop(), Format.JSON).startswith('{"profile": "restricted"')


def many(number: int) -> Report:
    """Return a run over pods that all have the same row, and one each that names its container."""
    same = "would stop debuggers"
    pods = [
        workload(
            "Pod", f"p{at}", failures("a"), () if at else failures("a"),
            outcome(4, "seccomp", "seccompProfile RuntimeDefault", same, Risk.REVIEW),
            outcome(5, "probes", "", "only its authors know", None, message=f'container "c{at}" has no probe'),
            *([outcome(6, "user", "runAsUser 7", "known", Risk.SAFE)] if at == 1 else []),
        )
        for at in range(number)
    ]  # fmt: skip
    return run(*(file(f"{at:02}.yaml", pod) for at, pod in enumerate(pods)))


def test_what_many_workloads_share_is_told_once_with_the_first_places() -> None:
    places = "(00.yaml:{0}, 01.yaml:{0}, 02.yaml:{0} and 9 more)"
    assert text(many(12)).splitlines()[:-3] == [
        "00.yaml",
        "  Pod p0   restricted: refused by 1 check -> 1",
        "01.yaml",
        "  Pod p1   restricted: refused by 1 check -> admitted",
        "    +  6  runAsUser 7  safe  user  known",
        "the same in 10 workloads or more:",
        f"    +  12x  seccompProfile RuntimeDefault  review  seccomp  would stop debuggers {places.format(4)}",
        f'    !  12x  container "..." has no probe   no fix  probes   only its authors know {places.format(5)}',
    ]


def test_what_few_workloads_share_stands_with_each() -> None:
    said = text(many(9))
    assert "the same in" not in said
    assert said.count("seccompProfile RuntimeDefault") == len(many(9).files)


def test_a_file_name_of_a_shared_row_cannot_steer_the_terminal() -> None:
    report = many(10)
    files = [entry._replace(name="\x1b[31m" + entry.name) for entry in report.files]
    assert "\x1b" not in text(report._replace(files=tuple(files)))
