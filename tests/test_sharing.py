"""The reports of a long run hold once what they say alike, and say what they said."""

from __future__ import annotations

import pickle
from typing import Self

import pytest
from cli_session import POD

from harden.engine.run import harden
from harden.engine.sharing import Sharing
from harden.model.finding import Fix, SetField
from harden.model.report import Mode
from harden.settings import load


@pytest.mark.parametrize("mode", list(Mode))
def test_reports_are_equal_and_hold_once_what_they_say_alike(mode: Mode) -> None:
    inputs = [(f"{at}.yaml", POD.encode()) for at in range(3)]
    # As they come from other processes: each holds texts of its own.
    reports = [pickle.loads(pickle.dumps(each)) for each in harden(inputs, load("restricted"), mode)]  # noqa: S301 - own
    sharing = Sharing()
    shared = [sharing.report(each) for each in reports]
    assert list(map(repr, shared)) == list(map(repr, reports))
    first, *others = (each.workloads[0] for each in shared)
    assert first.outcomes
    for other in others:
        assert other.before is first.before
        for one, another in zip(first.outcomes, other.outcomes, strict=True):
            assert one.place is another.place
            assert one.finding.message is another.finding.message
            assert one is another


def test_true_and_one_do_not_stand_for_each_other() -> None:
    (report,) = harden([("a.yaml", POD.encode())], load("restricted"), Mode.DIFF)
    first = report.workloads[0].outcomes[0]
    assert isinstance(first.finding.fix, Fix)
    values = (True, 1, 1.0, "1", {"a": True}, {"a": 1})
    made = [
        first._replace(
            finding=first.finding._replace(fix=first.finding.fix._replace(changes=(SetField(("spec",), value),)))
        )
        for value in values
    ]
    workload = report.workloads[0]._replace(outcomes=tuple(made))
    shared = Sharing().report(report._replace(workloads=(workload,)))
    assert repr(shared.workloads[0].outcomes) == repr(tuple(made))


class Noticed(str):
    """A text that is counted for as long as somebody holds it."""

    __slots__ = ()
    held = 0

    def __new__(cls, text: str) -> Self:
        cls.held += 1
        return super().__new__(cls, text)

    def __del__(self) -> None:
        type(self).held -= 1


def test_what_only_one_workload_says_does_not_pile_up() -> None:
    (report,) = harden([("a.yaml", POD.encode())], load("restricted"), Mode.CHECK)
    workload = report.workloads[0]
    first, *others = workload.outcomes
    sharing = Sharing(most=100)
    for at in range(200):
        own = first._replace(finding=first.finding._replace(message=Noticed(at)))
        made = report._replace(workloads=(workload._replace(outcomes=(own, *others)),))
        assert sharing.report(made) == made
        del own, made
        assert Noticed.held < 100
