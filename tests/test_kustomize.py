from __future__ import annotations

from harden.kube.kustomize import is_kustomization, patch_files


def test_patch_files_of_every_field_are_found() -> None:
    value = {
        "resources": ["base.yaml"],
        "patches": [{"path": "a.yaml"}, {"patch": "- op: add"}, {"path": "../up.yaml"}],
        "patchesJson6902": [{"path": "./b.json", "target": {}}],
        "patchesStrategicMerge": ["c.yaml", "kind: Deployment\nspec: {}\n"],
        "replacements": [{"path": "r.yaml"}],
    }
    found = list(patch_files("app/overlay/kustomization.yaml", value))
    assert sorted(found) == [
        "app/overlay/a.yaml",
        "app/overlay/b.json",
        "app/overlay/c.yaml",
        "app/overlay/r.yaml",
        "app/up.yaml",
    ]


def test_odd_values_are_passed_over() -> None:
    assert list(patch_files("k.yaml", ["x"])) == []
    assert list(patch_files("k.yaml", {"patches": "x", "patchesStrategicMerge": None, "replacements": [3]})) == []


def test_names() -> None:
    assert is_kustomization("a/kustomization.yml")
    assert is_kustomization("Kustomization")
    assert not is_kustomization("a/my-kustomization.yaml")
