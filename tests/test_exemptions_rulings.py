"""What exemptions hold: the finding that is meant and no other, until the day they end."""

from __future__ import annotations

from pathlib import Path

import pytest
from exemption_subjects import KNOWN, TODAY, Subject

from harden.errors import HardenError
from harden.exemptions import (
    Exemption,
    Origin,
    ReportEntry,
    State,
    decide,
    entry_data,
    entry_line,
    report_entries,
    uses,
)
from harden.model.finding import AppendItem, Because, Finding, Fix, Held, NoFix, RemoveField, Risk, SetField
from harden.model.text import Path as Place
from harden.settings import load_config

AGENT = """
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: logging
spec:
  template:
    spec:{pod}
      hostNetwork: true{network}
      containers:{containers}
      - name: a{item}
        image: x{image}
        securityContext:{context}
          privileged: true{privileged}
      - name: b
        image: x
      volumes:
      - name: logs{volume}
        hostPath:
          path: /var/log{path}
      - name: run
        hostPath:
          path: /run
  selector: {{}}
"""
KEYS = ("pod", "network", "containers", "item", "image", "context", "privileged", "volume", "path")


def agent(**comments: str) -> Subject:
    return Subject(AGENT.format(**{key: f"  # {comments[key]}" if key in comments else "" for key in KEYS}))


def held(subject: Subject, today: str = TODAY) -> list[str]:
    """Return the control and place of each finding that is exempt."""
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), today)
    return [_named(subject.findings()[at]) for at, ruling in rulings.items() if ruling.holds]


def _named(finding: Finding) -> str:
    place = finding.path[finding.path.index("template") + 2 :]
    return f"{finding.control} {'.'.join(map(str, place)) or '(pod)'}"


WHERE = {
    "on the field": (
        {"privileged": "harden: ignore[privileged] r"},
        ["privileged containers.0.securityContext.privileged"],
    ),
    "on the field above": (
        {"context": "harden: ignore[privileged] r"},
        ["privileged containers.0.securityContext.privileged"],
    ),
    "on the container": (
        {"item": "harden: ignore[privileged] r"},
        ["privileged containers.0.securityContext.privileged"],
    ),
    "on the container, for what is absent": ({"item": "harden: ignore[capabilities] r"}, ["capabilities containers.0"]),
    "on the place of an absent field": ({"context": "harden: ignore[capabilities] r"}, ["capabilities containers.0"]),
    "on all containers": (
        {"containers": "harden: ignore[capabilities] r"},
        ["capabilities containers.0", "capabilities containers.1"],
    ),
    "on the item of a list": ({"volume": "harden: ignore[restricted-volumes] r"}, ["restricted-volumes volumes.0"]),
    "under the name of the other level": (
        {"volume": "harden: ignore[host-path-volumes] r"},
        ["restricted-volumes volumes.0"],
    ),
    "on a part of the item": ({"path": "harden: ignore[restricted-volumes] r"}, ["restricted-volumes volumes.0"]),
    "on the pod": ({"pod": "harden: ignore[host-namespaces] r"}, ["host-namespaces hostNetwork"]),
    "elsewhere in the container": ({"image": "harden: ignore[capabilities] r"}, []),
    "on another field": ({"network": "harden: ignore[privileged] r"}, []),
    "on a container, for the pod": ({"item": "harden: ignore[seccomp-profile] r"}, []),
}


@pytest.mark.parametrize(("comments", "expected"), WHERE.values(), ids=WHERE)
def test_a_comment_holds_what_it_stands_at_and_nothing_else(comments: dict[str, str], expected: list[str]) -> None:
    assert held(agent(**comments)) == expected


def test_without_exemptions_nothing_is_held() -> None:
    assert agent().found() == ()
    assert held(agent()) == []


def test_an_annotation_holds_every_finding_of_its_control() -> None:
    text = AGENT.format(**dict.fromkeys(KEYS, ""))
    text = text.replace("metadata:\n", "metadata:\n  annotations: {kube-harden.io/exempt.restricted-volumes: r}\n", 1)
    assert held(Subject(text)) == ["restricted-volumes volumes.0", "restricted-volumes volumes.1"]


