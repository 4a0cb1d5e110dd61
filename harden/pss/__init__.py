"""The verdict: an independent evaluator of Pod Security Admission, for every level and version.

It says what k8s.io/pod-security-admission v0.37.2 (Kubernetes 1.37) says, word for word, and shares no code with the
controls: they propose, this judges. Every fact below this package comes from the `policy` folder of that module unless
another source is named.
"""

from __future__ import annotations

from collections.abc import Mapping

from harden.model.finding import Level
from harden.model.kube import Version
from harden.model.report import CheckFailure
from harden.pss.decode import MalformedPod
from harden.pss.reader import read_pod
from harden.pss.registry import NEWEST, lacking, plan

__all__ = ["NEWEST", "MalformedPod", "checks", "evaluate", "lacking", "message"]


def evaluate(
    metadata: Mapping[str, object],
    spec: Mapping[str, object],
    level: Level,
    version: Version | None,
    *,
    is_pod: bool,
) -> tuple[CheckFailure, ...]:
    """Return the checks that refuse a pod, in the official order; () means that it is admitted.

    `metadata` and `spec` are those of the pod, or of the template when `is_pod` is False: the server defaults a little
    less in templates. They are plain data and never changed. `version` None means latest, as do versions after NEWEST.
    Raises MalformedPod, at any level, for a field that a check reads and the API server could not decode; ValueError
    for a version before 1.0.
    """
    running = plan(level, version)
    pod = read_pod(metadata, spec, is_pod=is_pod)
    failures = []
    for name, judge in running:
        refusal = judge(pod)
        if refusal is not None:
            failures.append(CheckFailure(name, *refusal))
    return tuple(failures)


def message(level: Level, version: Version | None, failures: tuple[CheckFailure, ...]) -> str:
    """Return the API server's warning for these failures, "" where there are none: then it says nothing."""
    if not failures:
        return ""
    word = "latest" if version is None else f"v{version[0]}.{version[1]}"
    parts = (f"{failure.reason} ({failure.detail})" if failure.detail else failure.reason for failure in failures)
    return f'would violate PodSecurity "{level.value}:{word}": {", ".join(parts)}'


def checks(level: Level, version: Version | None) -> tuple[str, ...]:
    """Return the ids of the checks that run, in the official order; raises ValueError for a version before 1.0."""
    return tuple(name for name, _ in plan(level, version))
