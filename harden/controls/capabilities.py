"""Containers drop every Linux capability and add none back that the level forbids.

## Why
The runtime's default set lets a root process in a container change owners, switch users and forge packets; added
capabilities such as SYS_ADMIN or NET_ADMIN are close to root on the node.

## Allowed values
Level restricted, from 1.22: `drop` has `ALL` (in capitals) on every container, `add` has nothing but
`NET_BIND_SERVICE`. Level baseline, and restricted before 1.22: `add` has only names of the runtime's default set
without NET_RAW (AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID,
SETPCAP, SETUID, SYS_CHROOT). At level restricted, pods with `spec.os.name: windows` are exempt from 1.25 on.

## What a fix may change
An entrypoint that starts as root and then changes owners or switches the user (redis, postgres) needs CHOWN, SETUID and
SETGID for it, so `drop: [ALL]` is review. Where facts or the manifest say that the container starts as root, the fix is
made only together with the one that ends root (run-as-non-root), and held with it for whatever reason. It is safe where
facts establish that the image needs none, or that its program's file has none and the container runs as a numeric user
other than root without privilege escalation: the kernel gives such a process no capability that could be dropped. Where
the image is not known, it is held unless the container cannot be root. It is left to people, without a fix, where they
are to decide whether the container stays root (run-as-non-root). In a privileged container `drop` does nothing as long
as it is privileged: breaking, as what ends that is. A program with a file capability does not start at all without it,
so NET_BIND_SERVICE is added for images that have it on their program. `drop: [all]` becomes `ALL` in place, which is
safe, because the runtimes compare that word without regard to case; the same holds for a legal name in small letters. A
legal name spelled with CAP_ in front is put right for review: containerd did not know that spelling, so the capability
may be there for the first time. A forbidden name is removed: breaking, because somebody asked for it.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_capabilities_baseline.go and check_capabilities_restricted.go
- containerd, pkg/cri WithCapabilities, and cri-o, setupCapabilities (case, CAP_ prefix)
- kubernetes/cri-api, runtime/v1/api.proto, LinuxContainerSecurityContext.privileged (all capabilities)
- capabilities(7), "Transformation of capabilities during execve()"
- docker-library/redis and docker-library/postgres, docker-entrypoint.sh
- kernel, security/commoncap.c, bprm_caps_from_vfs_caps (a file capability that cannot be given: EPERM)
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Pod security enforcement
- CIS Kubernetes Benchmark 1.12: 5.2.8, 5.2.9
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.controls import Context, control, each_container
from harden.controls._images import keeps_its_command, short_name
from harden.controls._leans import without_root
from harden.controls._pods import NOT_ON_WINDOWS, WINDOWS_KNOWN, is_plain_user, is_root, is_windows, user_of
from harden.controls._removals import (
    added,
    allowed_capabilities,
    asks_to_drop_all,
    forbidden_capabilities,
    kept_capabilities,
    plain_name,
    remove_capabilities,
)
from harden.controls._users import PodPlan, Standing, UserPlan, no_fix, plan_users
from harden.model.finding import AppendItem, Because, Change, Finding, Fix, Lean, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload

_ADD = ("securityContext", "capabilities", "add")
_DROP = ("securityContext", "capabilities", "drop")
_NON_ROOT = ("securityContext", "runAsNonRoot")


@control(
    level=Level.BASELINE,
    since=(1, 0),
    checks=("capabilities_baseline", "capabilities_restricted"),
    fields=(*each_container("securityContext.capabilities.add"), *each_container("securityContext.capabilities.drop")),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that adds what is forbidden, misspells what is legal, or does not drop ALL."""
    restricted = asks_to_drop_all(context)
    if restricted and is_windows(workload) and context.version >= WINDOWS_KNOWN:
        return
    official = ("capabilities_restricted" if restricted else "capabilities_baseline",)
    for container in workload.containers:
        for finding in _judged(workload, container, context):
            yield finding._replace(checks=official)


def _judged(workload: Workload, container: Container, context: Context) -> Iterator[Finding]:
    yield from _forbidden(container, context)
    yield from _misspelled(container, context)
    if asks_to_drop_all(context):
        yield from _undropped(workload, container, context)


def _forbidden(container: Container, context: Context) -> Iterator[Finding]:
    names = ", ".join(dict.fromkeys(name or '""' for _, name in forbidden_capabilities(container, context)))
    if not names:
        return
    yield Finding(
        path=(*container.path, *_ADD),
        message=f'container "{container.name}" adds {names}',
        fix=Fix(
            Risk.BREAKING, "the container asks for it and may not work without", remove_capabilities(container, context)
        ),
    )


def _misspelled(container: Container, context: Context) -> Iterator[Finding]:
    allowed = allowed_capabilities(context)
    for index, name in added(container):
        plain = plain_name(name)
        if plain == name or plain not in allowed:
            continue
        same = name.upper() == plain
        yield Finding(
            path=(*container.path, *_ADD, index),
            message=f'container "{container.name}" adds "{name}": only {plain} is allowed',
            fix=Fix(
                Risk.SAFE if same else Risk.REVIEW,
                "runtimes ignore case" if same else "some runtimes did not know the spelling with CAP_",
                (SetField((*container.path, *_ADD, index), plain),),
            ),
        )


