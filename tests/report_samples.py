"""Reports made by hand, for the tests of what is written from them."""

from __future__ import annotations

from harden.model.finding import Because, Finding, Fix, Held, NoFix, Risk, SetField
from harden.model.kube import Skip, SkipKind
from harden.model.report import CheckFailure, FileReport, Outcome, Problem, Report, Stage, WorkloadReport
from harden.model.text import Path, Place, SourceText


def _change(title: str) -> SetField:
    """Return a change whose title this is: a field, and perhaps a value."""
    field, _, value = title.partition(" ")
    return SetField(("spec", field), value or {})


def outcome(  # a finding is fixed where it has a risk and nothing holds it
    line: int,
    control: str,
    title: str,
    reason: str,
    risk: Risk | None,
    *,
    message: str = "",
    held: Held | None = None,
    path: Path = ("spec",),
    check: str | None = None,
    applied: bool = True,
) -> Outcome:
    fix = NoFix(reason) if risk is None else Fix(risk, reason, (_change(title),))
    finding = Finding(path, message or f"{title} is missing", fix, control=control)
    if risk is None and held is None:
        held = Held(Because.NO_FIX, reason)
    return Outcome(finding, Place(line, 1, line, 2), applied and held is None, held, check)


def failures(*ids: str) -> tuple[CheckFailure, ...]:
    return tuple(CheckFailure(id_, f"{id_} reason", "detail") for id_ in ids)


def workload(
    kind: str,
    name: str,
    before: tuple[CheckFailure, ...],
    after: tuple[CheckFailure, ...],
    *outcomes: Outcome,
    line: int = 1,
    document: int = 0,
    namespace: str | None = None,
) -> WorkloadReport:
    return WorkloadReport(document, line, kind, namespace, name, before, after, outcomes)


def file(
    name: str,
    *workloads: WorkloadReport,
    changed: bool = False,
    skipped: tuple[Skip, ...] = (),
    problems: tuple[Problem, ...] = (),
) -> FileReport:
    return FileReport(name, SourceText(name, "a\n"), "b\n" if changed else "a\n", workloads, skipped, problems)


def run(
    *files: FileReport,
    mode: str = "apply",
    left_out: tuple[tuple[str, int], ...] = (),
    problems: tuple[Problem, ...] = (),
) -> Report:
    return Report("restricted", "restricted", "v1.37", "review", mode, files, left_out, problems)


def shop(mode: str = "apply") -> Report:
    """Return a run with everything that can happen in it."""
    applied = mode != "check"
    refused = failures("a", "b", "c", "d")
    database = workload(
        "Deployment", "payments-db", refused, () if applied else refused,
        outcome(33, "capabilities", "drop ALL", "needs none as uid 70", Risk.SAFE, applied=applied),
        outcome(33, "privilege", "allowPrivilegeEscalation false", "needs none as uid 70", Risk.SAFE, applied=applied),
        outcome(21, "run-as-non-root", "runAsUser 70", "postgres:15 runs as 70", Risk.SAFE, check="a", applied=applied),
        outcome(21, "seccomp", "seccompProfile RuntimeDefault", "hardly ever matters", Risk.REVIEW, applied=applied),
        line=3, namespace="shop",
    )  # fmt: skip
    agent = workload(
        "DaemonSet", "node-agent", failures("hostPathVolumes", "x"), failures("hostPathVolumes"),
        outcome(58, "volumes", "", "log collector: exempt it?", None, message='hostPath volume "var-log"',
                path=("spec", "volumes", 0, "host path")),
        outcome(61, "capabilities", "remove SYS_PTRACE", "it asks for it", Risk.BREAKING, message="adds SYS_PTRACE",
                held=Held(Because.RISK, "it asks for it")),
        outcome(70, "run-as-user", "runAsUser 7", "known", Risk.SAFE, message="runs as root",
                held=Held(Because.CONFLICT, "conflict with other, which wants something else here")),
        line=40, document=1,
    )  # fmt: skip
    bad = Problem("shop/bad.yaml", Stage.READ, "no mapping", 3, "indent")
    return run(
        file("shop/z.yaml", workload("Pod", "fine", (), ())),
        file(
            "shop/payments.yaml", database, agent,
            changed=applied,
            skipped=(Skip(3, "Deployment", "orders", SkipKind.PATCH_OF, "shop/kustomization.yaml"),),
            problems=(Problem("shop/payments.yaml", Stage.NOTE, "v1beta1 is not served since v1.16", 40, "move it"),),
        ),
        FileReport("shop/bad.yaml", None, None, problems=(bad,)),
        mode=mode,
        left_out=(("chart templates", 14), ("hidden", 2)),
        problems=(Problem("nope.yaml", Stage.READ, "cannot be read: No such file or directory"),),
    )  # fmt: skip
