"""What a start without root takes: the user at its level, the group of the volumes, and what facts call needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harden.controls._images import folders_of, only_reads
from harden.controls._pods import is_root, is_windows, names_of
from harden.controls._ports import listens_low
from harden.controls._registry import Context
from harden.controls._scripts import only_changes_owners, owner_number
from harden.controls._users import (
    PodPlan,
    Standing,
    UserPlan,
    data_folder_in_scratch,
    data_mounts,
    group_of,
)
from harden.controls._volumes import empty_dirs
from harden.kube.containers import OPEN_TO_ALL
from harden.model.finding import AppendItem, Change, RemoveField, Risk, SetField
from harden.model.kube import Container, Version, Workload

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

#: The lowest port that a process may bind without a capability; on the list of the Pod Security Standards from v1.0.
PORT_SYSCTL = "net.ipv4.ip_unprivileged_port_start"
#: From this version on the kubelet lets pods set it without being told to (kubernetes v1.22, CHANGELOG).
PORT_SYSCTL_KNOWN: Version = (1, 22)

#: From this version on fsGroupChangePolicy is on by default (KEP-695: beta in 1.20).
POLICY_KNOWN: Version = (1, 20)

_CONTEXT = "securityContext"
_NON_ROOT = "runAsNonRoot"


def user_changes(pod: PodPlan, subset: Iterable[UserPlan]) -> tuple[Change, ...]:
    """Return what lets the containers of `subset` run without root, the field runAsNonRoot left out.

    Every control that asks gets the same change for the same place.
    """
    workload, chosen = pod.workload, tuple(subset)
    changes: list[Change] = []
    known = [plan for plan in chosen if plan.standing is Standing.KNOWN]
    if pod.context.platform == "openshift":
        changes += _left_to_platform(pod, chosen)
    else:
        changes += _users_written(pod, chosen)
        changes += _volumes_given(pod, chosen)
    changes += _roots_left_to_images(chosen, workload)
    for plan in known:
        changes += _needs(workload, plan)
    changes += _removed(pod, [plan.container for plan in chosen if plan.standing is Standing.OWNERS])
    return _distinct(changes)


def at_pod_level(pod: PodPlan) -> bool:
    """Return whether one user for the pod is right for every container without a user of its own.

    The fixes of all of them must stand or fall together: known, of the same user, and silent about runAsNonRoot.
    """
    reached = _reached(pod)
    breaking = {plan.risk is Risk.BREAKING for plan in reached}
    return (
        bool(reached)
        and all(plan.standing is Standing.KNOWN for plan in reached)
        and len({(plan.uid, plan.gid) for plan in reached}) == 1
        and len(breaking) == 1
        and all(plan.container.get(_CONTEXT, _NON_ROOT) is None for plan in reached)
    )


def reached_with(pod: PodPlan, subset: Iterable[UserPlan]) -> tuple[UserPlan, ...]:
    """Return `subset`, and what the pod's `runAsUser: 0` reaches besides, so that the 0 can go with it if it can go.

    What is riskier than the subset stays out, and the 0 with it.
    """
    wanted = tuple(subset)
    worst = max((plan.risk for plan in wanted if plan.risk is not None), default=Risk.SAFE)
    others = (plan for plan in _reached(pod) if plan not in wanted)
    reached = [plan for plan in others if plan.risk is not None and plan.risk <= worst]
    chosen = (*wanted, *reached)
    return chosen if any(plan in wanted for plan in _reached(pod)) and _ends_root_of_pod(pod, chosen) else wanted


def fs_group(pod: PodPlan) -> int | None:
    """Return the group that the pod's data volumes are to belong to, None where none is known.

    It is that of the first container that mounts such a volume, regular ones before others, else what a chown of an
    init container gives.
    """
    regular_first = sorted(pod.users, key=lambda plan: plan.container.field != "containers")
    groups = [
        group_of(plan)
        for plan in regular_first
        if plan.standing in {Standing.KNOWN, Standing.OWN} and data_mounts(pod.workload, plan.container)
    ]
    owners = [plan for plan in pod.users if plan.standing is Standing.OWNERS]
    groups += [owner_number(command) for plan in owners for command in only_changes_owners(plan.container)]
    return next((group for group in groups if group), None)


def group_changes(workload: Workload, group: int, context: Context) -> tuple[Change, ...]:
    """Return the changes that write a pod's fsGroup and, where nothing is said of it, when it is applied."""
    place = (*workload.pod, _CONTEXT)
    changes: tuple[Change, ...] = (SetField((*place, "fsGroup"), group),)
    if workload.get(_CONTEXT, "fsGroupChangePolicy") is None and context.version >= POLICY_KNOWN:
        changes += (SetField((*place, "fsGroupChangePolicy"), "OnRootMismatch"),)
    return changes


