"""What nobody read holds back what it can touch: namespaces by reach, controls by what a change does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_session import Session

from harden.kube.bundle import gather
from harden.kube.kustomization import read
from harden.kube.kustomizations import Kustomizations
from harden.kube.namespaces import Namespaces
from harden.kube.unread import ALL, NOTHING, Blind, Effect, Unread, containers_of, effects_of
from harden.kube.unseen import signs
from harden.model.text import SourceText

AMOUNTS, ADMISSION = frozenset({Effect.AMOUNTS}), frozenset({Effect.ADMISSION})


def strategic(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec, **more}


def container(**fields: Any) -> dict[str, Any]:
    return strategic({"template": {"spec": {"containers": [{"name": "web", **fields}]}}})


@pytest.mark.parametrize(
    ("patch", "effects"),
    [
        (strategic({"replicas": 3}), AMOUNTS),
        (container(image="x:2"), NOTHING),
        (container(resources={"limits": {"cpu": "1"}}), AMOUNTS),
        (container(securityContext={"privileged": True}), ADMISSION),
        (container(image="x:2", env=[{"name": "A", "value": "store"}]), ALL),
        (container(args=["store"]), ALL),
        (container(ports=[{"containerPort": 1}]), ALL),
        (container(env=[]), ALL),
        (container(**{"$patch": "delete"}), ALL),
        (strategic({"template": {"metadata": {"labels": {"app": "other"}}}}), ALL),
        (strategic({"template": {"metadata": {"labels": {"image": "other"}}}}), ALL),
        ({"kind": "ConfigMap", "data": {"replicas": "http://store"}}, ALL),
        ([{"op": "add", "path": "/spec/template/metadata/labels/image", "value": "x"}], ALL),
        (strategic({"template": {"spec": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "x"}]}}}), NOTHING),
        ([{"op": "replace", "path": "/spec/replicas", "value": 3}], AMOUNTS),
        ([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "x"}], NOTHING),
        ([{"op": "add", "path": "/spec/template/spec/containers/-", "value": {}}], ALL),
        ([{"op": "replace", "path": "/spec/template/spec/containers/0", "value": {}}], ALL),
        ([{"op": "move", "from": "/spec/a", "path": "/spec/replicas"}], ALL),
        ([{"op": "test", "path": "/spec/x", "value": 1}], NOTHING),
        (["no operation"], ALL),
        ("no patch", ALL),
    ],
)
def test_what_a_patch_can_change(patch: object, effects: frozenset[Effect]) -> None:
    assert effects_of(patch, "Deployment") == effects


def test_some_kinds_have_nothing_to_do_with_pods() -> None:
    assert effects_of({"spec": {"anything": 1}}, "CustomResourceDefinition") == NOTHING
    assert effects_of({"spec": {"ports": []}}, "Service") == ALL


def test_containers_of_a_patch() -> None:
    assert list(containers_of(container(image="x"))) == ["web"]
    assert list(containers_of(strategic({"template": {"spec": {"volumes": [{"name": "x"}]}}}))) == []


def test_what_is_blind_in_a_namespace() -> None:
    blind = Blind((Unread("a", frozenset({"lab"})), Unread("b", frozenset({"lab", "far"}), AMOUNTS)))
    assert blind.inside("lab", Effect.CONNECTIONS) == "a"
    assert blind.inside("lab", Effect.AMOUNTS) == "a (and 1 more)"
    assert blind.inside("far", Effect.CONNECTIONS) == ""
    assert blind.everywhere(Effect.AMOUNTS) == ""
    assert Blind((Unread("c"),)).everywhere(Effect.ADMISSION) == "c"
    assert Blind((Unread("c"),)).inside("any", Effect.ADMISSION) == "c"


def known(**files: str) -> Kustomizations:
    read_ = [read(SourceText(f"{folder}/kustomization.yaml", text)) for folder, text in files.items()]
    return Kustomizations([each for each in read_ if each is not None])


def test_the_outermost_namespace_is_where_objects_go() -> None:
    found = known(
        base="namespace: inner\nresources: [web.yaml]", dev="namespace: dev\nresources: [../base]", bare="resources: []"
    )
    base, dev, bare = found
    assert found.namespaces(base) == found.namespaces(dev) == {"dev"}
    assert found.namespaces(bare) is None
    assert found.namespaces_of("base/web.yaml") == {"dev"}
    assert found.namespaces_of("base/other.yaml") == frozenset()


def test_many_ways_to_one_base_take_no_longer() -> None:
    files = {"k0": "resources: [web.yaml]"}
    for at in range(1, 40):
        files |= {f"a{at}": f"resources: [../k{at - 1}]", f"b{at}": f"resources: [../k{at - 1}]"}
        files[f"k{at}"] = f"resources: [../a{at}, ../b{at}]"
    files["k39"] += "\nnamespace: top"
    found = known(**files)
    assert found.namespaces_of("k0/web.yaml") == {"top"}
    data = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}
    (each,) = gather([("k0/web.yaml", 0, data)], Namespaces(found)).resources
    assert each.effective_namespace == "top"


def test_what_is_outside_of_a_run() -> None:
    found = known(over="resources: [../base, a.yaml, b.yaml, ../seen]", seen="resources: []")
    over = next(iter(found))
    assert over.resources - found.inside(frozenset({"over/a.yaml"})) == {"base", "over/b.yaml"}
    assert over.resources - found.inside(frozenset({"over/a.yaml", "over/b.yaml", "base/x.yaml"})) == set()
    assert [each.name for each in found.above(["over/a.yaml"])] == ["over/kustomization.yaml"]


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: lab\n"
WORKER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  selector:
    matchLabels: {app: worker}
  template:
    metadata:
      labels: {app: worker}
    spec:
      containers:
      - name: worker
        image: registry.example.com/worker:1
"""


