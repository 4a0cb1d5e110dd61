"""Finds what runs pods without a row in the table of kinds: by its shape, or by what is known of its operator."""

from __future__ import annotations

from collections.abc import Mapping

from harden.kube.operated import deployer, operated
from harden.model.kube import Data
from harden.model.record import Record
from harden.model.text import Path

#: Fields that hold containers, whatever the kind.
_LISTS = ("containers", "initContainers")


class Elsewhere(Record):
    """Why the pods of a kind do not stand in it, and what to run instead."""

    what: str
    hint: str


_FLUX = "flux build kustomization NAME --path FOLDER | harden apply -"
_HELM = "helm template CHART --values FILE | harden apply -"
_ARGO = "argocd app manifests NAME | harden check -"
_APPLIED = "harden what it names"
_KUBEVIRT = "virt-launcher runs it, in a pod that KubeVirt makes"

#: Kinds whose pods are made of what stands elsewhere, by API group; each product's own documentation.
_ELSEWHERE: Mapping[tuple[str, str], Elsewhere] = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): Elsewhere("they come from a Helm chart", _HELM),
    ("helm.cattle.io", "HelmChart"): Elsewhere("they come from a Helm chart", _HELM),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): Elsewhere("Flux applies what it names", _FLUX),
    ("argoproj.io", "Application"): Elsewhere("Argo CD applies what it names", _ARGO),
    ("argoproj.io", "ApplicationSet"): Elsewhere("Argo CD applies what it names", _ARGO),
    ("config.kubernetes.io", "ResourceList"): Elsewhere(
        "the input of a function; its items are looked at", "harden what the functions write: kpt fn render"
    ),
    ("kubevirt.io", "VirtualMachine"): Elsewhere(_KUBEVIRT, "KubeVirt sets its security context"),
    ("kubevirt.io", "VirtualMachineInstance"): Elsewhere(_KUBEVIRT, "KubeVirt sets its security context"),
    ("kubevirt.io", "VirtualMachineInstanceReplicaSet"): Elsewhere(_KUBEVIRT, "KubeVirt sets its security context"),
    ("pool.kubevirt.io", "VirtualMachinePool"): Elsewhere(_KUBEVIRT, "KubeVirt sets its security context"),
}

#: The names of these kinds.
NAMED = tuple(sorted({kind for _, kind in _ELSEWHERE}))


def named_elsewhere(api_version: str, kind: str) -> Elsewhere | None:
    """Return why the pods of a kind do not stand in it, None where nothing is known of it."""
    group = api_version.rpartition("/")[0]
    hint = operated(group, kind)
    if hint is not None:
        return Elsewhere("its operator makes them", hint)
    who = deployer(group, kind)
    return _ELSEWHERE.get((group, kind)) if who is None else Elsewhere(f"{who} applies what it names", _APPLIED)


def pod_shape(data: Data) -> Path | None:
    """Return the path of the first thing in an object that looks like a pod's spec, None where there is none.

    That is a mapping with a list of containers, one of which has an image and a name. What a List holds is looked at
    itself.
    """
    fields = [(key, value) for key, value in data.items() if key not in {"items", "status"}]
    todo: list[tuple[Path, object]] = [((key,), value) for key, value in reversed(fields)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            if any(_has_container(value.get(field)) for field in _LISTS):
                return path
            todo.extend(((*path, key), item) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            todo.extend(((*path, at), value[at]) for at in reversed(range(len(value))))
    return None


def _has_container(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(each, dict) and isinstance(each.get("image"), str) and isinstance(each.get("name"), str)
        for each in value
    )