def test_an_exemption_from_host_path_is_about_no_other_volume() -> None:
    text = AGENT.format(**dict.fromkeys(KEYS, "")).replace(
        "hostPath:\n          path: /run", "nfs: {server: s, path: /run}"
    )
    both = "{kube-harden.io/exempt.host-path-volumes: p, kube-harden.io/exempt.restricted-volumes: r}"
    alone = "{kube-harden.io/exempt.host-path-volumes: p}"
    subject = Subject(text.replace("metadata:\n", f"metadata:\n  annotations: {alone}\n", 1))
    assert held(subject) == ["restricted-volumes volumes.0"]
    subject = Subject(text.replace("metadata:\n", f"metadata:\n  annotations: {both}\n", 1))
    # The one that names the control itself is told, where both are about a volume.
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY)
    assert [ruling.exemption.reason for ruling in rulings.values()] == ["r", "r"]


def test_an_exemption_of_level_restricted_holds_at_baseline() -> None:
    subject = agent(volume="harden: ignore[restricted-volumes] r")
    places = [(*subject.workload().pod, "volumes", index) for index in (0, 1)]
    found = [Finding(place, "m", NoFix("r"), control="host-path-volumes") for place in places]
    assert list(decide(subject.exemptions(), subject.workload(), found, TODAY)) == [0]


POD = """
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec:
  containers:
  - name: a{a}
    image: x
  - name: b{b}
    image: x
"""
MARK = "  # harden: ignore[run-as-non-root] r"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", {}),
        # A fix for the pod would reach the container that is exempt; the other one has no exemption.
        (MARK, "", {"spec": False}),
        (MARK, f"{MARK} (until 2020-01-01)", {"spec": False}),
        (MARK, MARK, {"spec": True}),
        (MARK.replace("run-as-non-root", "sysctls"), "", {}),
    ],
)
def test_a_fix_for_the_pod_does_not_reach_a_container_that_is_exempt(a: str, b: str, expected: dict[str, bool]) -> None:
    subject = Subject(POD.format(a=a, b=b))
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY)
    assert {str(subject.findings()[at].path[0]): ruling.holds for at, ruling in rulings.items()} == expected


def test_an_annotation_of_another_workload_or_file_holds_nothing() -> None:
    subject = agent(privileged="harden: ignore[privileged] r")
    other = Subject(subject.source.text, "other.yaml")
    assert decide(subject.exemptions(), other.workload(), other.findings(), TODAY) == {}


def test_the_words_for_a_held_finding() -> None:
    subject = agent(privileged="harden: ignore[privileged] it loads modules (until 2026-06-15)")
    (ruling,) = [
        each
        for each in decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY).values()
        if each.holds
    ]
    assert ruling.held.text == "it loads modules (until 2026-06-15)"


def test_an_expired_exemption_holds_its_fix_back_but_counts_as_open() -> None:
    subject = agent(privileged="harden: ignore[privileged] it loads modules (until 2026-06-14)")
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY)
    own = [ruling for at, ruling in rulings.items() if subject.findings()[at].control == "privileged"]
    assert [(each.holds, each.held.text) for each in own] == [
        (False, "the exemption expired on 2026-06-14: it loads modules")
    ]
    assert held(subject, "2026-06-14") != []


def test_of_two_exemptions_the_one_that_still_holds_counts() -> None:
    subject = agent(item="harden: ignore[privileged] old (until 2020-01-01)", context="harden: ignore[privileged] new")
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY)
    assert Held(Because.EXEMPT, "new") in {ruling.held for ruling in rulings.values()}
    assert not any("old" in ruling.held.text for ruling in rulings.values())


def test_no_other_fix_changes_what_is_exempt() -> None:
    subject = agent(privileged="harden: ignore[privileged] it loads modules")
    rulings = decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY)
    others = {subject.findings()[at].control: ruling for at, ruling in rulings.items() if not ruling.holds}
    assert set(others) == {"allow-privilege-escalation"}
    assert others["allow-privilege-escalation"].held.text == (
        "its fix would change what is exempt from privileged: it loads modules"
    )
    apart = [each.path for each in subject.findings() if each.control == "allow-privilege-escalation"]
    assert len(apart) == 2, "container b has a finding of its own, which nothing holds"