def made(harden: Session, kustomization: str, **files: str) -> set[str]:
    """Return the kinds of companions that are written beside a worker with this kustomization."""
    texts = {"kustomization.yaml": kustomization, "namespace.yaml": NAMESPACE, "worker.yaml": WORKER}
    for name, text in (texts | files).items():
        path = Path("app", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    harden("apply", "--companions", "app")
    return {path.name.removeprefix("harden-").removesuffix("-lab.yaml") for path in Path("app").glob("harden-*")}


LISTS = "namespace: lab\nresources: [namespace.yaml, worker.yaml{}]\n"
EVERYTHING = {"network-policy", "service-account", "resource-quota", "limit-range"}


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ("", EVERYTHING),
        ("images: [{name: x, newTag: '1'}]\n", EVERYTHING),
        ("helmCharts: [{name: redis, repo: https://example.test}]\n", set()),
        ("generators: [make.yaml]\n", set()),
        ("transformers: [turn.yaml]\n", set()),
        ("patches: [{patch: 'spec: {replicas: 3}', target: {kind: Deployment, name: worker}}]\n",
         {"network-policy", "service-account"}),
        (("patches: [{patch: '[{op: add, path: /spec/template/spec/hostNetwork, value: true}]', "
         "target: {kind: Deployment}}]\n"), set()),
        ("patches: [{path: absent.yaml}]\n", set()),
        ("patches: [{patch: '{spec: {x: 1}}', target: {kind: CustomResourceDefinition}}]\n", EVERYTHING),
    ],
)  # fmt: skip
def test_what_a_kustomization_holds_back(harden: Session, more: str, kinds: set[str]) -> None:
    assert made(harden, LISTS.format("") + more) == kinds


@pytest.mark.parametrize("entry", ["https://example.test/x.yaml", "git@example.test:a/b", "../base", "absent.yaml"])
def test_resources_that_are_not_in_the_run_hold_back_their_namespace(harden: Session, entry: str) -> None:
    assert made(harden, LISTS.format(f", '{entry}'")) == set()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("no object: {\n", EVERYTHING),
        ("kind: ConfigMap\nmetadata:\n  name: x\n  namespace: far\ndata: {\n", EVERYTHING),
        ("kind: ConfigMap\nmetadata:\n  name: x\n  namespace: lab\ndata: {\n", set()),
        ("kind: ConfigMap\nmetadata:\n  name: x\ndata: {\n", set()),
        ("{kind: Deployment, metadata: {\n", set()),
        ("kind: List\nitems:\n- kind: Pod\n  metadata:\n    namespace: far\n- {\n", set()),
    ],
)
def test_a_file_that_nobody_can_read_reaches_the_namespace_that_it_names(
    harden: Session, text: str, kinds: set[str]
) -> None:
    assert made(harden, LISTS.format(""), **{"broken.yaml": text}) == kinds


@pytest.mark.parametrize(
    ("group", "kind", "makes_pods"),
    [
        ("k8s.nginx.org", "VirtualServer", False),
        ("apisix.apache.org", "ApisixRoute", False),
        ("gloo.solo.io", "Upstream", False),
        ("gateway.solo.io", "RouteTable", False),
        ("configuration.konghq.com", "KongIngress", False),
        ("projectcontour.io", "HTTPProxy", False),
        ("multicluster.x-k8s.io", "ServiceExport", False),
        ("gateway.envoyproxy.io", "SecurityPolicy", False),
        ("gateway.envoyproxy.io", "EnvoyProxy", True),
        ("grafana.integreatly.org", "GrafanaDashboard", False),
        ("grafana.integreatly.org", "Grafana", True),
        ("operator.victoriametrics.com", "VMPodScrape", False),
        ("operator.victoriametrics.com", "VMAgent", True),
        ("azmonitoring.coreos.com", "PodMonitor", False),
        ("projectcontour.io", "ContourDeployment", True),
        ("gateway-operator.konghq.com", "DataPlane", True),
    ],
)
def test_of_which_custom_objects_pods_may_be_made(group: str, kind: str, *, makes_pods: bool) -> None:
    data = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "x", "namespace": "lab"}}
    (each,) = gather([("x.yaml", 0, data)]).resources
    assert bool(signs([each], [])) is makes_pods


_ANNOTATIONS = "      annotations:\n        prometheus.io/scrape: 'true'\n        prometheus.io/port: '9'\n"
_LABELS = "      labels: {app: worker}\n    spec:"
SCRAPED = WORKER.replace(_LABELS, f"{_ANNOTATIONS}{_LABELS}")
UNREADABLE = "kind: ConfigMap\nmetadata:\n  name: x\n  namespace: lab\ndata: {\n"
EXISTING = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: own, namespace: lab}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


@pytest.mark.parametrize(
    ("other", "is_made"),
    [("", True), (UNREADABLE, False), (EXISTING, False)],
    ids=["all is read", "something is unread", "its pods have policies"],
)
def test_what_policies_do_is_said_only_where_some_are_made(harden: Session, other: str, *, is_made: bool) -> None:
    assert SCRAPED != WORKER
    worker = SCRAPED.replace("  name: worker\n", "  name: worker\n  namespace: lab\n", 1)
    Path("app.yaml").write_text(f"{NAMESPACE}---\n{worker}", "utf-8")
    Path("other.yaml").write_text(other, "utf-8")
    profile = "extends: hardened\ncontrols: {network-policy: {egress: dns+known}}\n"
    Path("p.yaml").write_text(profile, "utf-8")
    said = harden("apply", "--companions", "-p", "./p.yaml", "app.yaml", "other.yaml").text
    assert ("policies cut what only an image" in said) is is_made
    assert ("ports that are scraped are open" in said) is is_made
