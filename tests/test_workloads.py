from __future__ import annotations

from collections.abc import Mapping

import pytest
from own_kinds import SERVED, TEMPLATES

from harden.engine.check import Checker
from harden.kube.kinds import BUILT_IN
from harden.kube.pods import Malformed
from harden.kube.workloads import find
from harden.model.kinds import Kind, PodTemplate
from harden.model.kube import Skip, SkipKind, Workload
from harden.model.text import SourceText
from harden.settings import load

CONTAINER = {"name": "web", "image": "nginx"}


def under(kind: str, template: object, api_version: str | None = None) -> dict[str, object]:
    data: dict[str, object] = {"apiVersion": api_version or SERVED[kind], "kind": kind, "metadata": {"name": "x"}}
    keys = TEMPLATES[kind]
    if not keys:
        assert isinstance(template, dict)
        return {**data, **template, "metadata": {"name": "x"}}
    inner: object = template
    for key in reversed(keys):
        inner = {key: inner}
    assert isinstance(inner, dict)
    return {**data, **inner}


def one(value: object) -> Workload:
    found = list(find(0, value))
    assert len(found) == 1
    assert isinstance(found[0], Workload)
    return found[0]


SEVERAL = Kind(
    "example.test",
    "Batch",
    ("example.test/v1",),
    (
        PodTemplate(("spec", "roles", "*", "template")),
        PodTemplate(
            ("spec", "stages", "*"), spec=(), containers={"initContainers": ("setup",), "containers": ("steps",)}
        ),
        PodTemplate(("spec", "one"), spec=(), containers={"containers": ("container",)}),
    ),
    owner="Example",
)


def test_a_row_may_have_several_pods_and_other_names() -> None:
    value = {
        "apiVersion": "example.test/v1",
        "kind": "Batch",
        "metadata": {"name": "b"},
        "spec": {
            "roles": {"worker": {"template": {"spec": {"containers": [CONTAINER]}}}},
            "stages": [{"steps": [{**CONTAINER, "name": "s"}], "setup": [{**CONTAINER, "name": "i"}], "hostPID": True}],
            "one": {"container": CONTAINER},
        },
    }
    found = list(find(0, value, kinds=BUILT_IN.with_rows([SEVERAL])))
    assert all(isinstance(each, Workload) for each in found)
    first, second, third = (each for each in found if isinstance(each, Workload))
    assert first.pod == ("spec", "roles", "worker", "template", "spec")
    assert second.pod == ("spec", "stages", 0)
    assert [(container.path, container.field) for container in second.containers] == [
        (("spec", "stages", 0, "setup", 0), "initContainers"),
        (("spec", "stages", 0, "steps", 0), "containers"),
    ]
    assert second.spec["containers"] == [{**CONTAINER, "name": "s"}]
    assert (second.get("hostPID"), "steps" in second.spec) == (True, False)
    assert third.containers[0].path == ("spec", "one", "container")
    (skipped,) = find(0, value)
    assert isinstance(skipped, Skip)
    assert skipped.reason == "not looked at: pod template at spec.roles.worker.template.spec"


def test_another_version_of_a_custom_group_is_read_by_its_row() -> None:
    pod = {"spec": {"containers": [CONTAINER]}}
    found = one({"apiVersion": "argoproj.io/v1beta1", "kind": "Rollout", "spec": {"template": pod}})
    assert (found.row.owner, found.served) == ("Argo Rollouts", True)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_kind_is_read_where_it_keeps_its_pod(kind: str) -> None:
    workload = one(under(kind, {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER]}}))
    assert workload.kind == kind
    assert workload.template == TEMPLATES[kind]
    assert workload.containers[0].path == (*TEMPLATES[kind], "spec", "containers", 0)
    assert workload.containers[0].data is CONTAINER
    assert workload.served


def test_containers_come_in_the_official_order() -> None:
    spec = {"containers": [{**CONTAINER, "name": "b"}], "initContainers": [{**CONTAINER, "name": "a"}]}
    spec["ephemeralContainers"] = [{**CONTAINER, "name": "c"}]
    assert [c.name for c in one(under("Pod", {"spec": spec})).containers] == ["a", "b", "c"]


def test_lists_are_entered_however_deep() -> None:
    pod = under("Pod", {"spec": {"containers": [CONTAINER]}})
    value = {"apiVersion": "v1", "kind": "List", "items": [pod, {"kind": "List", "apiVersion": "v1", "items": [pod]}]}
    found = [w for w in find(3, value) if isinstance(w, Workload)]
    assert [w.path for w in found] == [("items", 0), ("items", 1, "items", 0)]
    assert {w.document for w in found} == {3}