def test_strict_ignores_every_exemption() -> None:
    subject = agent(privileged="harden: ignore[privileged] r")
    assert decide(subject.exemptions(), subject.workload(), subject.findings(), TODAY, strict=True) == {}


def account(subject: Subject, **options: object) -> tuple[ReportEntry, ...]:
    exemptions = subject.exemptions()
    rulings = decide(exemptions, subject.workload(), subject.findings(), TODAY)
    used = tuple(uses(exemptions, subject.workload(), subject.findings(), rulings))
    settings = {"today": TODAY, "active": KNOWN, **options}
    return report_entries(exemptions, used, **settings)  # type: ignore[arg-type] # the tests' own options


def test_the_account_names_what_is_held_unused_expired_and_asleep() -> None:
    subject = agent(
        pod="harden: ignore[host-namespaces] routes",
        item="harden: ignore[privileged] old (until 2020-01-01)",
        image="harden: ignore[capabilities] nothing here",
        path="harden: ignore[image-tag] never asked",
    )
    entries = account(subject, active=[each for each in KNOWN if each != "image-tag"])
    assert [(entry.exemption.line, entry.state) for entry in entries] == [
        (8, State.HOLDS),
        (11, State.EXPIRED),
        (12, State.UNUSED),
        (20, State.ASLEEP),
    ]
    assert [entry_line(entry) for entry in entries] == [
        "app.yaml:8: host-namespaces: routes: DaemonSet logging/agent",
        "app.yaml:11: privileged: expired on 2020-01-01: decide again (old)",
        "app.yaml:12: capabilities: matches nothing any more: remove it (nothing here)",
        "app.yaml:20: image-tag: this profile does not ask for it (never asked)",
    ]


def test_strict_lists_them_all_as_ignored() -> None:
    entries = account(agent(privileged="harden: ignore[privileged] old (until 2020-01-01)"), strict=True)
    assert [entry.state for entry in entries] == [State.IGNORED]


def test_the_account_for_programs() -> None:
    (entry,) = account(agent(network="harden: ignore[host-namespaces] routes (until 2027-01-31)"))
    assert entry_data(entry) == {
        "control": "host-namespaces",
        "reason": "routes",
        "owner": None,
        "until": "2027-01-31",
        "origin": "comment",
        "file": "app.yaml",
        "line": 9,
        "state": "holds",
        "findings": [{"workload": "DaemonSet logging/agent", "message": "the pod sets hostNetwork"}],
    }


def config(folder: Path, text: str) -> tuple[Exemption, ...]:
    (folder / "harden.yaml").write_text(text, "utf-8")
    return load_config(folder).exemptions


def in_folder(folder: Path, name: str) -> Subject:
    return Subject(AGENT.format(**dict.fromkeys(KEYS, "")), str(folder / name))


COVERS = {
    "kind": "kind: DaemonSet",
    "kinds": "kind: [Pod, DaemonSet]",
    "name": "name: ag*",
    "namespace": "namespace: logging",
    "file name": "path: agent.yaml",
    "path": "path: vendor/**",
    "path of any depth": "path: '**/agent.yaml'",
    "all at once": "path: ./vendor/*/agent.yaml\n  kind: DaemonSet\n  name: agent\n  namespace: log*",
}


@pytest.mark.parametrize("scope", COVERS.values(), ids=COVERS)
def test_the_configuration_exempts_by_globs(tmp_path: Path, scope: str) -> None:
    found = config(tmp_path, f"exemptions:\n- control: privileged\n  reason: r\n  {scope}\n")
    subject = in_folder(tmp_path, "vendor/logs/agent.yaml")
    rulings = decide(found, subject.workload(), subject.findings(), TODAY)
    assert [subject.findings()[at].control for at, ruling in rulings.items() if ruling.holds] == ["privileged"]


PASSES = {
    "kind": "kind: Deployment",
    "kind in small letters": "kind: daemonset",
    "name": "name: gent",
    "namespace": "namespace: other",
    "path": "path: vendor/*",
    "path from elsewhere": "path: logs/agent.yaml",
    "one of two": "kind: DaemonSet\n  name: other",
}


