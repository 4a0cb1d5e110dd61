"""What a profile switches off is not changed by other controls either."""

from __future__ import annotations

import pytest
from control_subjects import CONTROLS, LATEST, document, judge, spec, workload

from harden.controls import left_alone
from harden.model.finding import AppendItem, Change, Finding, Fix, Level, RemoveField, Risk, SetField
from harden.model.text import Path

POD = """
hostNetwork: true
securityContext: {runAsUser: 0, sysctls: [{name: kernel.msgmax, value: "1"}]}
containers:
- {name: a, securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}}}
- {name: b, securityContext: {privileged: false}}
"""
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
PLACE: Path = ("spec", "template", "spec")
CONTAINER: Path = (*PLACE, "containers", 0, "securityContext")


@pytest.mark.parametrize(
    ("change", "control", "stays"),
    [
        (SetField((*CONTAINER, "privileged"), value=False), "privileged", True),
        (RemoveField((*CONTAINER, "privileged")), "privileged", True),
        (RemoveField((*CONTAINER, "capabilities", "add", 0)), "capabilities", True),
        (RemoveField((*CONTAINER, "capabilities")), "capabilities", True),
        (RemoveField((*PLACE, "hostNetwork")), "host-namespaces", True),
        (SetField((*PLACE, "securityContext", "runAsUser"), 5), "run-as-user", True),
        (RemoveField(("spec", "template", "metadata", "annotations", SECCOMP)), "seccomp-profile", True),
        # Of another control, of another value, of nothing that is there, or already so.
        (SetField((*CONTAINER, "privileged"), value=False), "capabilities", False),
        (SetField((*CONTAINER, "allowPrivilegeEscalation"), value=False), "privileged", False),
        (SetField((*CONTAINER, "runAsUser"), 5), "run-as-user", False),
        (SetField((*PLACE, "containers", 1, "securityContext", "privileged"), value=False), "privileged", False),
        (RemoveField((*PLACE, "hostPID")), "host-namespaces", False),
        # What is added leaves alone what is there, and a whole container goes with all that it has.
        (AppendItem((*PLACE, "securityContext", "sysctls"), {"name": "x"}), "sysctls", False),
        (RemoveField((*PLACE, "containers", 0)), "privileged", False),
        (RemoveField((*PLACE, "containers")), "privileged", False),
    ],
)
def test_what_is_left_alone(change: Change, control: str, *, stays: bool) -> None:
    subject = workload(document(spec(POD), {SECCOMP: "unconfined"}))
    finding = Finding(PLACE, "m", Fix(Risk.SAFE, "r", (change,)), checks=("c",), control="other")
    found = left_alone(finding, subject, [CONTROLS[control]])
    assert (found == finding) is not stays
    if stays:
        assert (found.risk, found.changes, found.checks) == (None, (), ("c",))
        assert found.reason.endswith(f"and the profile switches {control} off")


def test_a_fix_is_made_whole_or_not_at_all() -> None:
    whole = document(spec(POD))
    found = judge("allow-privilege-escalation", whole, Level.RESTRICTED, LATEST)
    held = [left_alone(each, workload(whole), [CONTROLS["capabilities"]]) for each in found]
    assert [each.risk for each in found] == [Risk.BREAKING, Risk.REVIEW]
    assert [each.risk for each in held] == [None, Risk.REVIEW]