def port_changes(workload: Workload) -> tuple[Change, ...]:
    """Return the changes that let every user of the pod bind ports below 1024; what is set already stays."""
    changes: tuple[Change, ...] = ()
    if workload.get("hostNetwork") is True:
        changes += (RemoveField((*workload.pod, "hostNetwork")),)
    if not sets_port_sysctl(workload):
        changes += (AppendItem((*workload.pod, _CONTEXT, "sysctls"), {"name": PORT_SYSCTL, "value": "0"}),)
    return changes


def sets_port_sysctl(workload: Workload) -> bool:
    """Return whether the pod sets the sysctl itself, to whatever value."""
    found = workload.get(_CONTEXT, "sysctls")
    items = found if isinstance(found, list) else []
    return any(isinstance(item, dict) and item.get("name") == PORT_SYSCTL for item in items)


def _volumes_given(pod: PodPlan, subset: tuple[UserPlan, ...]) -> tuple[Change, ...]:
    """Return the changes that give the data volumes of the containers in `subset` to a group; one that stands stays."""
    wanting = [
        plan
        for plan in subset
        if (plan.standing is Standing.OWNERS and data_mounts(pod.workload, plan.container))
        or (plan.standing is Standing.KNOWN and plan.changes_user and data_mounts(pod.workload, plan.container))
    ]
    group = fs_group(pod)
    if not wanting or group is None or pod.workload.get(_CONTEXT, "fsGroup") is not None:
        return ()
    return group_changes(pod.workload, group, pod.context)


def _users_written(pod: PodPlan, chosen: tuple[UserPlan, ...]) -> list[Change]:
    workload = pod.workload
    known = [plan for plan in chosen if plan.standing is Standing.KNOWN]
    changes: list[Change] = []
    whole = at_pod_level(pod)
    of_pod = (*workload.pod, _CONTEXT)
    for plan in known:
        reached = _own_user(plan.container) is None
        if plan.uid is None:
            continue
        if whole and reached:
            changes.append(SetField((*of_pod, "runAsUser"), plan.uid))
            place = of_pod if _group_for_all(pod) else (*plan.container.path, _CONTEXT)
        else:
            place = (*plan.container.path, _CONTEXT)
            changes.append(SetField((*place, "runAsUser"), plan.uid))
        if plan.gid and _group(workload, plan.container) is None:
            changes.append(SetField((*place, "runAsGroup"), plan.gid))
    if not whole and _ends_root_of_pod(pod, chosen):
        changes.append(RemoveField((*of_pod, "runAsUser"), "0"))
    return changes


def _ends_root_of_pod(pod: PodPlan, chosen: tuple[UserPlan, ...]) -> bool:
    """Return whether the pod says `runAsUser: 0`, and every container that it reaches can do without, or goes."""
    done = {Standing.KNOWN, Standing.OWNERS} | (set() if is_windows(pod.workload) else {Standing.UNKNOWN})
    reached = _reached(pod)
    return is_root(pod.workload.get(_CONTEXT, "runAsUser")) and all(
        plan in chosen and plan.standing in done for plan in reached
    )


