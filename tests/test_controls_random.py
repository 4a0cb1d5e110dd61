"""Random pods: findings are the verdict, fixes converge, never contradict, and never make an invalid pod."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from control_subjects import CONTROLS, LATEST, Document, changed, document, judge_all, workload

from harden.controls import Context
from harden.engine.plan import contradictions
from harden.engine.rounds import MOST_ROUNDS
from harden.model.finding import Finding, Level, Risk
from harden.model.kube import Workload
from harden.model.text import Plain
from harden.pss import checks, evaluate

SEEDS = range(60)
PODS_PER_SEED = 5
VERSIONS = [(1, 0), (1, 8), (1, 18), (1, 19), (1, 22), (1, 24), (1, 25), (1, 30), (1, 34), (1, 35), LATEST]
CAPABILITIES = [
    *["ALL", "all", "CAP_SYS_ADMIN", "SYS_ADMIN", "NET_RAW", "CHOWN", "cap_chown"],
    *["NET_BIND_SERVICE", "net_bind_service", "CAP_NET_BIND_SERVICE"],
]
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
ANNOTATIONS = [
    SECCOMP,
    "container.seccomp.security.alpha.kubernetes.io/c0",
    "container.seccomp.security.alpha.kubernetes.io/i0",
    "container.apparmor.security.beta.kubernetes.io/c0",
    "container.apparmor.security.beta.kubernetes.io/gone",
    "team",
]
VOLUMES = ["hostPath", "nfs", "gitRepo", "storageos", "emptyDir", "secret", "image", "csi"]
SYSCTLS = ["kernel.msgmax", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_rmem", "net.ipv4.tcp_notsent_lowat"]

Maker = Callable[[random.Random], Plain]


def _one_of(*values: Plain) -> Maker:
    return lambda rng: rng.choice(values)


def _some_of(values: list[str]) -> Maker:
    def make(rng: random.Random) -> Plain:
        chosen: list[Plain] = [rng.choice(values) for _ in range(rng.randint(0, 3))]
        return rng.choice([None, chosen, chosen])

    return make


def _mapping(**makers: Maker) -> Maker:
    def make(rng: random.Random) -> Plain:
        return {key: maker(rng) for key, maker in makers.items() if rng.random() < 0.4}

    return make


_SHARED: dict[str, Maker] = {
    "runAsNonRoot": _one_of(True, False, None),
    "runAsUser": _one_of(0, 1000, None),
    "seccompProfile": _mapping(
        type=_one_of("RuntimeDefault", "Unconfined", "Localhost"), localhostProfile=_one_of("p")
    ),
    "appArmorProfile": _mapping(type=_one_of("RuntimeDefault", "Unconfined")),
    "seLinuxOptions": _mapping(type=_one_of("spc_t", "container_t", ""), user=_one_of("u", ""), level=_one_of("s0")),
    "windowsOptions": _mapping(hostProcess=_one_of(True, False)),
}
_CONTAINER = _mapping(
    **_SHARED,
    allowPrivilegeEscalation=_one_of(True, False, None),
    privileged=_one_of(True, False, None),
    procMount=_one_of("Default", "Unmasked", None),
    capabilities=_mapping(add=_some_of(CAPABILITIES), drop=_some_of(CAPABILITIES)),
)
_POD_CONTEXT = _mapping(
    **_SHARED,
    sysctls=lambda rng: [{"name": rng.choice(SYSCTLS), "value": "1"} for _ in range(rng.randint(0, 3))],
)
_PROBE = _mapping(httpGet=_mapping(host=_one_of("h", "", None)), tcpSocket=_mapping(host=_one_of("h")))
_PORT = _mapping(containerPort=_one_of(80, 8080), hostPort=_one_of(80, 0, None))


def _container(rng: random.Random, name: str) -> Plain:
    made: Document = {"name": name}
    if rng.random() < 0.7:
        made["securityContext"] = _CONTAINER(rng)
    if rng.random() < 0.4:
        made["ports"] = [_PORT(rng) for _ in range(rng.randint(0, 2))]
    if rng.random() < 0.3:
        made["livenessProbe"] = _PROBE(rng)
        made["lifecycle"] = {"preStop": _PROBE(rng)}
    return made


def _pod(rng: random.Random) -> Document:
    """Return a random pod; about half of what it sets is what a level forbids."""
    made: Document = {}
    fields: dict[str, Maker] = {
        "hostNetwork": _one_of(True, False),
        "hostPID": _one_of(True, None),
        "hostUsers": _one_of(True, False),
        "os": _one_of({"name": "windows"}, {"name": "linux"}),
        "nodeSelector": _one_of({"kubernetes.io/os": "windows"}, {"kubernetes.io/os": "linux"}),
        "securityContext": _POD_CONTEXT,
        "volumes": lambda rng: [{"name": "v", rng.choice(VOLUMES): {}} for _ in range(rng.randint(0, 2))],
        "initContainers": lambda rng: [_container(rng, "i0")],
        "ephemeralContainers": lambda rng: [_container(rng, "e0")],
    }
    for key, maker in fields.items():
        if rng.random() < 0.35:
            made[key] = maker(rng)
    made["containers"] = [_container(rng, f"c{index}") for index in range(rng.randint(1, 3))]
    return made


def random_documents(seed: int) -> list[tuple[Document, Level, tuple[int, int]]]:
    rng = random.Random(seed)
    values = ["unconfined", "runtime/default", "localhost/p", ""]
    made = []
    for _ in range(PODS_PER_SEED):
        annotations: Document = {key: rng.choice(values) for key in ANNOTATIONS if rng.random() < 0.2}
        whole = document(_pod(rng), annotations, kind=rng.choice(["Pod", "Deployment"]))
        made.append((whole, rng.choice([Level.BASELINE, Level.RESTRICTED]), rng.choice(VERSIONS)))
    return made


def _failing(subject: Workload, level: Level, version: tuple[int, int]) -> set[str]:
    verdict = evaluate(subject.metadata, subject.spec, level, version, is_pod=subject.kind == "Pod")
    return {failure.id for failure in verdict}


@pytest.mark.parametrize("seed", SEEDS)
def test_findings_are_the_verdict(seed: int) -> None:
    print(f"seed {seed}")
    for whole, level, version in random_documents(seed):
        claimed = {check for finding in judge_all(whole, level, version) for check in finding.checks}
        assert claimed & set(checks(level, version)) == claimed, (level, version)
        assert claimed == _failing(workload(whole), level, version), (level, version, whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_control_has_nothing_to_say_where_none_of_its_keys_stands(seed: int) -> None:
    print(f"seed {seed}")
    picky = [control for control in CONTROLS.values() if control.speaks_of]
    assert len(picky) >= len(("host-ports", "privileged", "proc-mount"))
    for whole, level, version in random_documents(seed):
        subject = workload(whole)
        for control in picky:
            context = control.settled(Context(level, version))
            if context is not None:
                asked_of_every_pod = control._replace(speaks_of=frozenset()).run(subject, context)
                assert control.run(subject, context) == asked_of_every_pod, (control.id, level, version, whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_fixes_converge_and_never_contradict(seed: int) -> None:
    print(f"seed {seed}")
    for whole, level, version in random_documents(seed):
        after = whole
        for _ in range(MOST_ROUNDS):
            findings = judge_all(after, level, version)
            fixed = [finding for finding in findings if finding.risk is not None]
            assert contradictions([(finding, finding.changes) for finding in fixed]) == {}
            after = changed(after, tuple(change for finding in fixed for change in finding.changes))
        left = judge_all(after, level, version)
        assert [finding for finding in left if finding.risk is not None] == [], (level, version, whole)
        assert {(f.control, f.path) for f in left} == {(f.control, f.path) for f in findings}
        assert _failing(workload(after), level, version) == {check for finding in left for check in finding.checks}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_choice_of_fixes_makes_what_the_api_server_refuses(seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    for whole, level, version in random_documents(seed):
        findings = judge_all(whole, level, version)
        before = _refused(workload(whole))
        for _ in range(4):
            chosen = [finding for finding in findings if rng.random() < 0.5]
            after = changed(whole, [change for finding in chosen for change in finding.changes])
            assert _refused(workload(after)) <= before, (level, version, whole, chosen)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_safe_fix_changes_no_effect(seed: int) -> None:
    print(f"seed {seed}")
    for whole, level, version in random_documents(seed):
        safe = [finding for finding in judge_all(whole, level, version) if finding.risk is Risk.SAFE]
        after = workload(changed(whole, [change for finding in safe for change in finding.changes]))
        assert _roots_that_must_not_be(after) <= _roots_that_must_not_be(workload(whole)), (level, version, whole)


def _refused(subject: Workload) -> set[str]:
    """Return the pairs of fields, of those that controls touch, that validation refuses in this pod."""
    found = set()
    for container in subject.containers:
        added = container.get("securityContext", "capabilities", "add")
        cause = container.get("securityContext", "privileged") is True
        cause |= isinstance(added, list) and "CAP_SYS_ADMIN" in added
        if cause and container.get("securityContext", "allowPrivilegeEscalation") is False:
            found.add(f"{container.name}: allowPrivilegeEscalation")
        found |= _refused_of_windows(subject, container.get("securityContext"), container.name)
        profile = container.get("securityContext", "seccompProfile")
        if isinstance(profile, dict) and profile.get("localhostProfile") and profile.get("type") != "Localhost":
            found.add(f"{container.name}: localhostProfile")
    processes = [c.get("securityContext", "windowsOptions", "hostProcess") is True for c in subject.containers]
    processes.append(subject.get("securityContext", "windowsOptions", "hostProcess") is True)
    if any(processes) and subject.get("hostNetwork") is not True:
        found.add("hostProcess")
    return found | _refused_seccomp(subject) | _refused_of_windows(subject, subject.get("securityContext"), "pod")


def _refused_seccomp(subject: Workload) -> set[str]:
    """Return the annotations that contradict the field beside them."""
    found = set()
    prefix = "container.seccomp.security.alpha.kubernetes.io/"
    holders = {SECCOMP: subject.get("securityContext", "seccompProfile")}
    holders |= {prefix + c.name: c.get("securityContext", "seccompProfile") for c in subject.containers}
    annotations = subject.metadata.get("annotations")
    for key, profile in holders.items():
        if isinstance(profile, dict) and isinstance(annotations, dict) and key in annotations:
            kind, file = profile.get("type"), profile.get("localhostProfile")
            legal = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined", "Localhost": f"localhost/{file}"}
            if annotations[key] != legal.get(str(kind)):
                found.add(key)
    return found


def _refused_of_windows(subject: Workload, context: object, name: str) -> set[str]:
    if subject.get("os", "name") != "windows" or not isinstance(context, dict):
        return set()
    allowed = {"runAsNonRoot", "windowsOptions"}
    return {f"{name}: {key} on Windows" for key, value in context.items() if key not in allowed and value is not None}


def _roots_that_must_not_be(subject: Workload) -> set[str]:
    """Return the containers that the kubelet does not start, or may not: no numeric user, and runAsNonRoot true."""
    found = set()
    for container in subject.containers:
        values = []
        for key in ("runAsNonRoot", "runAsUser"):
            own = container.get("securityContext", key)
            values.append(subject.get("securityContext", key) if own is None else own)
        if values[0] is True and values[1] in (None, 0):
            found.add(container.name)
    return found


def test_the_random_pods_reach_every_control() -> None:
    found: list[Finding] = []
    for seed in SEEDS:
        for whole, level, version in random_documents(seed):
            found += judge_all(whole, level, version)
    assert {finding.control for finding in found} >= {control.id for control in CONTROLS.values() if control.checks}
    assert {finding.risk for finding in found} == {None, *Risk}