@pytest.mark.parametrize("scope", PASSES.values(), ids=PASSES)
def test_the_configuration_exempts_nothing_else(tmp_path: Path, scope: str) -> None:
    text = f"exemptions:\n- control: privileged\n  reason: r\n  {scope}\n"
    subject = in_folder(tmp_path, "vendor/logs/agent.yaml")
    assert decide(config(tmp_path, text), subject.workload(), subject.findings(), TODAY) == {}


def test_the_configuration_names_several_controls_and_a_day(tmp_path: Path) -> None:
    entry = "{control: [privileged, host-ports], kind: Pod, reason: 'a  b', until: 2027-01-31}"
    text = f"profile: baseline\nexemptions:\n- {entry}\n"
    found = config(tmp_path, text)
    assert [(each.control, each.reason, each.until, each.line, each.origin) for each in found] == [
        ("privileged", "a b", "2027-01-31", 3, Origin.CONFIG),
        ("host-ports", "a b", "2027-01-31", 3, Origin.CONFIG),
    ]
    assert found[0].file == str(tmp_path / "harden.yaml")


def test_an_unused_one_of_the_configuration_is_told_only_by_a_whole_run(tmp_path: Path) -> None:
    found = config(tmp_path, "exemptions:\n- {control: privileged, kind: Pod, reason: r}\n")
    assert [entry.state for entry in report_entries(found, (), today=TODAY, active=KNOWN)] == [State.UNUSED]
    assert report_entries(found, (), today=TODAY, active=KNOWN, whole=False) == ()


WRONG = {
    "no list": ("exemptions: {}", ":1: exemptions must be a list, for example {control: restricted-volumes, "),
    "no mapping": ("exemptions:\n- a", ":2: an exemption must be a mapping, for example"),
    "unknown key": (
        "exemptions:\n- control: privileged\n  file: a",
        ':3: unknown key "file" of an exemption; known keys: control, path, kind, name, namespace, reason, owner',
    ),
    "no control": ("exemptions:\n- {kind: Pod, reason: r}", ":2: an exemption needs the id of a control"),
    "unknown control": (
        "exemptions:\n- kind: Pod\n  control: [privilegd]\n  reason: r",
        ':3: "privilegd" is no control: did you mean "privileged"?',
    ),
    "nothing that it is about": (
        "exemptions:\n- {control: privileged, reason: r}",
        ":2: an exemption needs at least one of path, kind, name and namespace",
    ),
    "no reason": ("exemptions:\n- {control: privileged, kind: Pod}", ":2: an exemption needs a reason"),
    "an empty reason": (
        "exemptions:\n- {control: privileged, kind: Pod, reason: ' '}",
        ":2: an exemption needs a reason",
    ),
    "no day": (
        "exemptions:\n- control: privileged\n  kind: Pod\n  reason: r\n  until: 2027-02-30",
        ":5: until must be a date such as 2027-01-31",
    ),
    "no text": ("exemptions:\n- {control: privileged, kind: [1], reason: r}", ":2: kind must be a text or a list"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HardenError) as refused:
        config(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'harden.yaml'}{message}")


def finding(path: Place, *changes: SetField | AppendItem | RemoveField, control: str = "privileged") -> Finding:
    return Finding(path, "m", Fix(Risk.REVIEW, "r", changes) if changes else NoFix("r"), control=control)


def test_an_exempt_finding_about_the_whole_pod_does_not_hold_the_others() -> None:
    subject = agent(pod="harden: ignore[seccomp-profile] r")
    pod = subject.workload().pod
    reported = finding(pod, control="seccomp-profile")
    other = finding(pod, SetField((*pod, "hostPID"), value=False))
    assert list(decide(subject.exemptions(), subject.workload(), [reported, other], TODAY)) == [0]


def test_an_exempt_place_without_a_fix_is_kept_as_it_is() -> None:
    subject = agent(volume="harden: ignore[restricted-volumes] r")
    volume = (*subject.workload().pod, "volumes", 0)
    removal = finding((*subject.workload().pod, "volumes"), RemoveField(volume))
    rulings = decide(
        subject.exemptions(), subject.workload(), [finding(volume, control="restricted-volumes"), removal], TODAY
    )
    assert [(at, ruling.holds) for at, ruling in rulings.items()] == [(0, True), (1, False)]
