"""Pods that run on Windows: by what they show it, and that nothing of Linux is written into them."""

from __future__ import annotations

import pytest
from control_subjects import LATEST, changed, document, judge, judge_all, spec, workload

from harden.controls._pods import is_windows
from harden.engine.plan import held_at
from harden.model.finding import AppendItem, Level, Risk, SetField
from harden.model.text import Plain

_REQUIRED = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
_HOST_PROCESS = "securityContext: {windowsOptions: {hostProcess: true}}"
_LABEL = "{key: kubernetes.io/os, operator: In, values: [windows]}"
SHOWN = [
    "nodeSelector: {kubernetes.io/os: windows}",
    "nodeSelector: {beta.kubernetes.io/os: windows}",
    _HOST_PROCESS,
    f"{_REQUIRED}[{{matchExpressions: [{_LABEL}]}}]}}}}}}",
]
LINUX_OR_ANY = [
    "nodeSelector: {kubernetes.io/os: linux}",
    "nodeSelector: {kubernetes.io/os: Windows}",
    "nodeSelector: {example.com/os: windows}",
    f"nodeSelector: {{kubernetes.io/os: linux}}, {_HOST_PROCESS}",
    "os: {name: linux}, nodeSelector: {kubernetes.io/os: windows}",
    "securityContext: {windowsOptions: {hostProcess: false, runAsUserName: x}}",
    "tolerations: [{key: os, value: windows}]",
    f"{_REQUIRED}[{{matchExpressions: [{_LABEL}]}}, {{matchExpressions: []}}]}}}}}}",
    f"{_REQUIRED}[{{matchExpressions: [{_LABEL.replace('[windows]', '[linux, windows]')}]}}]}}}}}}",
    f"{_REQUIRED}[{{matchExpressions: [{_LABEL.replace('In', 'NotIn')}]}}]}}}}}}",
    _REQUIRED.replace("required", "preferred") + "[]}}}",
    "nodeSelector: [1], affinity: 2",
]
CONTAINERS = "containers: [{name: a, image: nginx, ports: [{containerPort: 80}]}]"
LINUX_ONLY = {
    "seccompProfile", "capabilities", "allowPrivilegeEscalation", "runAsUser", "runAsGroup", "fsGroup",
    "readOnlyRootFilesystem", "fsGroupChangePolicy", "sysctls", "appArmorProfile", "seLinuxOptions",
}  # fmt: skip


@pytest.mark.parametrize("said", [*SHOWN, "os: {name: windows}"])
def test_what_shows_windows(said: str) -> None:
    assert is_windows(workload(document(spec(f"{{{said}, {CONTAINERS}}}"))))


@pytest.mark.parametrize("said", LINUX_OR_ANY)
def test_what_does_not(said: str) -> None:
    assert not is_windows(workload(document(spec(f"{{{said}, {CONTAINERS}}}"))))


@pytest.mark.parametrize("version", [(1, 0), (1, 24), (1, 25), LATEST])
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("said", SHOWN)
def test_nothing_of_linux_is_written(said: str, level: Level, version: tuple[int, int]) -> None:
    found = judge_all(document(spec(f"{{{said}, {CONTAINERS}}}")), level, version)
    written = {key for each in found for c in each.changes if isinstance(c, SetField | AppendItem) for key in c.path}
    assert not written & LINUX_ONLY


@pytest.mark.parametrize("said", SHOWN)
@pytest.mark.parametrize("linux", ["", "fsGroup: 5", "privileged: true", "capabilities: {add: [SYS_ADMIN]}"])
@pytest.mark.parametrize("accepted", list(Risk))
def test_a_second_look_finds_nothing_more_to_do(said: str, linux: str, accepted: Risk) -> None:
    whole = document(spec(f"{{{said}, containers: [{{name: a, image: a, securityContext: {{{linux}}}}}]}}"))

    def chosen(of: dict[str, Plain]) -> list[str]:
        found = judge_all(of, Level.RESTRICTED, LATEST)
        return [each.control for each in found if held_at(each, accepted) is None]

    found = judge_all(whole, Level.RESTRICTED, LATEST)
    changes = [c for each in found if held_at(each, accepted) is None for c in each.changes]
    assert chosen(changed(whole, changes)) == []


@pytest.mark.parametrize(
    ("said", "risk"),
    [
        (SHOWN[0], Risk.SAFE),
        (SHOWN[2], None),
        (f"{SHOWN[0]}, hostPID: false", Risk.SAFE),
        (f"{SHOWN[0]}, hostUsers: true", Risk.BREAKING),
        (f"{SHOWN[0]}, securityContext: {{fsGroup: 5}}", Risk.BREAKING),
        (f"{SHOWN[0]}, securityContext: {{fsGroup: null}}", Risk.SAFE),
    ],
)
def test_how_risky_it_is_to_say_windows(said: str, risk: Risk | None) -> None:
    found = judge("os-name", document(spec(f"{{{said}, {CONTAINERS}}}")))
    assert {each.risk for each in found} == {risk}
    assert len({each.changes for each in found}) == 1
    assert [each.checks for each in found] == [
        ("allowPrivilegeEscalation",),
        ("capabilities_restricted",),
        ("seccompProfile_restricted",),
    ]
