"""What fixes lean on where they are right only without root: a user with a number, or the refusal of root."""

from __future__ import annotations

from collections.abc import Iterable

from harden.controls._pods import is_root, is_windows, quoted, user_of
from harden.controls._users import PodPlan, Standing, UserPlan
from harden.model.finding import Condition, Lean
from harden.model.kube import Container, Workload
from harden.model.text import Path, Plain

_CONTEXT = "securityContext"
_NON_ROOT = "runAsNonRoot"
_ROOT: tuple[Plain, ...] = (0, 0.0)
_NOT_A_USER: tuple[Plain, ...] = (*_ROOT, None)


def without_root(pod: PodPlan, plan: UserPlan, *, is_moot: bool = False) -> Lean:
    """Return what leans on a container that does not run as root: it has a number, or refuses to start as root."""
    ways = (*_numbered(pod.workload, plan.container), *_refusing(pod.workload, plan.container))
    return Lean("run-as-non-root", f"container {quoted([plan.container.name])} may run as root", ways, is_moot)


def refusing_root(pod: PodPlan, subset: Iterable[UserPlan]) -> tuple[Lean, ...]:
    """Return what leans on `runAsNonRoot: true` for the containers of `subset` whose user nobody knows."""
    unknown = [plan.container for plan in subset if plan.standing is Standing.UNKNOWN]
    without = "the image's own user may be root"
    return tuple(Lean("run-as-non-root", without, _refusing(pod.workload, each)) for each in unknown)


def without_user_0(pod: PodPlan, subset: Iterable[UserPlan]) -> tuple[Lean, ...]:
    """Return what leans on the end of `runAsUser: 0` in `subset`, which the kubelet refuses beside runAsNonRoot.

    Source: kubernetes, pkg/kubelet/kuberuntime/security_context_others.go, verifyRunAsNonRoot.
    """
    if is_windows(pod.workload):
        return ()
    roots = [plan.container for plan in subset if is_root(user_of(pod.workload, plan.container))]
    leans = []
    for container in roots:
        own, of_pod = _paths(pod.workload, container, "runAsUser")
        numbered = (Condition(own, _NOT_A_USER, negated=True),)
        inherited = (Condition(own, (None,)), Condition(of_pod, _ROOT, negated=True))
        leans.append(Lean("run-as-user", "runAsUser 0 stays, and the kubelet refuses the pair", (numbered, inherited)))
    return tuple(leans)


def _numbered(workload: Workload, container: Container) -> tuple[tuple[Condition, ...], ...]:
    """Return how a container has a numeric user other than root: its own, or the pod's where it has none."""
    own, of_pod = _paths(workload, container, "runAsUser")
    inherited = (Condition(own, (None,)), Condition(of_pod, _NOT_A_USER, negated=True))
    return (Condition(own, _NOT_A_USER, negated=True),), inherited


def _refusing(workload: Workload, container: Container) -> tuple[tuple[Condition, ...], ...]:
    """Return how a container refuses to start as root: by its own word, or the pod's where it says nothing."""
    own, of_pod = _paths(workload, container, _NON_ROOT)
    return (Condition(own, (True,)),), (Condition(own, (None,)), Condition(of_pod, (True,)))


def _paths(workload: Workload, container: Container, field: str) -> tuple[Path, Path]:
    return (*container.path, _CONTEXT, field), (*workload.pod, _CONTEXT, field)
