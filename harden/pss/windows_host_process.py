"""The check `windowsHostProcess`: no container may run as a process of its Windows node."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import setters


def judge(pod: Pod) -> Refusal | None:
    """Judge windowsOptions.hostProcess of the pod and of every container."""
    of_pod = pod.host_process
    bad = [container.name for container in pod.containers if container.host_process]
    if not bad and not of_pod:
        return None
    who = setters(bad, pod=of_pod)
    return "hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true"


CHECKS = (Check("windowsHostProcess", Level.BASELINE, (Revision((1, 0), judge),)),)
