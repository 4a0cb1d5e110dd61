"""The reports of a long run hold once what they say alike, and say what they said."""

from __future__ import annotations

import pickle

import pytest
from cli_session import POD

from harden.engine.run import harden
from harden.engine.sharing import Sharing
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
            assert one.finding.path is another.finding.path
