"""The controls as a set: found, named, documented, and complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from control_subjects import CONTROLS, FIELDS, LATEST, Document, document, judge, spec, workload

import harden.controls
from harden.controls import Context, Control, Scope, all_controls
from harden.model.finding import Finding, Fix, Level, Risk
from harden.model.text import Plain
from harden.outputs.titles import title
from harden.pss import checks

#: Controls that stand for official checks; those beyond the standards have tests of their own.
OFFICIAL = tuple(control for control in all_controls() if control.checks)
HEADINGS = ["Why", "Allowed values", "What a fix may change", "Sources"]


def test_every_module_is_a_control_and_ids_are_sorted() -> None:
    folder = Path(harden.controls.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert [control.id for control in all_controls()] == sorted(name.replace("_", "-") for name in modules)
    assert all_controls() is all_controls()


def test_every_official_check_has_a_control_and_no_other_is_claimed() -> None:
    official = {check for level in Level for minor in range(38) for check in checks(level, (1, minor))}
    assert {check for control in all_controls() for check in control.checks} == official


@pytest.mark.parametrize("control", all_controls(), ids=lambda control: control.id)
def test_a_control_is_declared_in_full(control: Control) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", control.id)
    assert not control.id.startswith(("no-", "check-"))
    # What looks at whole bundles is asked for by --companions, not by a level.
    levels = {Level.BASELINE, Level.RESTRICTED} if control.scope is Scope.WORKLOAD else {Level.PRIVILEGED}
    assert control.level in levels
    assert (1, 0) <= control.since <= LATEST
    assert control.fields
    assert (control.check if control.scope is Scope.WORKLOAD else control.survey).__doc__
    assert len({option.name for option in control.options}) == len(control.options)
    assert all(option.doc and option.name != "enabled" for option in control.options)


@pytest.mark.parametrize("control", all_controls(), ids=lambda control: control.id)
def test_a_manual_page_has_the_four_headings_in_order(control: Control) -> None:
    first, _, rest = control.doc.partition("\n")
    assert re.fullmatch(r"[A-Z].*\.", first)
    assert re.findall(r"^#+ (.*)$", rest, re.MULTILINE) == HEADINGS
    sections = re.split(r"^## .*$", rest, flags=re.MULTILINE)
    assert all(section.strip() for section in sections[1:])
    sources = sections[-1].strip()
    assert all(line.startswith(("- ", "  ")) for line in sources.splitlines())
    if control.checks:
        assert "pod-security-admission v0.37.2, policy/check_" in sources


@pytest.mark.parametrize("control", OFFICIAL, ids=lambda control: control.id)
def test_nothing_is_said_below_its_level_or_version(control: Control) -> None:
    whole = document(
        spec(OF_WINDOWS.get(control.id, EVERYTHING_WRONG)), {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}
    )
    assert judge(control.id, whole, Level.PRIVILEGED) == ()
    if control.level is Level.RESTRICTED:
        assert judge(control.id, whole, Level.BASELINE) == ()
    if control.since > (1, 0):
        assert judge(control.id, whole, control.level, (1, control.since[1] - 1)) == ()
    assert judge(control.id, whole, control.level, control.since) != ()


EVERYTHING_WRONG = """
hostNetwork: true
volumes: [{name: v, hostPath: {path: /}}]
securityContext:
  runAsNonRoot: false
  runAsUser: 0
  sysctls: [{name: kernel.msgmax}]
  seccompProfile: {type: Unconfined}
  appArmorProfile: {type: Unconfined}
  seLinuxOptions: {type: spc_t}
containers:
- name: a
  ports: [{hostPort: 1}]
  livenessProbe: {tcpSocket: {host: h}}
  securityContext: {privileged: true, procMount: Unmasked, capabilities: {add: [ALL]}}
