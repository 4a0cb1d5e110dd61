"""The check `seLinuxOptions`: SELinux types from a short list, no user and no role."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import named, setters

_TYPES_1_0 = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))
_TYPES_1_31 = _TYPES_1_0 | {"container_engine_t"}


def judge_1_0(pod: Pod) -> Refusal | None:
    """Judge seLinuxOptions of the pod and of every container."""
    return _judge(pod, _TYPES_1_0)


def judge_1_31(pod: Pod) -> Refusal | None:
    """Judge as from 1.0, with one type more."""
    return _judge(pod, _TYPES_1_31)


def _judge(pod: Pod, allowed: frozenset[str]) -> Refusal | None:
    of_pod = _is_forbidden(pod.se_linux, allowed)
    bad = [container for container in pod.containers if _is_forbidden(container.se_linux, allowed)]
    if not bad and not of_pod:
        return None
    holders = [container.se_linux for container in bad]
    options = [holder for holder in (pod.se_linux, *holders) if holder is not None]
    types = sorted({kind for kind, _, _ in options} - allowed)
    faults = [named("type", "types", types)] if types else []
    if any(user for _, user, _ in options):
        faults.append("user may not be set")
    if any(role for _, _, role in options):
        faults.append("role may not be set")
    who = setters([container.name for container in bad], pod=of_pod)
    return "seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(faults)}"


def _is_forbidden(options: tuple[str, str, str] | None, allowed: frozenset[str]) -> bool:
    if options is None:
        return False
    kind, user, role = options
    return kind not in allowed or user != "" or role != ""


CHECKS = (Check("seLinuxOptions", Level.BASELINE, (Revision((1, 0), judge_1_0), Revision((1, 31), judge_1_31))),)
