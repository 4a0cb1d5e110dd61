"""Programs without root can listen on the ports that they are asked to.

## Why
Ports below 1024 need root or the capability NET_BIND_SERVICE. A program without root gets it only from a file
capability, and that is lost with `allowPrivilegeEscalation: false`: nginx then stops with "bind() to 0.0.0.0:80
failed". Some runtimes open these ports for all (containerd from 2.0 on, Docker), others do not.

## Allowed values
Where a container listens below 1024 without root, the pod sets the sysctl `net.ipv4.ip_unprivileged_port_start` (your
own value stays), or the program listens on a higher port. Level baseline and restricted allow this sysctl in every
version, and the kubelet from 1.22 on (kernel 4.11 or newer).

A container listens there where its `ports` name such a port, or where image facts say so of its program. The latter
does not count where a variable or an argument that the facts know sets the port. Nor does it where all ports in
`ports` are 1024 or more, and one of these shows that the program is told so: a volume lies over the configuration file
that the facts name; `command` starts another program, or a shell; the command line names every port in `ports`, or a
file in a volume. `ports` alone is only a note and shows nothing. Init containers count where they are sidecars
(`restartPolicy: Always`).

## What a fix may change
Option `ports: sysctl` adds the sysctl with the value 0: safe, because it only affects ports inside the pod. With
hostNetwork it is not allowed: then hostNetwork goes, which is breaking. Root listens wherever it likes: where a
container stops being root by a fix, that fix brings the sysctl where the image is known (run-as-non-root), and else the
sysctl is made with that fix or not at all; where it stays root, nothing is said. `ports: move` moves the port by the
variable, arguments or command that image facts know, and follows it through the bundle: containerPort, probes, hooks,
`prometheus.io/port`, `targetPort` of Services (names follow by themselves), and NetworkPolicies, which get the new port
beside the old one: while the workload rolls, pods of both ports serve, and other pods may need the old one. Take it out
afterwards. That is review: what is not in the bundle is not seen. `ports: drop-in` puts an image in its place that runs
without root and listens higher (nginx: nginx-unprivileged), and follows its ports the same way: breaking, because
configuration that names the old port or paths has to follow. Where it cannot move, the sysctl is added.

## Sources
- k8s.io/pod-security-admission v0.37.2, policy/check_sysctls.go
- kubernetes, pkg/kubelet/sysctl/safe_sysctls.go (safe from 1.22 on)
- kernel.org, Documentation/networking/ip-sysctl.rst, ip_unprivileged_port_start
- containerd 2.0, docs/cri/config.md, enable_unprivileged_ports
- NSA and CISA, Kubernetes Hardening Guidance 1.2: "Non-root" containers
- Design principles: restrict permissions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Context, Option, control
from harden.controls._images import facts_of, short_name
from harden.controls._leans import without_root
from harden.controls._moves import Followed, Moves, follow
from harden.controls._needs import PORT_SYSCTL_KNOWN, port_changes, sets_port_sysctl, variable
from harden.controls._pods import environment, is_root, is_windows, names_of, quoted, user_of
from harden.controls._ports import FIRST_FREE, declared_ports, listens_low
from harden.controls._scripts import command_line
from harden.controls._users import PodPlan, Standing, UserPlan, plan_users
from harden.model.finding import AppendItem, Change, Finding, Fix, Lean, Level, Risk, SetField
from harden.model.kube import Container, Workload

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts, PortFix

_NON_ROOT = ("securityContext", "runAsNonRoot")
_WHO_MAY = "which only root may"
_WAYS = ("sysctl", "move", "drop-in")


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=("spec.securityContext.sysctls", "spec.containers[*].ports[*].containerPort"),
    options=(Option("ports", "sysctl", "what to do: sysctl, move (the port) or drop-in (another image)", None, _WAYS),),
    bundle=True,
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container that moves its ports, and one for the sysctl that the others need."""
    low = [
        container for container in workload.containers if listens_low(workload, container, facts_of(container, context))
    ]
    if not low or is_windows(workload):
        return
    pod = plan_users(workload, context)
    staying: list[tuple[UserPlan, tuple[Lean, ...]]] = []
    for plan in pod.users:
        if plan.container not in low or plan.standing in {Standing.STUCK, Standing.OWNERS}:
            continue
        leans_on = _leans_on(pod, plan)
        finding = _moved(workload, plan, context, leans_on)
        if finding is not None:
            yield finding
        elif not _is_brought(pod, plan):
            staying.append((plan, leans_on))
    if staying and not sets_port_sysctl(workload):
        yield _opened(workload, staying, context)


def _leans_on(pod: PodPlan, plan: UserPlan) -> tuple[Lean, ...]:
    """Return what leans on the end of root, nothing where the container runs without: root listens where it likes."""
    if plan.standing is Standing.OWN or (plan.standing is Standing.KNOWN and not plan.changes_user):
        return ()
    return (without_root(pod, plan, is_moot=True),)


def _is_brought(pod: PodPlan, plan: UserPlan) -> bool:
    """Return whether the fix that gives a container its user brings the sysctl (harden.controls._needs).

    No fix gives a user to a container that already refuses root and does not ask for it.
    """
    own, of_pod = plan.container.get(*_NON_ROOT), pod.workload.get(*_NON_ROOT)
    refuses = own is True or (own is None and of_pod is True)
    asks_for_root = is_root(user_of(pod.workload, plan.container))
    return plan.standing is Standing.KNOWN and plan.changes_user and (asks_for_root or not refuses)


