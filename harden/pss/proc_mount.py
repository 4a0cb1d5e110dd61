"""The checks `procMount` and `procMount_restricted`: containers keep the masks on /proc."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, quoted


def judge_1_0(pod: Pod) -> Refusal | None:
    """Judge procMount of every container: not set, or Default."""
    bad = [container for container in pod.containers if container.proc_mount not in (None, "Default")]
    if not bad:
        return None
    kinds = sorted({each.proc_mount for each in bad if each.proc_mount is not None})
    names = containers([each.name for each in bad])
    return "procMount", f"{names} must not set securityContext.procMount to {quoted(kinds)}"


def judge_1_35(pod: Pod) -> Refusal | None:
    """Judge as from 1.0, but let pods with a user namespace do as they like."""
    return None if pod.user_namespace else judge_1_0(pod)


CHECKS = (
    Check("procMount", Level.BASELINE, (Revision((1, 0), judge_1_0), Revision((1, 35), judge_1_35))),
    # Restricted never relaxed: from 1.35 it needs a check of its own, because baseline's gives way to user namespaces.
    Check("procMount_restricted", Level.RESTRICTED, (Revision((1, 35), judge_1_0, overrides=("procMount",)),)),
)
