"""The checks `capabilities_baseline` and `capabilities_restricted`: which capabilities a container may have."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, quoted

_BASELINE = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
_RESTRICTED = frozenset(("NET_BIND_SERVICE",))


def judge_baseline(pod: Pod) -> Refusal | None:
    """Judge capabilities.add of every container against the container runtimes' default set; spelling counts."""
    detail = _forbidden_additions(pod, _BASELINE)
    return ("non-default capabilities", detail) if detail else None


def judge_restricted_1_22(pod: Pod) -> Refusal | None:
    """Judge capabilities.drop, which must hold ALL, and capabilities.add, which may hold NET_BIND_SERVICE alone."""
    keeping = [container.name for container in pod.containers if "ALL" not in container.dropped]
    details = [f'{containers(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    adding = _forbidden_additions(pod, _RESTRICTED)
    if adding:
        details.append(adding)
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def judge_restricted_1_25(pod: Pod) -> Refusal | None:
    """Judge as from 1.22, but leave Windows pods alone: validation keeps capabilities out of them."""
    return None if pod.windows else judge_restricted_1_22(pod)


def _forbidden_additions(pod: Pod, allowed: frozenset[str]) -> str:
    bad = [container for container in pod.containers if not allowed.issuperset(container.added)]
    if not bad:
        return ""
    found = sorted({added for container in bad for added in container.added} - allowed)
    names = [container.name for container in bad]
    return f"{containers(names)} must not include {quoted(found)} in securityContext.capabilities.add"


CHECKS = (
    Check("capabilities_baseline", Level.BASELINE, (Revision((1, 0), judge_baseline),)),
    Check(
        "capabilities_restricted",
        Level.RESTRICTED,
        (
            Revision((1, 22), judge_restricted_1_22, overrides=("capabilities_baseline",)),
            Revision((1, 25), judge_restricted_1_25, overrides=("capabilities_baseline",)),
        ),
    ),
)
