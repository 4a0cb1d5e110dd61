"""Owns the checks `procMount` and `procMount_restricted`: containers keep the masks on /proc."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, quoted


def judge_1_0(pod: Pod) -> Refusal | None:
    """Judge procMount of every container: not set, or Default."""
    bad = [one for one in pod.containers if one.proc_mount not in (None, "Default")]
    if not bad:
        return None
    kinds = sorted({one.proc_mount for one in bad if one.proc_mount is not None})
    names = containers([one.name for one in bad])
    return "procMount", f"{names} must not set securityContext.procMount to {quoted(kinds)}"


def judge_1_35(pod: Pod) -> Refusal | None:
    """Judge as from 1.0, but let pods with a user namespace do as they like."""
    return None if pod.user_namespace else judge_1_0(pod)


CHECKS = (
    Check("procMount", Level.BASELINE, (Revision((1, 0), judge_1_0), Revision((1, 35), judge_1_35))),
    # Restricted never relaxed: from 1.35 it needs a check of its own, because baseline's gives way to user namespaces.
    Check("procMount_restricted", Level.RESTRICTED, (Revision((1, 35), judge_1_0, overrides=("procMount",)),)),
)