def _roots_left_to_images(chosen: tuple[UserPlan, ...], workload: Workload) -> list[Change]:
    """Return the changes that take `runAsUser: 0` away where no user is known: the kubelet refuses it as non-root."""
    unknown = [plan.container for plan in chosen if plan.standing is Standing.UNKNOWN and not is_windows(workload)]
    roots = (container for container in unknown if is_root(_own_user(container)))
    return [RemoveField((*container.path, _CONTEXT, "runAsUser"), "0") for container in roots]


def _left_to_platform(pod: PodPlan, chosen: tuple[UserPlan, ...]) -> list[Change]:
    """Return the changes that take `runAsUser: 0` away, so that OpenShift's security context constraint decides."""
    known = [plan.container for plan in chosen if plan.standing is Standing.KNOWN]
    roots = [container for container in known if is_root(_own_user(container))]
    changes: list[Change] = [RemoveField((*container.path, _CONTEXT, "runAsUser"), "0") for container in roots]
    if _ends_root_of_pod(pod, chosen):
        changes.append(RemoveField((*pod.workload.pod, _CONTEXT, "runAsUser"), "0"))
    return changes


def _reached(pod: PodPlan) -> list[UserPlan]:
    return [plan for plan in pod.users if _own_user(plan.container) is None]


def _own_user(container: Container) -> object:
    return container.get(_CONTEXT, "runAsUser")


def _group(workload: Workload, container: Container) -> object:
    own = container.get(_CONTEXT, "runAsGroup")
    return workload.get(_CONTEXT, "runAsGroup") if own is None else own


def _group_for_all(pod: PodPlan) -> bool:
    """Return whether the pod's runAsGroup would reach only containers that are given the pod's runAsUser."""
    return all(
        _own_user(plan.container) is None or plan.container.get(_CONTEXT, "runAsGroup") is not None
        for plan in pod.users
    )


def _needs(workload: Workload, plan: UserPlan) -> list[Change]:
    facts, container = plan.facts, plan.container
    if facts is None or only_reads(container, facts):
        return []
    changes = [variable(container, name, value) for name, value in _missing(container, dict(facts.nonroot_env))]
    folder = data_folder_in_scratch(plan, workload)
    if folder is not None:
        changes.append(variable(container, "PGDATA", f"{folder.rstrip('/')}/pgdata"))
    if facts.needs("writable") and plan.changes_user:
        changes += empty_dirs(workload, container, _closed(container, facts), folders_of(facts))
    if listens_low(workload, container, facts) and (plan.changes_user or workload.get("hostNetwork") is not True):
        changes += port_changes(workload)
    return changes


def _closed(container: Container, facts: ImageFacts) -> tuple[str, ...]:
    """Return the folders that a container writes to and, without root, cannot: with a writable root not /tmp."""
    is_read_only = container.get(_CONTEXT, "readOnlyRootFilesystem") is True
    return tuple(path for path in facts.writable or () if is_read_only or path not in OPEN_TO_ALL)


def _missing(container: Container, wanted: dict[str, str]) -> list[tuple[str, str]]:
    found = container.get("env")
    named = names_of(found)
    return [(name, value) for name, value in wanted.items() if name not in named]


def variable(container: Container, name: str, value: str) -> Change:
    """Return the change that adds a variable to a container's environment."""
    return AppendItem((*container.path, "env"), {"name": name, "value": value})


def _removed(pod: PodPlan, containers: list[Container]) -> list[Change]:
    """Return the changes that take init containers away, and their list where it would be empty.

    The list stays where read-only-root-filesystem may add one that copies files.
    """
    found = pod.workload.get("initContainers")
    added = any(plan.facts is not None and plan.facts.writable_seeded for plan in pod.users)
    if containers and not added and isinstance(found, list) and len(containers) == len(found):
        names = " ".join(container.name for container in containers)
        return [RemoveField((*pod.workload.pod, "initContainers"), names)]
    return [RemoveField(container.path, container.name) for container in containers]


def _distinct(changes: list[Change]) -> tuple[Change, ...]:
    """Return the changes without repetitions, in their order; their values may be mappings, which have no hash."""
    found: list[Change] = []
    for change in changes:
        if change not in found:
            found.append(change)
    return tuple(found)