def test_items_of_a_typed_list_may_leave_out_their_type() -> None:
    item = {"metadata": {"name": "x"}, "spec": {"containers": [CONTAINER]}}
    workload = one({"apiVersion": "v1", "kind": "PodList", "items": [item]})
    assert (workload.api_version, workload.kind, workload.name) == ("v1", "Pod", "x")


def test_gone_api_version_is_still_a_workload() -> None:
    template = {"spec": {"containers": [CONTAINER]}}
    workload = one(under("Deployment", template, "extensions/v1beta1"))
    assert not workload.served


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (under("Deployment", {"spec": {"containers": [CONTAINER]}}, "example.com/v1"), "apiVersion example.com/v1"),
        (under("Deployment", {"spec": {"containers": [CONTAINER]}}, "v1"), "did you mean apps/v1 Deployment?"),
        (under("Deployment", {"spec": {"containers": [CONTAINER]}}), "it has no selector, and its pods no labels"),
        ({"apiVersion": "apps/v1", "kind": "DeamonSet", "spec": {}}, "did you mean apps/v1 DaemonSet?"),
        ({"apiVersion": "v1", "kind": "Pods", "spec": {}}, "did you mean v1 Pod?"),
        ({"kind": "Cronjob", "spec": {}}, "did you mean batch/v1 CronJob?"),
        (under("Pod", {"spec": {"$patch": "merge", "containers": [CONTAINER]}}), "it has $patch"),
        (under("Pod", {"spec": {"$setElementOrder/containers": [], "containers": [CONTAINER]}}), "$setElementOrder"),
        ({"kind": "Deployment", "spec": {}}, "it has no apiVersion"),
        (under("Deployment", {"spec": {}}), "no containers"),
        (under("Deployment", None), "no containers"),
        (under("Deployment", {"spec": {"containers": [{"name": "web"}]}}), "no image"),
        (under("Pod", {"spec": {"containers": [CONTAINER, {"name": "log"}]}}), 'its container "log" has no image'),
    ],
)
def test_what_is_no_whole_object_is_skipped_with_the_reason(value: Mapping[str, object], reason: str) -> None:
    found = list(find(0, value))
    assert len(found) == 1
    assert isinstance(found[0], Skip)
    assert reason in found[0].reason


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (under("Deployment", ["x"]), ("spec", "template")),
        (under("Deployment", {"spec": "x"}), ("spec", "template", "spec")),
        (under("Deployment", {"metadata": 1, "spec": {}}), ("spec", "template", "metadata")),
        (under("Pod", {"spec": {"containers": {}}}), ("spec", "containers")),
        (under("Pod", {"spec": {"containers": ["x"]}}), ("spec", "containers", 0)),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "spec": False}, ("spec",)),
    ],
)
def test_what_kubernetes_would_not_decode_is_named(value: Mapping[str, object], path: tuple[str | int, ...]) -> None:
    found = list(find(0, value))
    assert len(found) == 1
    assert isinstance(found[0], Malformed)
    assert found[0].path == path


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        1,
        {},
        {"kind": "Service"},
        {"kind": 3},
        {"kind": "List", "items": 3},
        {"apiVersion": "v1", "kind": "Node"},
        {"apiVersion": "apps/v1", "kind": "ControllerRevision"},
        {"apiVersion": "example.test/v1", "kind": "Deploymnt"},
        {"apiVersion": "v1", "kind": "Service", "spec": {}},
        {"apiVersion": "example.test/v1", "kind": "Task", "spec": {"steps": [CONTAINER]}},
        {"kind": "Jobber"},
    ],
)
def test_everything_else_is_no_workload(value: object) -> None:
    assert list(find(0, value)) == []


@pytest.mark.parametrize(
    "key",
    [
        "$patch",
        '"\\x24patch"',
        '"\\u0024patch"',
        '"\\U00000024patch"',
        "? $patch\n  ",
        "!!binary JHBhdGNo",
        "!<tag:yaml.org,2002:binary> JHBhdGNo",
        "$retainKeys",
    ],
)
def test_a_directive_is_seen_in_every_spelling(key: str) -> None:
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: web}]\n"
    text = f"{head}  {key}: delete\n"
    # The same key in a document beside it says nothing of this one.
    for at, whole in enumerate((text, f"{head}---\n{text}")):
        file = Checker(load("restricted")).read(SourceText("a.yaml", whole))
        assert not file.problems
        assert [skip.because for skip in file.skipped] == [SkipKind.PATCH_DIRECTIVE]
        assert len(file.workloads) == at
