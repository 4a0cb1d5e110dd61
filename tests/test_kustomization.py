"""A kustomization is read once: what it lists, patches, generates and moves."""

from __future__ import annotations

from random import Random

import pytest

from harden.kube.built import built
from harden.kube.bundle import gather
from harden.kube.generated import ENVS, HIDDEN, generated
from harden.kube.kustomization import Kustomization, Means, read
from harden.kube.kustomizations import Kustomizations, among, is_kustomization
from harden.kube.namespaces import Namespaces
from harden.model.text import SourceText


def parsed(text: str, name: str = "app/overlay/kustomization.yaml", **files: str) -> Kustomization:
    def look(path: str) -> SourceText | None:
        return SourceText(path, files[path]) if path in files else None

    found = read(SourceText(name, text), look)
    assert found is not None
    return found


def test_patch_files_of_every_field_are_found() -> None:
    found = parsed(
        """
        patches: [{path: a.yaml}, {patch: '- op: add'}, {path: ../up.yaml}]
        patchesJson6902: [{path: ./b.json, target: {}}]
        patchesStrategicMerge: [c.yaml, "kind: Deployment\\nspec: {}\\n"]
        replacements: [{path: r.yaml}]
        """
    )
    paths = sorted(patch.path for patch in found.patches if patch.path is not None)
    assert paths == [
        "app/overlay/a.yaml",
        "app/overlay/b.json",
        "app/overlay/c.yaml",
        "app/overlay/r.yaml",
        "app/up.yaml",
    ]
    assert found.has_inline_patches


def test_transformers_of_kustomize_name_patches_by_path() -> None:
    transformer = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: p.yaml\n"
    found = parsed("transformers: [t.yaml]", "k/kustomization.yaml", **{"k/t.yaml": transformer})
    assert [(patch.means, patch.path) for patch in found.patches] == [(Means.TRANSFORMER, "k/p.yaml")]
    inline = "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchStrategicMergeTransformer\n  paths: [q.yaml]\n"
    assert [patch.path for patch in parsed(inline, "k/kustomization.yaml").patches] == ["k/q.yaml"]
    other = transformer.replace("PatchTransformer", "LabelTransformer")
    assert parsed("transformers: [t.yaml]", "k/kustomization.yaml", **{"k/t.yaml": other}).patches == ()


def test_what_comes_from_elsewhere_is_told_apart() -> None:
    found = parsed(
        """
        resources:
        - web.yaml
        - ../base
        - https://example.test/x.yaml
        - github.com/some/where//deploy?ref=v1
        - git@example.test:some/where
        components: [../debug]
        helmCharts: [{name: redis, repo: https://example.test}]
        """
    )
    assert found.resources == {"app/overlay/web.yaml", "app/base", "app/debug"}
    assert len(found.remote) == 4
    assert "redis" in found.remote
    assert "helmCharts" in found.unread


def test_generators_are_read() -> None:
    found = parsed(
        """
        configMapGenerator:
        - {name: c, literals: [A=b], files: [x.conf, key=y.conf], envs: [z.env]}
        secretGenerator:
        - {name: s, namespace: other, env: old.env}
        """,
        "kustomization.yaml",
    )
    first, second = found.generators
    assert (first.kind, first.name, first.literals, first.files, first.envs) == (
        "ConfigMap", "c", ("A=b",), (("x.conf", "x.conf"), ("key", "y.conf")), ("z.env",),
    )  # fmt: skip
    assert (second.kind, second.namespace, second.envs) == ("Secret", "other", ("old.env",))


@pytest.mark.parametrize(
    "text",
    ["- x", "patches: x", "patchesStrategicMerge: null\nreplacements: [3]", "resources: {a: b}\nnamespace: 3", "[", ""],
)
def test_odd_values_are_passed_over(text: str) -> None:
    found = read(SourceText("k.yaml", text))
    assert found is None or (found.resources, found.namespace, [p.path for p in found.patches if p.path]) == (
        frozenset(), None, [],
    )  # fmt: skip


def test_the_object_of_flux_is_no_kustomization_of_kustomize() -> None:
    text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {}\n"
    assert read(SourceText("kustomization.yaml", text)) is None


def test_names() -> None:
    assert is_kustomization("a/kustomization.yml")
    assert is_kustomization("Kustomization")
    assert not is_kustomization("a/my-kustomization.yaml")


def test_a_file_that_is_listed_is_no_patch_whoever_says_so() -> None:
    known = among(
        [
            ("a/kustomization.yaml", b"resources: [web.yaml]\n"),
            ("b/kustomization.yaml", b"patches: [{path: ../a/web.yaml}, {path: size.yaml}]\n"),
        ]
    )
    assert known.patch_of("a/web.yaml") is None
    assert known.patch_of("./b/size.yaml") == "b/kustomization.yaml"


def test_a_namespace_comes_through_folders_and_disagreement_is_none() -> None:
    base = parsed("resources: [web.yaml]", "base/kustomization.yaml")
    prod = parsed("namespace: shop\nresources: [../base]", "prod/kustomization.yaml")
    dev = parsed("namespace: try\nresources: [../base]", "dev/kustomization.yaml")
    assert Kustomizations([base, prod]).namespace_of("base/web.yaml") == "shop"
    assert Kustomizations([base, prod, dev]).namespace_of("base/web.yaml") is None
    assert Kustomizations([base, prod]).namespace_of("other/web.yaml") is None


def test_folders_that_list_each_other_end() -> None:
    each = parsed("resources: [../b]", "a/kustomization.yaml")
    two = parsed("namespace: shop\nresources: [../a, x.yaml]", "b/kustomization.yaml")
    assert Kustomizations([each, two]).namespace_of("b/x.yaml") == "shop"


