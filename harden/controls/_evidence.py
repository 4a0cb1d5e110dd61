"""Names the facts about images that a fix rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harden.model.finding import Finding, Fix
from harden.model.kube import Workload

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def with_evidence(finding: Finding, workload: Workload, images: Callable[[str], ImageFacts | None]) -> Finding:
    """Return a finding whose fix names where the facts about the images come from that it may rest on.

    Those are the images of the containers that it is about, or changes; of all where it speaks of the pod alone.
    """
    fix = finding.fix
    if not isinstance(fix, Fix) or fix.evidence:
        return finding
    paths = [finding.path, *(change.path for change in fix.changes)]
    about = [each for each in workload.containers if any(path[: len(each.path)] == each.path for path in paths)]
    told = [each.get("image") for each in about or workload.containers]
    facts = [images(image) for image in told if isinstance(image, str) and image]
    evidence = tuple(dict.fromkeys(each.evidence for each in facts if each is not None and each.evidence))
    return finding._replace(fix=fix._replace(evidence=evidence)) if evidence else finding
