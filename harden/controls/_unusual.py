"""What a container asks for that others of its class do not, so that its class tells nothing of its size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.controls._heap import memory_volume
from harden.controls._volumes import mounted_empty_dirs
from harden.kube.quantity import NANO, parse
from harden.kube.scheduling import read
from harden.model.kube import Container, Workload, dig
from harden.model.plain import as_list, as_word

_MUCH_STORAGE = 10 * 2**30 * NANO
#: Words of labels, taints, runtime classes and variables for nodes with accelerators (cloud.google.com/gke-accelerator,
#: nvidia.com/gpu, NVIDIA_VISIBLE_DEVICES).
_ACCELERATOR = r"(?i)(?:^|[^a-z])(?:accelerator|gpus?|tpus?|nvidia|habana|neuron|rocm|cuda)(?:[^a-z]|$)"


def unusual(workload: Workload, container: Container) -> str | None:
    """Return what it is, the first of it; None for a container like others of its class."""
    return next(_unusual(workload, container), None)


def _unusual(workload: Workload, container: Container) -> Iterator[str]:
    """Yield devices, much local storage, and volumes in memory.

    Sources: Kubernetes documentation, "Extended resources" (their names have a domain other than kubernetes.io),
    "Manage HugePages", "Dynamic Resource Allocation" (resources.claims); Volumes, emptyDir.
    """
    for side in ("limits", "requests"):
        amounts = container.get("resources", side)
        for name in amounts if isinstance(amounts, dict) else ():
            domain, slash, _ = name.partition("/")
            if (slash and domain != "kubernetes.io" and not domain.endswith(".kubernetes.io")) or _is_huge(name):
                yield str(name)
        if read(amounts).get("ephemeral-storage", 0) >= _MUCH_STORAGE:
            yield "tens of gigabytes of ephemeral-storage"
    claims = as_list(container.get("resources", "claims"))
    if claims:
        yield f'the resource claim "{as_word(dig(claims[0], "name"))}"'
    if memory_volume(workload, container):
        yield "a volume in memory"
    if any(size >= _MUCH_STORAGE for size in _scratch(workload, container)):
        yield "a volume with tens of gigabytes of the node's storage"
    if container.field == "containers":
        yield from _accelerated(workload, container)


def _is_huge(name: str) -> bool:
    return name.startswith("hugepages-")


def _scratch(workload: Workload, container: Container) -> Iterator[int]:
    """Yield the sizeLimit of each emptyDir on the node's disk that the container mounts, in billionths of a byte."""
    for folder in mounted_empty_dirs(workload, container):
        size = None if folder.get("medium") == "Memory" else parse(folder.get("sizeLimit"))
        if size is not None:
            yield size.nano


def _accelerated(workload: Workload, container: Container) -> Iterator[str]:
    """Yield the signs that a pod runs on a node for accelerators, which may share one without asking for it."""
    selector = workload.get("nodeSelector")
    labels = [text for pair in selector.items() for text in pair] if isinstance(selector, dict) else []
    words = [*labels, workload.get("runtimeClassName")]
    words += [dig(variable, "name") for variable in as_list(container.get("env"))]
    for text in words:
        if isinstance(text, str) and re.search(_ACCELERATOR, text):
            yield f"an accelerator ({text})"