"""

#: Windows pods have controls of their own; some of what is wrong on Linux is not on Windows.
OF_WINDOWS = {
    "os-name": "nodeSelector: {kubernetes.io/os: windows}\ncontainers: [{name: a}]",
    "windows-host-process": "securityContext: {windowsOptions: {hostProcess: true}}\ncontainers: [{name: a}]",
}

GOOD = """
securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
containers: [&c {name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]
initContainers: [*c]
ephemeralContainers: [*c]
"""

#: A value that is wrong at the end of each field.
WRONG: dict[str, Plain] = {
    "allowPrivilegeEscalation": True,
    "add": ["SYS_TIME"],
    "drop": ["NET_RAW"],
    "hostIPC": True,
    "hostNetwork": True,
    "hostPID": True,
    "hostPort": 80,
    "hostProcess": True,
    "host": "h",
    "name": "kernel.msgmax",
    "privileged": True,
    "procMount": "Unmasked",
    "role": "r",
    "runAsNonRoot": False,
    "runAsUser": 0,
    "user": "u",
}
WRONG_TYPES = {"seccompProfile": "Unconfined", "appArmorProfile": "Unconfined", "seLinuxOptions": "spc_t"}


def _cases() -> list[tuple[str, str]]:
    # What os-name is about is not wrong where it stands, but missing.
    return [(control.id, field) for control in OFFICIAL for field in control.fields if control.id != "os-name"]


@pytest.mark.parametrize(("control", "field"), _cases())
def test_every_field_that_a_control_names_is_judged(control: str, field: str) -> None:
    level = Level.BASELINE if control == "host-path-volumes" else Level.RESTRICTED
    if field.startswith("metadata.annotations"):
        key = field[len("metadata.annotations[") : -1].replace("*", "a")
        version = (1, 18) if "seccomp" in key else LATEST
        assert judge(control, document(spec(GOOD), {}), level, version) == ()
        found = judge(control, document(spec(GOOD), {key: "unconfined"}), level, version)
        assert any(key in finding.path for finding in found)
        return
    good = spec(GOOD)
    assert judge(control, document(good), level) == ()
    bad: Document = json.loads(json.dumps(good))  # YAML's aliases share their value, a copy as JSON does not
    _put(bad, field.removeprefix("spec.").split("."))
    found = judge(control, document(bad), level)
    assert len(found) == 1
    assert _is_at(found[0], field)


def _put(holder: Document, steps: list[str]) -> None:
    for at, step in enumerate(steps):
        key = step.removesuffix("[*]")
        if at == len(steps) - 1:
            holder[key] = WRONG_TYPES[steps[-2]] if key == "type" else WRONG.get(key, {})
            return
        if step.endswith("[*]"):
            items = holder.setdefault(key, [{"name": "x"}])
            assert isinstance(items, list)
            inner = items[0]
        else:
            inner = holder.setdefault(key, {})
        assert isinstance(inner, dict)
        holder = inner


def _is_at(finding: Finding, field: str) -> bool:
    """Return whether the finding stands at the field, or where people would look for it: not in another container."""
    kinds = [kind for kind in FIELDS if f"{kind}[" in field]
    return not kinds or kinds[0] in finding.path


def test_a_fix_never_goes_through_a_value_of_the_wrong_type() -> None:
    found = judge("capabilities", document(spec("containers: [{name: a, securityContext: {capabilities: [ALL]}}]")))
    assert [(finding.risk, finding.changes, finding.reason) for finding in found] == [
        (None, (), "capabilities has the wrong type: correct it first")
    ]


@pytest.mark.parametrize("control", OFFICIAL, ids=lambda control: control.id)
def test_a_finding_is_whole(control: Control) -> None:
    found = judge(control.id, document(spec(OF_WINDOWS.get(control.id, EVERYTHING_WRONG))), control.level)
    assert found
    for finding in found:
        assert finding.control == control.id
        assert finding.checks
        assert set(finding.checks) <= set(control.checks)
        assert finding.message
        assert finding.reason
        assert not isinstance(finding.fix, Fix) or (finding.fix.changes and title(finding.fix))
        assert finding.path[:3] in {("spec", "template", "spec"), ("spec", "template", "metadata")}


def test_options_have_their_defaults_unless_the_profile_says_otherwise() -> None:
    control = CONTROLS["seccomp-profile"]
    whole = document(spec("containers: [{name: a}]"))
    default = control.run(workload(whole), Context(Level.RESTRICTED, LATEST))
    empty = control.run(workload(whole), Context(Level.RESTRICTED, LATEST, {"localhostProfile": ""}))
    own = control.run(workload(whole), Context(Level.RESTRICTED, LATEST, {"localhostProfile": "p"}))
    assert default == empty != own
    assert {finding.risk for finding in (*default, *own)} == {Risk.REVIEW}