def _opened(workload: Workload, staying: list[tuple[UserPlan, tuple[Lean, ...]]], context: Context) -> Finding:
    """Return the finding whose fix is the sysctl: it holds for the pod, so one container without root is enough."""
    now = [plan for plan, leans_on in staying if not leans_on]
    names = [plan.container.name for plan in now or [plan for plan, _ in staying]]
    many = len(names) > 1
    message = f"container{'s' if many else ''} {quoted(names)} listen{'' if many else 's'} below 1024, {_WHO_MAY}"
    leans_on: tuple[Lean, ...] = ()
    if not now:
        first, *others = (lean for _, each in staying for lean in each)
        leans_on = (first._replace(ways=(*first.ways, *(way for lean in others for way in lean.ways))),)
    risk, reason = Risk.SAFE, "only affects ports inside the pod"
    if workload.get("hostNetwork") is True:
        risk, reason = Risk.BREAKING, "also removes hostNetwork: no sysctl opens the node's ports"
    elif context.version < PORT_SYSCTL_KNOWN:
        risk, reason = Risk.BREAKING, "before 1.22 the kubelet must be told to allow it (--allowed-unsafe-sysctls)"
    return Finding(workload.pod, message, Fix(risk, reason, port_changes(workload), leans_on=leans_on))


def _moved(workload: Workload, plan: UserPlan, context: Context, leans_on: tuple[Lean, ...]) -> Finding | None:
    """Return the finding whose fix moves the container's ports, None where the sysctl has to do."""
    facts, container = plan.facts, plan.container
    chosen = context.options.get("ports")
    if facts is None or chosen == "sysctl":
        return None
    message = f"container {quoted([container.name])} listens below 1024, {_WHO_MAY}"
    if chosen == "drop-in" and facts.drop_in is not None:
        return _replaced(workload, plan, facts, context, leans_on)
    if chosen != "move" or facts.low_port_fix is None:
        return None
    moves = _moves(container, facts, facts.low_port_fix.moves)
    own = _told(container, facts.low_port_fix)
    if not moves or own is None:
        return None
    followed = follow(workload, container, moves, context)
    if followed.obstacle is not None:
        return None
    risk, reason = Risk.REVIEW, _following(followed)
    if workload.get("hostNetwork") is True:
        risk, reason = Risk.BREAKING, "with hostNetwork the port of the node moves, and its clients have to follow"
    changes = (*own, *followed.changes)
    return Finding(container.path, message, Fix(risk, reason, changes, followed.others, leans_on))


def _following(followed: Followed) -> str:
    documents = len({(remote.source, remote.document) for remote in followed.others})
    if documents == 0:
        return "no other object of the bundle names the port; who else calls it is not seen"
    seen = f"{documents} object{'' if documents == 1 else 's'} of the bundle follow{'s' if documents == 1 else ''}"
    return f"{seen}; who else calls the old port is not seen"


def _moves(container: Container, facts: ImageFacts, known: Moves) -> Moves:
    """Return those of `known` that the container listens on; none where it listens on other low ports too."""
    low = {port for port in (*declared_ports(container), *facts.low_ports) if port < FIRST_FREE}
    return {old: new for old, new in known.items() if old in low} if low <= set(known) else {}


def _told(container: Container, fix: PortFix) -> tuple[Change, ...] | None:
    """Return the changes that tell the program its new ports, None where the manifest says something of its own."""
    words = command_line(container)
    flags = {word.partition("=")[0] for word in fix.args}
    named = names_of(environment(container))
    if named & set(fix.env) or any(word.partition("=")[0] in flags for word in words):
        return None
    if fix.command:
        return None if words else (SetField((*container.path, "command"), list(fix.command)),)
    if fix.args and container.get("command") is not None and not words:
        return None
    changes: list[Change] = [variable(container, name, value) for name, value in fix.env.items()]
    changes += [AppendItem((*container.path, "args"), word) for word in fix.args]
    return tuple(changes) or None


def _replaced(
    workload: Workload, plan: UserPlan, facts: ImageFacts, context: Context, leans_on: tuple[Lean, ...]
) -> Finding | None:
    drop_in, container = facts.drop_in, plan.container
    if drop_in is None or facts.reference.digest is not None or facts.reference.tag is None:
        return None
    moves = _moves(container, facts, drop_in.port_map)
    followed = follow(workload, container, moves, context)
    if not moves or followed.obstacle is not None:
        return None
    name = drop_in.image.replace("<tag>", facts.reference.tag)
    image = name if ":" in name.rpartition("/")[2] else f"{name}:{facts.reference.tag}"
    image = image.removeprefix("docker.io/")
    return Finding(
        path=(*container.path, "image"),
        message=f"container {quoted([container.name])} listens below 1024, {_WHO_MAY}",
        fix=Fix(
            Risk.BREAKING,
            f"configuration that names port or folders of {short_name(container)} has to follow",
            (SetField((*container.path, "image"), image), *followed.changes),
            elsewhere=followed.others,
            leans_on=leans_on,
        ),
    )