def _undropped(workload: Workload, container: Container, context: Context) -> Iterator[Finding]:
    dropped = container.get(*_DROP)
    items = dropped if isinstance(dropped, list) else []
    if "ALL" in items:
        return
    path = (*container.path, *_DROP)
    if is_windows(workload):
        yield Finding(container.path, f'container "{container.name}" does not drop ALL', NoFix(NOT_ON_WINDOWS))
        return
    wrong = next((i for i, name in enumerate(items) if isinstance(name, str) and name.upper() == "ALL"), None)
    if wrong is not None:
        yield Finding(
            path=(*path, wrong),
            message=f'container "{container.name}" drops "{items[wrong]}": only ALL counts',
            fix=Fix(Risk.SAFE, "runtimes ignore case, admission does not", (SetField((*path, wrong), "ALL"),)),
        )
        return
    change: Change = SetField(path, ["ALL"]) if dropped is None else AppendItem(path, "ALL")
    place = container.path if dropped is None else path
    pod = plan_users(workload, context)
    plan = next(user for user in pod.users if user.container is container)
    message = f'container "{container.name}" does not drop ALL'
    if _is_left(plan):
        yield Finding(place, message, no_fix(plan))
        return
    risk, reason = _risk(pod, plan)
    kept = kept_capabilities(container, context)
    changes = (change, *(AppendItem((*container.path, *_ADD), name) for name in kept))
    yield Finding(place, message, Fix(risk, reason, changes, leans_on=_leans_on(pod, plan)))


def _is_left(plan: UserPlan) -> bool:
    """Return whether a person has to decide whether a container stays root, and it may need capabilities as that."""
    facts = plan.facts
    needs_none = facts is not None and facts.root_caps == () and keeps_its_command(plan.container, facts)
    return plan.because is Because.NODE_FOLDER or (plan.because is Because.ROOT_CHOSEN and not needs_none)


def _leans_on(pod: PodPlan, plan: UserPlan) -> tuple[Lean, ...]:
    """Return what dropping ALL leans on: the end of root, where the container is known to have it and to need it.

    Where only a user other than root makes the capabilities useless, they stay as long as root stays.
    """
    facts = plan.facts
    if facts is not None and facts.root_caps == () and keeps_its_command(plan.container, facts):
        return ()
    starts_as_root = facts is not None and facts.starts_as_root is True
    says_root = plan.container.get(*_NON_ROOT) is False or is_root(user_of(pod.workload, plan.container))
    is_rootful = plan.standing is Standing.UNKNOWN and (starts_as_root or says_root)
    if is_rootful or (plan.standing is Standing.KNOWN and plan.changes_user):
        return (without_root(pod, plan),)
    return ()


def _risk(pod: PodPlan, plan: UserPlan) -> tuple[Risk, str]:
    container, context = plan.container, pod.context
    confined = container.get("securityContext", "allowPrivilegeEscalation") is False
    if container.get("securityContext", "privileged") is True:
        return Risk.BREAKING, "a privileged container has every capability, whatever it drops"
    if plan.standing in {Standing.STUCK, Standing.OWNERS}:
        return Risk.BREAKING, f'what container "{container.name}" does as root needs capabilities'
    facts = plan.facts
    if facts is not None and facts.file_caps:
        named = ", ".join(facts.file_caps)
        forbidden = set(facts.file_caps) - allowed_capabilities(context)
        return (Risk.BREAKING if forbidden else Risk.REVIEW), f"its program has the file capability {named}"
    is_stated = plan.standing is Standing.UNKNOWN and facts is not None and facts.is_some_number
    if confined and (is_stated or is_plain_user(user_of(pod.workload, container))):
        return Risk.SAFE, "a user other than root without privilege escalation has none"
    if confined and plan.standing is Standing.KNOWN:
        return Risk.SAFE, f"user {plan.uid} without privilege escalation has none"
    return _risk_by_facts(plan, context)


def _risk_by_facts(plan: UserPlan, context: Context) -> tuple[Risk, str]:
    """Return what facts say of an image that may start as root."""
    facts, image = plan.facts, short_name(plan.container)
    if facts is None or facts.root_caps is None or not keeps_its_command(plan.container, facts):
        return Risk.REVIEW, "harden does not know which capabilities the entrypoint needs"
    if not facts.root_caps:
        return Risk.SAFE, f"{image} needs none"
    if plan.standing is Standing.OWN or (plan.standing is Standing.KNOWN and not plan.changes_user):
        return Risk.REVIEW, "set-user-ID programs in the image lose theirs"
    if plan.standing is Standing.KNOWN:
        whom = "without root" if context.platform == "openshift" else f"as user {plan.uid}"
        return Risk.REVIEW, f"{image} needs none {whom}"
    return Risk.BREAKING, f"{image} needs {', '.join(facts.root_caps)} to start as root"
