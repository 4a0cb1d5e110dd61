"""Reads the workspaces of Tekton's tasks as the mounts and volumes that its controller makes of them.

Source: tektoncd/pipeline 3ee1745ae, pkg/workspace/apply.go (Apply, CreateVolumes) and pkg/apis/pipeline/v1,
workspace_types.go (GetMountPath).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harden.model.kube import Container, Data, dig
from harden.model.plain import as_list, as_mapping, as_word
from harden.model.text import Path, found_at

#: What a workspace may be bound to and a volume has under the same name.
_SOURCES = ("emptyDir", "persistentVolumeClaim", "configMap", "secret", "projected", "csi")
_USED = re.compile(r"\$\(workspaces\.([A-Za-z0-9_.-]+?)\.(?:path|bound|claim|volume)\)")


def with_workspaces(
    spec: Data, containers: tuple[Container, ...], whole: Data, steps: Path
) -> tuple[Data, tuple[Container, ...]]:
    """Return a task and its containers with the volumes and mounts of its workspaces.

    `whole` is the object that the task is in, `steps` lead from it to the task. What a run elsewhere binds is not
    known: such a mount has no volume. A workspace that is only read is left out, as all that is bound to it is open to
    every reader unless its owner says otherwise.
    """
    declared = {as_word(dig(each, "name")): as_mapping(each) for each in as_list(spec.get("workspaces"))}
    used = dict.fromkeys(name for each in containers for name in _USED.findall(repr(each.data)))
    found = {name: declared.get(name, {}) for name in (*declared, *used) if name}
    written = {name: each for name, each in found.items() if each.get("readOnly") is not True}
    if not written:
        return spec, containers
    volumes = [bound for name in written if (bound := _bound(name, whole, steps)) is not None]
    own = spec.get("volumes")
    if volumes and (own is None or isinstance(own, list)):
        spec = {**spec, "volumes": [*(own or []), *volumes]}
    isolated = {name for each in containers for name, _ in _wanted(each)}
    return spec, tuple(_mounting(each, written, isolated) for each in containers)


def _mounting(container: Container, written: Mapping[str, Data], isolated: set[str]) -> Container:
    """Return a container with the workspaces that it sees; one that any step asks for is seen by those that ask."""
    asked = dict(_wanted(container))
    mounts = [
        {"name": f"workspaces.{name}", "mountPath": asked.get(name) or _path(name, declared)}
        for name, declared in written.items()
        if name in asked or name not in isolated
    ]
    own = container.data.get("volumeMounts")
    if not mounts or not (own is None or isinstance(own, list)):
        return container
    return container._replace(data={**container.data, "volumeMounts": [*(own or []), *mounts]})


def _wanted(container: Container) -> Iterator[tuple[str, str]]:
    for each in as_list(container.data.get("workspaces")):
        yield as_word(dig(each, "name")), as_word(dig(each, "mountPath"))


def _path(name: str, declared: Data) -> str:
    return as_word(declared.get("mountPath")) or f"/workspace/{name}"


def _bound(name: str, whole: Data, steps: Path) -> Data | None:
    """Return the volume that the object itself binds to a workspace, None where a run elsewhere does."""
    # The task of a pipeline may call it by a name of its own.
    outer = as_list(found_at(whole, (*steps[:-1], "workspaces")))
    called = next((as_word(dig(each, "workspace")) for each in outer if dig(each, "name") == name), "") or name
    for each in as_list(dig(whole, "spec", "workspaces")):
        if dig(each, "name") != called:
            continue
        template = dig(each, "volumeClaimTemplate")
        if template is not None:
            return {"name": f"workspaces.{name}", "ephemeral": {"volumeClaimTemplate": template}}
        source = next((key for key in _SOURCES if dig(each, key) is not None), None)
        return None if source is None else {"name": f"workspaces.{name}", source: dig(each, source)}
    return None
