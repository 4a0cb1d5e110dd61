"""The check `allowPrivilegeEscalation`: no container may leave the door to more privileges open (from 1.8)."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers


def judge_1_8(pod: Pod) -> Refusal | None:
    """Judge allowPrivilegeEscalation of every container: it must say false."""
    bad = [container.name for container in pod.containers if container.allow_privilege_escalation is not False]
    if not bad:
        return None
    detail = f"{containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return "allowPrivilegeEscalation != false", detail


def judge_1_25(pod: Pod) -> Refusal | None:
    """Judge as from 1.8, but leave Windows pods alone: validation keeps the field out of them."""
    return None if pod.windows else judge_1_8(pod)


CHECKS = (
    Check(
        "allowPrivilegeEscalation",
        Level.RESTRICTED,
        (Revision((1, 8), judge_1_8), Revision((1, 25), judge_1_25)),
    ),
)
