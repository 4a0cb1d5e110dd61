"""Names the facts about images that a fix rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from harden.model.finding import Finding, Fix
from harden.model.kube import Container, Workload
from harden.model.text import Path

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def with_evidence(
    findings: Iterable[Finding], workload: Workload, images: Callable[[str], ImageFacts | None]
) -> Iterator[Finding]:
    """Yield findings whose fixes name where the facts about the images come from that they may rest on.

    Those are the images of the containers that a finding is about, or changes; of all where it speaks of the pod alone.
    """
    containers: _Containers | None = None
    for finding in findings:
        fix = finding.fix
        if not isinstance(fix, Fix) or fix.evidence:
            yield finding
            continue
        if containers is None:
            containers = _Containers(workload)
        about = containers.on([finding.path, *(change.path for change in fix.changes)])
        told = [each.get("image") for each in about or workload.containers]
        facts = [images(image) for image in told if isinstance(image, str) and image]
        evidence = tuple(dict.fromkeys(each.evidence for each in facts if each is not None and each.evidence))
        yield finding._replace(fix=fix._replace(evidence=evidence)) if evidence else finding


class _Containers:
    """The containers of a workload by their paths; there may be hundreds, and a finding about each."""

    def __init__(self, workload: Workload) -> None:
        self._all = workload.containers
        self._by_path: dict[Path, list[int]] = {}
        for at, container in enumerate(self._all):
            self._by_path.setdefault(container.path, []).append(at)
        self._lengths = {len(path) for path in self._by_path}

    def on(self, paths: Iterable[Path]) -> list[Container]:
        """Return the containers that paths lead into, in the order of the pod."""
        starts = {path[:length] for path in paths for length in self._lengths}
        return [self._all[at] for at in sorted(at for start in starts for at in self._by_path.get(start, ()))]