def test_ends_are_those_of_each_way_to_the_top() -> None:
    for seed in range(300):
        random = Random(seed)
        count = random.randint(1, 7)
        each = []
        for at in range(count):
            # Some list each other in circles.
            others = [n for n in range(count) if random.random() < 0.4 and (n < at or random.random() < 0.1)]
            resources = ", ".join(f"../k{n}" for n in others)
            namespace = f"namespace: n{at}\n" if random.random() < 0.3 else ""
            each.append(parsed(f"{namespace}resources: [{resources}]", f"k{at}/kustomization.yaml"))
        known = Kustomizations(each)
        assert [known._ends(one) for one in each] == [known._ends_in_circles(one) for one in each], seed


def test_a_chain_of_kustomizations_may_be_longer_than_python_calls_deep() -> None:
    chain = [parsed(f"resources: [a.yaml, ../k{n - 1}]", f"k{n}/kustomization.yaml") for n in range(1, 1200)]
    chain[-1] = chain[-1]._replace(namespace="shop")
    known = Kustomizations(chain)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
    bundle = gather([("k1/a.yaml", 0, account)], Namespaces())
    (view,) = built(bundle.resources, known, "default")
    assert [each.effective_namespace for _, each in view] == ["shop"]


def binding(*subjects: dict[str, object]) -> dict[str, object]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "b"},
        "subjects": list(subjects),
    }


def test_what_kustomize_moves_takes_its_subjects_along() -> None:
    known = Kustomizations([parsed("namespace: shop\nresources: [x.yaml]", "kustomization.yaml")])
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "old"}}
    subjects = binding(
        {"kind": "ServiceAccount", "name": "web", "namespace": "old"},
        {"kind": "ServiceAccount", "name": "web", "namespace": "far"},
        {"kind": "ServiceAccount", "name": "default", "namespace": "far"},
        {"kind": "User", "name": "web", "namespace": "old"},
    )
    held = gather([("x.yaml", 0, account), ("x.yaml", 1, subjects)], Namespaces(known))
    moved, bound = held.resources
    assert (moved.namespace, moved.effective_namespace) == ("shop", "shop")
    assert (bound.namespace, bound.effective_namespace) == (None, "")
    entries = bound.data["subjects"]
    assert isinstance(entries, list)
    assert [entry["namespace"] for entry in entries] == ["shop", "far", "shop", "old"]


def test_what_names_no_namespace_goes_where_the_user_says() -> None:
    objects: list[dict[str, object]] = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b", "namespace": "own"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "own"}},
        {"apiVersion": "example.test/v1", "kind": "Namespace", "metadata": {"name": "custom"}},
    ]
    held = gather((("x.yaml", at, each) for at, each in enumerate(objects)), Namespaces(fallback="shop"))
    assert [resource.namespace for resource in held.resources] == [None, "own", None, None]
    assert [resource.effective_namespace for resource in held.resources] == ["shop", "own", "", "shop"]


GENERATING = """
namespace: shop
configMapGenerator:
- {name: c, literals: ['A=b', "Q='x'"], files: [x.conf, key=y.conf], envs: [z.env]}
- {name: gone, files: [absent.conf], envs: [absent.env]}
secretGenerator:
- {name: s, literals: [HOST=store]}
"""


def test_what_is_generated_has_the_content_of_its_files() -> None:
    texts = {"app/x.conf": "host=store", "app/y.conf": "two\n", "app/z.env": "# no\n\nB=c\n D = e\nHOME\n"}

    def look(path: str) -> SourceText | None:
        return SourceText(path, texts[path]) if path in texts else None

    first, gone, secret = generated(Kustomizations([parsed(GENERATING, "app/kustomization.yaml")], look))
    assert first.data["data"] == {
        "A": "b", "Q": "x", "x.conf": "host=store", "key": "two\n", "B": "c", "D": " e", "HOME": HIDDEN,
    }  # fmt: skip
    assert gone.data["data"] == {"absent.conf": HIDDEN, ENVS: HIDDEN}
    assert (secret.kind, secret.namespace, secret.name) == ("Secret", "shop", "s")
    assert secret.data["stringData"] == {"HOST": "store"}


WRITING = """
vars:
- {name: STORE, objref: {kind: Service, name: store, apiVersion: v1}}
- {name: GONE, objref: {kind: Service, name: gone}, fieldref: {fieldpath: metadata.name}}
replacements:
- source: {kind: ConfigMap, name: c, fieldPath: data.HOST}
  targets:
  - select: {kind: Deployment, name: we.}
    fieldPaths: ['spec.template.spec.containers.[name=main].env.[name=DB_HOST].value', spec.host]
- path: more.yaml
"""
MORE = "sourceValue: fixed\ntargets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]\n"


def test_what_a_kustomization_writes_into_workloads() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "store"}}
    conf = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"HOST": "store"}}
    found = parsed(WRITING, "kustomization.yaml", **{"more.yaml": MORE})
    held = gather([("x.yaml", 0, service), ("x.yaml", 1, conf)], Namespaces(Kustomizations([found])))
    assert [(each.variable, each.kind, each.name, each.key, each.text) for each in held.written] == [
        ("STORE", "", "", "", "store"),
        ("GONE", "", "", "", None),
        ("", "Deployment", "we.", "DB_HOST", "store"),
        ("", "Deployment", "we.", "host", "store"),
        ("", "Deployment", "", "x", "fixed"),
    ]
