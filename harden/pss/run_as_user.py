"""The check `runAsUser`: neither the pod nor a container may ask for user 0 (from 1.23)."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import setters


def judge_1_23(pod: Pod) -> Refusal | None:
    """Judge runAsUser of the pod and of every container."""
    of_pod = pod.run_as_user == 0
    bad = [container.name for container in pod.containers if container.run_as_user == 0]
    if not bad and not of_pod:
        return None
    return "runAsUser=0", f"{setters(bad, pod=of_pod)} must not set runAsUser=0"


def judge_1_35(pod: Pod) -> Refusal | None:
    """Judge as from 1.23, but let pods with a user namespace do as they like."""
    return None if pod.user_namespace else judge_1_23(pod)


CHECKS = (Check("runAsUser", Level.RESTRICTED, (Revision((1, 23), judge_1_23), Revision((1, 35), judge_1_35))),)
