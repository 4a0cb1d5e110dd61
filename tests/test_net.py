"""A bug of harden on one file is a problem of that file: it is named, the others go on, and the exit code is 4."""

from __future__ import annotations

import pytest

from harden.controls import all_controls
from harden.engine.net import DEBUG, guarded, without_faulty
from harden.engine.run import harden
from harden.errors import HardenError
from harden.model.report import Mode, Problem, Stage
from harden.settings import load

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n  - {name: NAME, image: x}\n"
VALUE = "value of a file"


def _breaking(name: str) -> object:
    """Return all controls, one of which fails on a pod with a container of this name: a bug in it."""
    first, *others = all_controls()

    def check(workload: object, *_: object) -> object:
        if any(each.name == name for each in getattr(workload, "containers", ())):
            raise TypeError(VALUE)
        return iter(())

    return [first._replace(check=check), *others]


def test_harden_error_is_the_users_and_ends_the_run() -> None:
    def wrong() -> None:
        raise HardenError("facts are wrong")

    with pytest.raises(HardenError):
        guarded("a.yaml", wrong)
    with pytest.raises(HardenError):
        without_faulty(["a"], str, lambda _: wrong())


def test_the_items_that_fail_alone_are_left_out() -> None:
    def total(items: object) -> int:
        assert isinstance(items, list)
        return sum(10 // int(each) for each in items)

    found, faulty = without_faulty(["1", "0", "5"], str, total)
    assert (found, sorted(faulty)) == (12, ["0"])


def test_what_fails_only_together_is_left_as_it_is() -> None:
    def pair(items: object) -> int:
        assert isinstance(items, list)
        if len(items) > 1:
            raise KeyError(VALUE)
        return 1

    found, faulty = without_faulty(["a", "b"], str, pair)
    assert found is None
    assert {name: each.stage for name, each in faulty.items()} == {"a": Stage.VERIFY, "b": Stage.VERIFY}
    assert VALUE not in "".join(each.message + each.hint for each in faulty.values())


@pytest.mark.parametrize("debug", ["", "1"])
def test_the_place_is_printed_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: str
) -> None:
    monkeypatch.setenv(DEBUG, debug)
    found = guarded("a.yaml", lambda: {}["a"])
    assert isinstance(found, Problem)
    assert ("Traceback" in capsys.readouterr().err) == (debug == "1")


@pytest.mark.parametrize("mode", list(Mode))
def test_the_other_files_go_on(mode: Mode) -> None:
    inputs = [(f"{name}.yaml", POD.replace(b"NAME", name.encode())) for name in ("good", "bad", "other")]
    reports = list(harden(inputs, load("restricted"), mode, controls=_breaking("bad")))  # type: ignore[arg-type]
    said = {report.name: [problem.stage for problem in report.problems] for report in reports}
    assert said == {"good.yaml": [], "bad.yaml": [Stage.VERIFY], "other.yaml": []}
    assert [len(report.workloads) for report in reports] == [1, 0, 1]
    assert not reports[1].changed
