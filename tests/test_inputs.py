"""A run holds one copy of each file: its bytes until it is reported, and then its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import pytest
from cli_session import POD

from harden.engine.inputs import Inputs
from harden.engine.run import harden
from harden.kube.kustomizations import among
from harden.model.report import FileReport, Mode, Problem, Stage
from harden.settings import load

COUNT = 450


class Noticed(bytes):
    """Bytes that are counted for as long as somebody holds them."""

    held = 0

    def __new__(cls, data: bytes) -> Self:
        cls.held += 1
        return super().__new__(cls, data)

    def __del__(self) -> None:
        type(self).held -= 1


def files() -> Iterator[tuple[str, bytes | Problem]]:
    for at in range(COUNT):
        yield f"{at}.yaml", Noticed(POD.encode())


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("mode", list(Mode))
def test_bytes_go_when_a_file_is_reported(mode: Mode, jobs: int) -> None:
    inputs = Inputs(files())
    assert Noticed.held == COUNT
    reports: list[FileReport] = []
    for report in harden(inputs, load("restricted"), mode, jobs=jobs):
        reports.append(report)
        # Those that are looked at together go together.
        assert Noticed.held <= COUNT - len(reports) + 100
    assert Noticed.held == 0
    assert len(reports) == COUNT


def test_bytes_can_be_had_all_the_same() -> None:
    mark = b"\xef\xbb\xbf"
    broken = Problem("c.yaml", Stage.READ, "gone")
    known: list[tuple[str, bytes | Problem]] = [
        ("a.yaml", mark + POD.replace("\n", "\r\n").encode()),
        ("b.yaml", "kind: Pod # é\n".encode()),
        ("c.yaml", broken),
        ("d.yaml", b"kind: \xff\n"),
    ]
    inputs = Inputs(known)
    assert [each.name for each in inputs.reported(harden(known, load("restricted"), Mode.CHECK))] == [
        name for name, _ in known
    ]
    assert list(inputs) == known
    assert inputs[1:] == known[1:]
    assert inputs[0] == known[0]


def test_kustomizations_hold_no_files() -> None:
    inputs = Inputs(files())
    kustomizations = among(inputs)
    assert not tuple(kustomizations)
    del inputs, kustomizations
    assert Noticed.held == 0
