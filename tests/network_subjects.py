"""Owns small objects for the tests of policies and evidence, and the bundles of the corpus as trees."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harden.kube.bundle import Bundle, gather
from harden.model.report import Problem
from harden.network.neighbours import Neighbours
from harden.network.pods import Pods
from harden.network.reach import Model
from harden.network.services import services_of
from harden.source.parse import parse
from harden.source.read import decode

KINDS = {"Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1", "ReplicationController": "v1"}


def _metadata(name: str, namespace: str | None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({} if namespace is None else {"namespace": namespace}), **more}


def workload(
    name: str,
    *,
    kind: str = "Deployment",
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    ports: Mapping[str, int] | None = None,
    annotations: Mapping[str, str] | None = None,
    container: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a workload with one container; its pods are labelled `app: NAME` unless `labels` says otherwise."""
    own = {"app": name} if labels is None else dict(labels)
    each: dict[str, Any] = {"name": "main", "image": f"registry.test/{name}:1"}
    if env:
        each["env"] = [{"name": key, "value": value} for key, value in env.items()]
    if ports:
        each["ports"] = [{"name": key, "containerPort": number} for key, number in ports.items()]
    pod = {"containers": [{**each, **(container or {})}], **(spec or {})}
    metadata: dict[str, Any] = {"labels": own}
    if annotations:
        metadata["annotations"] = dict(annotations)
    template = {"metadata": metadata, "spec": pod}
    body: dict[str, Any] = {"selector": {"matchLabels": own}, "template": template}
    if kind == "ReplicationController":
        body["selector"] = own
    if kind == "Job":
        body = {"template": template}
    if kind == "CronJob":
        body = {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": template}}}
    head = {"apiVersion": KINDS.get(kind, "apps/v1"), "kind": kind}
    if kind == "Pod":
        return {**head, "metadata": _metadata(name, namespace, **metadata), "spec": pod}
    return {**head, "metadata": _metadata(name, namespace), "spec": body}


def service(
    name: str,
    *ports: int | Mapping[str, Any],
    namespace: str | None = None,
    selects: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Return a Service of pods labelled `app: NAME` unless `selects` says otherwise."""
    listed = [{"port": port} if isinstance(port, int) else dict(port) for port in ports]
    more = {"annotations": dict(annotations)} if annotations else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(name, namespace, **more),
        "spec": {"selector": {"app": name} if selects is None else dict(selects), "ports": listed, **spec},
    }


def namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def config_map(name: str, data: Mapping[str, str], *, namespace: str | None = None) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(name, namespace), "data": dict(data)}


def policy(name: str, spec: Mapping[str, Any], *, namespace: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(name, namespace),
        "spec": dict(spec),
    }


def named(pods: tuple[Pods, ...], name: str) -> Pods:
    return next(pod for pod in pods if pod.name == name)


def possible_connections(held: Bundle, model: Model) -> list[tuple[Pods, Pods, int]]:
    """Return every connection between pods that is possible on a known port: its ends and the port, asked one by one.

    A port is known where a container declares it or a Service names it.
    """
    return [
        (source, target, port)
        for target, ports in Neighbours(model.pods, services_of(held)).listening.items()
        for port, protocol in ports
        for source in model.pods
        if model.allows(source, target, port, protocol)
    ]


@cache
def trees(root: Path) -> tuple[tuple[str, Bundle], ...]:
    """Return every folder with more than one workload, once with its own files and once with all below it."""
    files = sorted(path for path in root.rglob("*") if path.suffix in (".yaml", ".yml", ".json") and path.is_file())
    documents = {path: _documents(path) for path in files}
    found: dict[tuple[Path, ...], tuple[str, Bundle]] = {}
    for folder in sorted({path.parent for path in files} | {above for path in files for above in path.parents}):
        if not folder.is_relative_to(root) or folder == root:
            continue
        for deep in (False, True):
            held = tuple(path for path in files if (path.is_relative_to(folder) if deep else path.parent == folder))
            if held in found:
                continue
            bundle = gather((path.name, at, value) for path in held for at, value in documents[path])
            if len(bundle.members) > 1:
                name = folder.relative_to(root).as_posix() + ("/**" if deep else "")
                found[held] = (name, bundle)
    return tuple(found.values())


def _documents(path: Path) -> list[tuple[int, object]]:
    source = decode(path.name, path.read_bytes())
    if isinstance(source, Problem):
        return []
    read = parse(source, lambda text: "kind: CustomResourceDefinition" not in text)
    return [(document.index, document.root.value) for document in read.documents if document.root is not None]
