"""The checks `seccompProfile_baseline` and `seccompProfile_restricted`: system calls stay filtered."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, counted, escaped, quoted, setters

_REASON = "seccompProfile"
_ALLOWED = frozenset(("RuntimeDefault", "Localhost"))
_POD_KEY = "seccomp.security.alpha.kubernetes.io/pod"
_CONTAINER_KEY = "container.seccomp.security.alpha.kubernetes.io/"


def judge_baseline_1_0(pod: Pod) -> Refusal | None:
    """Judge the alpha annotations of the pod and of its containers; the fields are not looked at before 1.19."""
    if not pod.annotations:
        return None
    keys = {_POD_KEY, *(_CONTAINER_KEY + container.name for container in pod.containers)}
    bad = sorted(
        f"{key}={escaped(value)}"
        for key, value in pod.annotations.items()
        if key in keys and value not in ("runtime/default", "docker/default") and not value.startswith("localhost/")
    )
    if not bad:
        return None
    return _REASON, f"forbidden {counted('annotation', 'annotations', len(bad))} {', '.join(bad)}"


def judge_baseline_1_19(pod: Pod) -> Refusal | None:
    """Judge seccompProfile.type where the pod or a container has a profile."""
    of_pod = pod.seccomp
    bad = [
        container for container in pod.containers if container.seccomp is not None and container.seccomp not in _ALLOWED
    ]
    pod_is_bad = of_pod is not None and of_pod not in _ALLOWED
    if not bad and not pod_is_bad:
        return None
    found = {each.seccomp for each in bad} | ({of_pod} if pod_is_bad else set())
    types = sorted(kind for kind in found if kind is not None)
    who = setters([each.name for each in bad], pod=pod_is_bad)
    return _REASON, f"{who} must not set securityContext.seccompProfile.type to {quoted(types)}"


def judge_restricted_1_19(pod: Pod) -> Refusal | None:
    """Judge seccompProfile.type, which must be there: on every container, or on the pod for those without."""
    refused = judge_baseline_1_19(pod)
    if refused is not None or pod.seccomp is not None:
        return refused
    missing = [container.name for container in pod.containers if container.seccomp is None]
    if not missing:
        return None
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return _REASON, f"pod or {containers(missing)} {wanted}"


def judge_restricted_1_25(pod: Pod) -> Refusal | None:
    """Judge as from 1.19, but leave Windows pods alone: validation keeps the field out of them."""
    return None if pod.windows else judge_restricted_1_19(pod)


CHECKS = (
    Check(
        "seccompProfile_baseline",
        Level.BASELINE,
        (Revision((1, 0), judge_baseline_1_0), Revision((1, 19), judge_baseline_1_19)),
    ),
    Check(
        "seccompProfile_restricted",
        Level.RESTRICTED,
        (
            Revision((1, 19), judge_restricted_1_19, overrides=("seccompProfile_baseline",)),
            Revision((1, 25), judge_restricted_1_25, overrides=("seccompProfile_baseline",)),
        ),
    ),
)
