"""The check `runAsNonRoot`: every container must be bound to a user other than root."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, setters

_REASON = "runAsNonRoot != true"


def judge_1_0(pod: Pod) -> Refusal | None:
    """Judge runAsNonRoot: true on every container, or on the pod for containers that do not set it; never false."""
    of_pod = pod.run_as_non_root
    wrong = [container.name for container in pod.containers if container.run_as_non_root is False]
    if wrong or of_pod is False:
        who = setters(wrong, pod=of_pod is False)
        return _REASON, f"{who} must not set securityContext.runAsNonRoot=false"
    if of_pod:
        return None
    missing = [container.name for container in pod.containers if container.run_as_non_root is None]
    if not missing:
        return None
    return _REASON, f"pod or {containers(missing)} must set securityContext.runAsNonRoot=true"


def judge_1_35(pod: Pod) -> Refusal | None:
    """Judge as from 1.0, but let pods with a user namespace do as they like."""
    return None if pod.user_namespace else judge_1_0(pod)


CHECKS = (Check("runAsNonRoot", Level.RESTRICTED, (Revision((1, 0), judge_1_0), Revision((1, 35), judge_1_35))),)
