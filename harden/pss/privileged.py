"""The check `privileged`: no container may be privileged."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers


def judge(pod: Pod) -> Refusal | None:
    """Judge securityContext.privileged of every container."""
    bad = [container.name for container in pod.containers if container.privileged]
    if not bad:
        return None
    return "privileged", f"{containers(bad)} must not set securityContext.privileged=true"


CHECKS = (Check("privileged", Level.BASELINE, (Revision((1, 0), judge),)),)
