"""Comments that a removal leaves or takes are named in the row of the fix that is to blame."""

from __future__ import annotations

import pytest

from harden.engine.run import harden
from harden.model.report import FileReport, Mode
from harden.model.text import Place
from harden.settings import load

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  # why: metrics
  hostPID: true
  hostIPC: true
  containers:
  - name: a
    image: registry.example.com/a:1
    securityContext:
      allowPrivilegeEscalation: true  # needs sudo
    ports:
    - containerPort: 80  # plain
      hostPort: 80  # of the node
"""


def run(text: str, mode: Mode = Mode.APPLY) -> FileReport:
    profile = load("restricted", overrides={"risk": "breaking"})
    return next(iter(harden([("a.yaml", text.encode())], profile, mode)))


def noted(report: FileReport) -> dict[str, tuple[str, ...]]:
    outcomes = [outcome for workload in report.workloads for outcome in workload.outcomes]
    return {outcome.finding.message: outcome.notes for outcome in outcomes if outcome.notes}


@pytest.mark.parametrize("mode", [Mode.APPLY, Mode.DIFF])
def test_each_comment_is_named_once_with_the_fix_that_is_to_blame(mode: Mode) -> None:
    assert noted(run(POD, mode)) == {
        "the pod sets hostPID": ('the comment "# why: metrics" may no longer hold',),
        'container "a" allows privilege escalation': ('the comment "# needs sudo" may no longer hold',),
        'container "a" uses hostPort 80': ('the comment "# of the node" went with it',),
    }


def test_a_check_removes_nothing_and_a_pod_without_comments_has_no_notes() -> None:
    assert noted(run(POD, Mode.CHECK)) == {}
    plain = "\n".join(line.split("  #")[0] for line in POD.splitlines() if not line.lstrip().startswith("#")) + "\n"
    assert noted(run(plain)) == {}


def test_a_long_comment_is_cut() -> None:
    (note,) = noted(run(POD.replace("why: metrics", "x" * 200)))["the pod sets hostPID"]
    assert note == f'the comment "# {"x" * 78}..." may no longer hold'


def test_a_problem_has_the_place_of_its_line() -> None:
    report = run("kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  a: b: c  \n")
    (problem,) = report.problems
    assert problem.line is not None
    assert problem.place == Place(5, 3, 5, 10)
