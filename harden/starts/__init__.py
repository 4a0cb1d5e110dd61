"""Gives the start verdict: whether each container of a pod starts, judged by what kubelet, runtime and image do.

It shares no code with the controls: they propose, this judges. Every fact below this package names its source. Not
modelled, because no manifest shows it: what a seccomp, AppArmor or SELinux profile refuses, limits of memory, devices,
the network, and whether an image can be pulled. A running container may still fail later: this is about the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from harden.model.start import ContainerStart
from harden.starts.choose import Choice, choose
from harden.starts.compare import compare
from harden.starts.judged import Judged, seen
from harden.starts.neighbours import Given, Neighbours, NoNeighbours, Storage

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

__all__ = ["Choice", "Given", "Judged", "Neighbours", "NoNeighbours", "Storage", "choose", "compare", "seen", "starts"]


def starts(
    pod_spec: Mapping[str, object],
    images: Callable[[str], ImageFacts | None],
    neighbours: Neighbours | None = None,
    judged: Judged | None = None,
) -> tuple[ContainerStart, ...]:
    """Return whether each container of a pod starts, init containers first; ephemeral ones are left out.

    `pod_spec` is plain data and never changed; nothing in it raises. `images` tells what is known of an image as it is
    written. `neighbours` tells of other objects; without any, what hangs on them is unknown. Values of variables and of
    Secrets are in no text of the result. `judged` keeps what the containers of one workload come to: whoever tries many
    changes of it asks about those that change, and the images and neighbours must be the same each time.
    """
    from harden.starts.case import case_of  # noqa: PLC0415 - the rules are read only where a start is judged
    from harden.starts.judge import judge  # noqa: PLC0415 - as above
    from harden.starts.reader import read_pod  # noqa: PLC0415 - as above

    known = NoNeighbours() if neighbours is None else neighbours
    if judged is None:
        pod = read_pod(pod_spec)
        return tuple(judge(case_of(pod, container, images, known)) for container in pod.containers)
    pod = read_pod(pod_spec, judged.read)
    found = partial(judged.start, pod_spec, judge=lambda each: judge(case_of(pod, each, images, known)))
    return tuple(found(container) for container in pod.containers)
