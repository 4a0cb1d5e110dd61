"""Says which breaking fixes are not worth their price, because the pod is refused all the same.

Whoever accepts that a workload breaks wants it nearer to its level for that. Where something stays that nobody but a
person can end, a folder of the node, the pod is not admitted whatever else breaks; then only what brings it to the
level below is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harden.engine.check import CheckedWorkload
from harden.engine.judging import EVALUATOR
from harden.model.finding import Because, Finding, Held, Level, NoFix, Risk
from harden.pss import evaluate

#: Checks of the restricted level that stand for one of baseline, and look at more. Of capabilities only a fix counts:
#: what nobody ends there is that they are not dropped, which baseline does not ask.
_VOLUMES = {"restrictedVolumes": "hostPathVolumes"}
_STANDS_FOR = {**_VOLUMES, "capabilities_restricted": "capabilities_baseline"}


def not_worth(subject: CheckedWorkload) -> dict[int, Held] | None:
    """Return the breaking fixes of a workload that bring it no nearer to its level, by the numbers of their findings.

    None where nothing keeps the pod from being admitted. What no official check is about is asked for by the profile
    alone, and is nearer by itself.
    """
    failing = {failure.id for failure in subject.failures}
    blocking = list(_blocking(subject, failing))
    if not blocking:
        return None
    refusing = _refusing_at_baseline(subject)
    below = next((each for each in blocking if _is_among(each, refusing, _VOLUMES)), None)
    told = blocking[0] if below is None else below
    held = Held(Because.NO_NEARER, f"breaking, and the pod is refused all the same: {told.message} ({told.control})")
    return {
        at: held
        for at, finding in enumerate(subject.findings)
        if finding.risk is Risk.BREAKING
        and not failing.isdisjoint(finding.checks)
        and (below is not None or not _is_among(finding, refusing, _STANDS_FOR))
    }


def _blocking(subject: CheckedWorkload, failing: set[str]) -> Iterator[Finding]:
    """Yield the findings about what refuses the pod that stay, whatever risk is accepted.

    What an exemption lets stand, and what the person who runs harden does not ask for, is no obstacle to the rest.
    """
    for at, finding in enumerate(subject.findings):
        said = subject.said.held(at)
        stays = isinstance(finding.fix, NoFix) if said is None else said.because is not Because.EXEMPT
        if stays and finding.control != EVALUATOR and not failing.isdisjoint(finding.checks):
            yield finding


def _is_among(finding: Finding, refusing: frozenset[str], stands_for: Mapping[str, str]) -> bool:
    """Return whether a finding is about one of these checks of level baseline."""
    return any(stands_for.get(check, check) in refusing for check in finding.checks)


def _refusing_at_baseline(subject: CheckedWorkload) -> frozenset[str]:
    workload = subject.workload
    found = evaluate(workload.metadata, workload.spec, Level.BASELINE, None, is_pod=workload.kind == "Pod")
    return frozenset(failure.id for failure in found)
