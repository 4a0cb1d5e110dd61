"""Tests the evaluator's interface: what it reads and refuses to read, what it leaves alone, how it words things."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import requirements
from pss_generator import Pods
from pss_oracle import Case, answer, ask

import harden.pss
from harden.model.finding import Level
from harden.model.report import CheckFailure
from harden.pss import NEWEST, MalformedPod, checks, evaluate, message
from harden.pss.check import Check, Revision, validate
from harden.pss.wording import escaped

POD_CONTEXT: dict[str, object] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER: dict[str, object] = {
    "name": "a",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
ADMITTED: dict[str, object] = {"securityContext": POD_CONTEXT, "containers": [CONTAINER]}


def failed(spec: dict[str, object], version: tuple[int, int] | None = None, *, is_pod: bool = False) -> list[str]:
    return [each.id for each in evaluate({}, spec, Level.RESTRICTED, version, is_pod=is_pod)]


def with_container(**fields: object) -> dict[str, object]:
    return {"containers": [{"name": "a", **fields}]}


def test_bare_pod_gets_the_official_words() -> None:
    failures = evaluate({}, with_container(), Level.RESTRICTED, None, is_pod=True)
    assert message(Level.RESTRICTED, None, failures) == (
        'would violate PodSecurity "restricted:latest": '
        'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to '
        '"RuntimeDefault" or "Localhost")'
    )


def test_message_names_the_version_and_leaves_out_empty_details() -> None:
    failures = (CheckFailure("a", "first", ""), CheckFailure("b", "second", "why"))
    assert message(Level.BASELINE, (1, 9), failures) == 'would violate PodSecurity "baseline:v1.9": first, second (why)'
    assert message(Level.BASELINE, (1, 9), ()) == ""


def test_admitted_pod_has_no_failures_at_any_version() -> None:
    for version in (*((1, minor) for minor in range(NEWEST[1] + 1)), None):
        assert failed(ADMITTED, version) == []


def test_privileged_level_admits_everything_that_decodes() -> None:
    worst = {"hostNetwork": True, "hostPID": True, **with_container(securityContext={"privileged": True})}
    assert evaluate({}, worst, Level.PRIVILEGED, None, is_pod=True) == ()
    assert checks(Level.PRIVILEGED, None) == ()
    with pytest.raises(MalformedPod):
        evaluate({}, {"containers": "a"}, Level.PRIVILEGED, None, is_pod=True)


def test_versions_after_the_newest_are_judged_as_latest() -> None:
    sysctl = {**ADMITTED, "securityContext": {**POD_CONTEXT, "sysctls": [{"name": "net.ipv4.tcp_rmem"}]}}
    assert failed(sysctl, (1, 31)) == ["sysctls"]
    for version in (None, NEWEST, (1, NEWEST[1] + 1), (1, 99), (2, 0)):
        assert failed(sysctl, version) == []
        assert checks(Level.RESTRICTED, version) == checks(Level.RESTRICTED, None)


def test_versions_before_the_first_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"no Pod Security policy for version 0\.9"):
        evaluate({}, ADMITTED, Level.RESTRICTED, (0, 9), is_pod=True)


def test_host_network_copies_ports_in_pods_but_not_in_templates() -> None:
    spec = {**ADMITTED, "hostNetwork": True, "containers": [{**CONTAINER, "ports": [{"containerPort": 80}]}]}
    assert failed(spec, is_pod=True) == ["hostNamespaces", "hostPorts"]
    assert failed(spec) == ["hostNamespaces"]


def test_app_armor_annotation_counts_as_the_field_in_pods_only() -> None:
    metadata = {"annotations": {"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}}
    (of_pod,) = evaluate(metadata, ADMITTED, Level.RESTRICTED, None, is_pod=True)
    (of_template,) = evaluate(metadata, ADMITTED, Level.RESTRICTED, None, is_pod=False)
    assert of_pod.detail.startswith('container "a" and annotation must not')
    assert of_template.detail.startswith("annotation must not")


@pytest.mark.parametrize(
    "volume", [{"name": "v"}, {"name": "v", "emptyDir": None}, {"name": "v", "hostpath": {}}, None]
)
def test_volume_without_a_source_is_an_empty_dir(volume: object) -> None:
    assert failed({**ADMITTED, "volumes": [volume]}) == []


def test_user_namespace_relaxes_three_checks_from_1_35() -> None:
    spec: dict[str, object] = {
        "hostUsers": False,
        "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}},
        **with_container(securityContext={"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
    }
    assert failed(spec, (1, 34)) == ["runAsNonRoot", "runAsUser"]
    assert failed(spec, (1, 35)) == []
    assert failed({**spec, "hostUsers": None}, (1, 35)) == ["runAsNonRoot", "runAsUser"]


def test_unread_fields_may_hold_anything() -> None:
    of_containers = {**POD_CONTEXT, "privileged": "x", "capabilities": 5}
    assert failed({**ADMITTED, "nodeSelector": 5, "Containers": "x", "securityContext": of_containers}) == []


CONTEXT = "containers.0.securityContext"
MALFORMED = [
    ("containers", "x", "must be a list, not a string"),
    ("containers", {}, "must be a list, not a mapping"),
    ("containers.0", 5, "must be a mapping, not a number"),
    ("initContainers.1", [], "must be a mapping, not a list"),
    ("ephemeralContainers.0.name", 1, "must be a string, not a number"),
    ("containers.0.name", True, "must be a string, not a boolean"),
    ("hostNetwork", "true", "must be true or false, not a string"),
    ("hostPID", 1, "must be true or false, not a number"),
    ("hostIPC", [], "must be true or false, not a list"),
    ("hostUsers", "no", "must be true or false, not a string"),
    ("os", "linux", "must be a mapping, not a string"),
    ("os.name", 1.5, "must be a string, not a number"),
    ("securityContext", [], "must be a mapping, not a list"),
    ("securityContext.sysctls", {}, "must be a list, not a mapping"),
    ("securityContext.sysctls.0.name", 1, "must be a string, not a number"),
    ("securityContext.appArmorProfile.localhostProfile", 1, "must be a string, not a number"),
    ("securityContext.runAsUser", "0", "must be a whole number, not a string"),
    ("securityContext.runAsUser", True, "must be a whole number, not a boolean"),
    ("securityContext.runAsUser", 1.5, "must be a whole number, and the number has a fraction"),
    ("securityContext.runAsUser", 2**63, "must fit into 64 bits, and the number does not"),
    ("volumes.0", "x", "must be a mapping, not a string"),
    ("volumes.0.name", 5, "must be a string, not a number"),
    ("volumes.1.hostPath", "/x", "must be a mapping, not a string"),
    ("containers.0.ports.0.hostPort", 2**31, "must fit into 32 bits, and the number does not"),
    ("containers.0.ports.0.containerPort", "80", "must be a whole number, not a string"),
    ("containers.0.livenessProbe", [], "must be a mapping, not a list"),
    ("containers.0.lifecycle.preStop.httpGet.host", 1, "must be a string, not a number"),
    (f"{CONTEXT}.capabilities.drop", "ALL", "must be a list, not a string"),
    (f"{CONTEXT}.capabilities.add.0", ["X"], "must be a string, not a list"),
    (f"{CONTEXT}.procMount", False, "must be a string, not a boolean"),
    (f"{CONTEXT}.privileged", "yes", "must be true or false, not a string"),
    (f"{CONTEXT}.allowPrivilegeEscalation", 0, "must be true or false, not a number"),
    (f"{CONTEXT}.runAsNonRoot", "true", "must be true or false, not a string"),
    (f"{CONTEXT}.seccompProfile", "RuntimeDefault", "must be a mapping, not a string"),
    (f"{CONTEXT}.seLinuxOptions.role", 1, "must be a string, not a number"),
    (f"{CONTEXT}.windowsOptions.hostProcess", 1, "must be true or false, not a number"),
]


def path_of(dotted: str) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdigit() else step for step in dotted.split("."))


def nest(path: tuple[str | int, ...], value: object) -> dict[str, object]:
    """Return a pod spec that holds `value` at `path` and nothing else; list items before it are null."""
    for step in reversed(path):
        value = [None] * step + [value] if isinstance(step, int) else {step: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(("place", "value", "words"), MALFORMED)
def test_wrong_type_is_named_by_place_and_kind(place: str, value: object, words: str) -> None:
    path = path_of(place)
    with pytest.raises(MalformedPod) as caught:
        evaluate({}, nest(path, value), Level.RESTRICTED, None, is_pod=False)
    assert (caught.value.path, caught.value.message) == (("spec", *path), words)


@pytest.mark.parametrize("place", sorted({place for place, _, _ in MALFORMED}))
def test_null_decodes_wherever_a_value_does(place: str) -> None:
    evaluate({}, nest(path_of(place), None), Level.RESTRICTED, None, is_pod=True)


@pytest.mark.parametrize("value", [1, True, 1.5, [], {}])
def test_annotation_that_is_no_string_is_malformed(value: object) -> None:
    with pytest.raises(MalformedPod) as caught:
        evaluate({"annotations": {"example.com/note": value}}, ADMITTED, Level.BASELINE, None, is_pod=False)
    assert caught.value.path == ("metadata", "annotations", "example.com/note")


def test_library_refuses_to_decode_the_same_pods() -> None:
    cases = [Case("Deployment", {}, nest(path_of(place), value)) for place, value, _ in MALFORMED]
    cases += [Case("Pod", {"annotations": {"a": 1}}, {}), Case("Pod", {"annotations": []}, {})]
    assert ask(requirements.oracle(), cases) == [None] * len(cases)
    assert [answer(case) for case in cases] == [None] * len(cases)


#: How a number is written in YAML, and what it is once read.
WHOLE = [("1000", 1000), ("1000.0", 1000.0), ("1e3", 1e3), ("0.0", 0.0), ("-0.0", -0.0), ("1e18", 1e18)]
NOT_WHOLE = [("1e19", 1e19), ("1.5", 1.5), ("1e30", 1e30), (".inf", float("inf")), (".nan", float("nan"))]


@pytest.mark.parametrize("value", [value for _, value in WHOLE])
def test_float_without_a_fraction_is_a_whole_number(value: float) -> None:
    verdict = failed({**ADMITTED, "securityContext": {**POD_CONTEXT, "runAsUser": value}})
    assert verdict == (["runAsUser"] if value == 0 else [])


@pytest.mark.parametrize("value", [value for _, value in NOT_WHOLE])
def test_other_floats_are_malformed(value: float) -> None:
    with pytest.raises(MalformedPod):
        failed({**ADMITTED, "securityContext": {**POD_CONTEXT, "runAsUser": value}})


def test_library_decodes_the_same_numbers(tmp_path: Path) -> None:
    manifest = tmp_path / "pods.yaml"
    pod = "apiVersion: v1\nkind: Pod\nspec: {{securityContext: {{runAsUser: {}}}}}\n"
    manifest.write_text("---\n".join(pod.format(text) for text, _ in WHOLE + NOT_WHOLE))
    run = subprocess.run([str(requirements.oracle()), str(manifest)], capture_output=True, check=False)
    decoded = ["error" not in json.loads(line) for line in run.stdout.splitlines()]
    assert decoded == [True] * len(WHOLE) + [False] * len(NOT_WHOLE)


def test_input_is_never_changed() -> None:
    for case in islice(iter(Pods(5)), 60):
        before = copy.deepcopy((case.metadata, case.spec))
        first, second = answer(case), answer(case)
        assert (case.metadata, case.spec) == before
        assert first == second


def test_values_may_be_shared_between_containers() -> None:
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    shared = {**ADMITTED, "containers": [{"name": "a", "securityContext": context}] * 2}
    assert failed(shared) == []


def test_escaping_is_that_of_go() -> None:
    assert escaped('a"b\\c') == '"a\\"b\\\\c"'
    assert escaped("\a\b\f\n\r\t\v") == '"\\a\\b\\f\\n\\r\\t\\v"'
    assert escaped("\x00\x7f\x80\u200b\U000e0001") == '"\\x00\\x7f\\u0080\\u200b\\U000e0001"'
    assert escaped("é 😀 \ufffd") == '"é 😀 \ufffd"'


def _one(name: str, level: Level, *revisions: Revision) -> Check:
    return Check(name, level, revisions)


FIRST, SECOND = (Revision((1, minor), lambda _: None) for minor in (0, 9))
OVERRIDE = Revision((1, 0), lambda _: None, overrides=("base",))
BASE = _one("base", Level.BASELINE, FIRST)


@pytest.mark.parametrize(
    "table",
    [
        (BASE, _one("base", Level.RESTRICTED, FIRST)),
        (_one("a", Level.BASELINE),),
        (_one("a", Level.BASELINE, SECOND, FIRST),),
        (_one("a", Level.BASELINE, FIRST, FIRST),),
        (_one("a", Level.PRIVILEGED, FIRST),),
        (BASE, _one("a", Level.BASELINE, OVERRIDE)),
        (_one("a", Level.RESTRICTED, OVERRIDE),),
        (_one("base", Level.RESTRICTED, FIRST), _one("a", Level.RESTRICTED, OVERRIDE)),
    ],
    ids=[
        "same-id",
        "no-revision",
        "decreasing",
        "repeated",
        "privileged",
        "baseline-overrides",
        "unknown",
        "not-baseline",
    ],
)
def test_registry_refuses_a_faulty_table(table: tuple[Check, ...]) -> None:
    with pytest.raises(ValueError, match=r"check|revisions"):
        validate(table)


def test_registry_accepts_a_sound_table() -> None:
    validate((BASE, _one("a", Level.BASELINE, FIRST, SECOND), _one("b", Level.RESTRICTED, OVERRIDE)))


def test_evaluator_depends_on_the_model_and_the_standard_library_alone() -> None:
    imported = set()
    for source in Path(harden.pss.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))
    own = {name for name in imported if name.startswith(("harden.model.", "harden.pss"))}
    assert own
    assert {name.partition(".")[0] for name in imported - own} <= set(sys.stdlib_module_names)
