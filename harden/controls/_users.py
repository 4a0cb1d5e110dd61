"""Which user each container is to run as: what stands, what facts say, what it takes, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from harden.controls._images import facts_of, image_of, keeps_its_command, short_name
from harden.controls._pods import environment, is_plain_user, is_root, is_windows, quoted, user_of
from harden.controls._ports import listens_low
from harden.controls._postgres import strict_folder
from harden.controls._registry import Context
from harden.controls._removals import RESTRICTED_CAPABILITIES, added, plain_name
from harden.controls._scripts import only_changes_owners, root_need, targets
from harden.controls._volumes import Mount, Storage, clean, covers, mounts, needs_group_to_read
from harden.model.finding import Because, Change, Fix, Lean, NoFix, Risk
from harden.model.kube import Container, Workload
from harden.model.record import Record

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


_NON_ROOT = ("securityContext", "runAsNonRoot")
#: How well the user of an image is established, where it is sure.
_SURE = frozenset({"read", "learned"})


class Standing(Enum):
    """How it stands with the user of a container."""

    OWN = "own"  # the manifest names a user other than root
    KNOWN = "known"  # facts name the user to run as
    UNKNOWN = "unknown"  # no user is known: all that can be said is runAsNonRoot
    OWNERS = "owners"  # it only changes owners of volumes, which fsGroup does too
    STUCK = "stuck"  # it needs root, or a person has to decide whether it does


class UserPlan(Record):
    """What is planned for one container; `risk` is None where it needs root, `uid` where no user is to be written.

    `changes_user` says that it has run as root so far, for all that is known; `because` is why there is no fix.
    """

    container: Container
    standing: Standing
    risk: Risk | None
    reason: str
    uid: int | None = None
    gid: int | None = None
    facts: ImageFacts | None = None
    changes_user: bool = False
    because: Because = Because.NO_FIX


class PodPlan(Record):
    """The plans of a workload's containers, in the order of the pod."""

    workload: Workload
    context: Context
    users: tuple[UserPlan, ...]


#: The last answer of `plan_users`: several controls, some of them for each container, ask in turn for one workload.
_latest: list[tuple[Workload, Context, tuple[UserPlan, ...]]] = []


def plan_users(workload: Workload, context: Context) -> PodPlan:
    """Return the plan of every container."""
    if _latest:
        known, other, users = _latest[0]
        if known is workload and other.images is context.images and other.platform == context.platform:
            return PodPlan(workload, context, users)
    users = tuple(plan_user(workload, container, context) for container in workload.containers)
    _latest[:] = [(workload, context, users)]
    return PodPlan(workload, context, users)


def planned(worst: UserPlan, changes: tuple[Change, ...], leans_on: tuple[Lean, ...] = ()) -> Fix | NoFix:
    """Return the fix of the containers among whose plans `worst` is the hardest to do."""
    if worst.risk is None:
        return no_fix(worst)
    return Fix(worst.risk, worst.reason, changes, leans_on=leans_on)


def no_fix(plan: UserPlan) -> NoFix:
    """Return why a container that needs root, or may need it, gets no fix."""
    return NoFix(plan.reason, plan.because)


def data_mounts(workload: Workload, container: Container) -> tuple[Mount, ...]:
    """Return the mounts whose files a user other than root gets at by the group only."""
    return tuple(
        mount
        for mount in mounts(workload, container)
        if (mount.storage is Storage.DATA and not mount.read_only) or needs_group_to_read(mount)
    )


def group_of(plan: UserPlan) -> int | None:
    """Return the group for the files of a planned container: its own other than root's, else one like its user."""
    return plan.gid or plan.uid


def plan_user(workload: Workload, container: Container, context: Context) -> UserPlan:
    """Return the plan of one container."""
    user = user_of(workload, container)
    facts = facts_of(container, context)
    if is_plain_user(user):
        reason = "every container it reaches has a numeric user other than root"
        uid = user if isinstance(user, int) else None
        return UserPlan(container, Standing.OWN, Risk.SAFE, reason, uid, _own_group(workload, container, facts), facts)
    if is_windows(workload):
        reason = "the container must not run as ContainerAdministrator"
        return UserPlan(container, Standing.UNKNOWN, Risk.REVIEW, reason, facts=facts)
    return _by_command(workload, container, facts) or _by_facts(workload, container, facts, context)


def _own_group(workload: Workload, container: Container, facts: ImageFacts | None) -> int | None:
    own = container.get("securityContext", "runAsGroup")
    group = workload.get("securityContext", "runAsGroup") if own is None else own
    if isinstance(group, int) and not isinstance(group, bool):
        return group
    return facts.gid if facts is not None and facts.uid == user_of(workload, container) else None


def _by_command(workload: Workload, container: Container, facts: ImageFacts | None) -> UserPlan | None:
    """Return the plan of a container whose command shows that it needs root, None where it shows nothing."""
    if container.get("command") is None and container.get("args") is None:
        return None
    program = root_need(container)
    if program is None and not only_changes_owners(container):
        return None
    commands = only_changes_owners(container) if container.field == "initContainers" else ()
    if commands and _reached_by_group(workload, container):
        reason = "the kubelet gives the volume to the fsGroup, and not to the user"
        return UserPlan(container, Standing.OWNERS, Risk.BREAKING, reason, facts=facts)
    if program is None:
        return None
    name = quoted([container.name])
    reason = f"container {name} runs {program}, which needs root: do it in the image or on the node, or exempt it"
    return UserPlan(container, Standing.STUCK, None, reason, facts=facts)


def _reached_by_group(workload: Workload, container: Container) -> bool:
    """Return whether nothing that the commands change keeps its owner: what is in no volume is gone afterwards."""
    found = mounts(workload, container)
    paths = [path for command in only_changes_owners(container) for path in targets(command)]
    kept = {Storage.FIXED, Storage.FILES, Storage.UNKNOWN}
    touched = {mount.storage for path in paths for mount in found if covers(mount.path, path)}
    return bool(paths) and not touched & kept


def _by_facts(workload: Workload, container: Container, facts: ImageFacts | None, context: Context) -> UserPlan:
    if facts is not None and facts.runs_as_nonroot is False:
        reason = f"{short_name(container)} does not start without root: {_note(facts)}"
        return UserPlan(container, Standing.STUCK, None, reason, facts=facts)
    if facts is not None and facts.uid is None and facts.host_access is not None:
        reason = f"{short_name(container)} {facts.host_access}: exempt it?"
        return UserPlan(container, Standing.STUCK, None, reason, facts=facts)
    left = _left_to_people(workload, container, facts)
    if left is not None:
        return left
    if facts is None or facts.uid is None:
        risk, reason = max(_unknown(workload, container, facts), key=lambda said: said[0])
        return UserPlan(container, Standing.UNKNOWN, risk, reason, facts=facts)
    changes_user = is_root(user_of(workload, container)) or facts.starts_as_root is not False
    plan = UserPlan(container, Standing.KNOWN, Risk.SAFE, "", facts.uid, facts.gid, facts, changes_user=changes_user)
    # The first of the worst is told.
    risk, reason = max(_known(workload, plan, facts, context), key=lambda said: said[0])
    return plan._replace(risk=risk, reason=reason)


def _left_to_people(workload: Workload, container: Container, facts: ImageFacts | None) -> UserPlan | None:
    """Return the plan of a container that somebody lets run as root, or that uses the node's folders, as root.

    Nothing shows whether another user gets at the folders: their owners are the node's. None where neither is so.
    """
    name = quoted([container.name])
    own = container.get(*_NON_ROOT)
    if own is False or (own is None and workload.get(*_NON_ROOT) is False):
        reason = f"somebody wrote runAsNonRoot: false for {name}: name a user that it can run as, or exempt it"
        return UserPlan(container, Standing.STUCK, None, reason, facts=facts, because=Because.ROOT_CHOSEN)
    volume = next((mount.volume for mount in mounts(workload, container) if mount.of_node), None)
    if volume is None or (facts is not None and facts.starts_as_root is False and user_of(workload, container) is None):
        return None
    where = f'{name} uses a folder of the node (volume "{volume}"), which may be open to root only'
    reason = f"{where}: name a user that it can run as, or exempt it"
    return UserPlan(container, Standing.STUCK, None, reason, facts=facts, because=Because.NODE_FOLDER)


def _note(facts: ImageFacts) -> str:
    told = facts.notes[0].partition(". ")[0].rstrip(".") if facts.notes else "its entrypoint needs it"
    return facts.root_reason or told


def _unknown(workload: Workload, container: Container, facts: ImageFacts | None) -> Iterator[tuple[Risk, str]]:
    image = short_name(container)
    name = quoted([container.name])
    if facts is not None and facts.is_some_number and not is_root(user_of(workload, container)):
        yield from _asks(container)
        yield Risk.SAFE, f"{image} runs as a number other than 0"
        return
    if facts is not None and facts.starts_as_root:
        yield Risk.BREAKING, f"{image} starts as root, and no other user is known for it: set runAsUser"
    elif is_root(user_of(workload, container)):
        yield (
            Risk.BREAKING,
            f"also removes runAsUser 0 of {name}: the image's own user decides then, and harden does not know it",
        )
    elif facts is not None and facts.starts_as_name:
        yield Risk.BREAKING, f"{image} runs as a name, which the kubelet cannot check: set runAsUser"
    yield from _asks(container)
    told = image_of(container)
    learn = "" if told is None else f". Check: harden images learn --registry {told}"
    yield Risk.REVIEW, f"starts only if the image's user is a number other than 0, which harden does not know{learn}"


def _asks(container: Container) -> Iterator[tuple[Risk, str]]:
    name = quoted([container.name])
    if container.get("securityContext", "privileged") is True:
        yield Risk.BREAKING, f"container {name} is privileged: it probably needs root"
    asked = [name for _, name in added(container) if plain_name(name) not in RESTRICTED_CAPABILITIES]
    if asked:
        yield Risk.BREAKING, f"container {name} adds {asked[0]}, which does nothing for a user other than root"


def _known(workload: Workload, plan: UserPlan, facts: ImageFacts, context: Context) -> Iterator[tuple[Risk, str]]:
    """Yield what speaks against a user that facts name, each with its risk, the most telling first."""
    container, image = plan.container, short_name(plan.container)
    if is_root(user_of(workload, container)):
        yield Risk.BREAKING, f"somebody chose runAsUser 0 for {quoted([container.name])}"
    if plan.changes_user:
        if facts.host_access is not None:
            yield Risk.BREAKING, f"{image}: {facts.host_access}"
        yield from _platform_doubts(workload, container, context)
        yield from _asks(container)
        if workload.get("hostNetwork") is True and listens_low(workload, container, facts):
            yield Risk.BREAKING, "also removes hostNetwork: no sysctl opens the node's ports below 1024"
        yield from _storage_doubts(workload, plan, facts, context)
        yield from _image_doubts(container, facts)
    elif facts.confidence.value not in _SURE and facts.starts_as_name:
        # The number decides who it runs as, and that is not what its sources say.
        yield Risk.REVIEW, f"that {facts.user_name or facts.default_user} is {facts.uid} in {image} is concluded"
    if facts.nonroot_env and container.get("envFrom") is not None:
        yield Risk.REVIEW, "envFrom may set the variables that are set here"
    name = facts.user_name or "user"
    yield Risk.SAFE, f"{image} runs as {name} ({facts.uid})"


def _platform_doubts(workload: Workload, container: Container, context: Context) -> Iterator[tuple[Risk, str]]:
    """Yield what speaks against leaving the user to OpenShift, whose constraints name one only where they are strict.

    Source: openshift/api, security/v1, RunAsUserStrategyOptions (MustRunAsRange sets a user, RunAsAny none).
    """
    if context.platform != "openshift":
        return
    if is_root(user_of(workload, container)):
        yield Risk.BREAKING, "runAsUser: 0 works under a lax constraint only, and that one names no other user"
    yield Risk.REVIEW, "OpenShift chooses the user; under a constraint like anyuid it stays root, which is refused"


def _storage_doubts(
    workload: Workload, plan: UserPlan, facts: ImageFacts, context: Context
) -> Iterator[tuple[Risk, str]]:
    container = plan.container
    for mount in mounts(workload, container):
        if mount.read_only:
            continue
        if mount.storage in {Storage.FIXED, Storage.UNKNOWN}:
            yield Risk.BREAKING, f'the files of volume "{mount.volume}" keep their owner'
        if mount.storage is Storage.DATA and clean(mount.path) == strict_folder(container, facts):
            fix = f"set PGDATA to a folder below {mount.path}, and move what is there into it"
            yield Risk.BREAKING, f"initdb refuses a new volume that it does not own: {fix}"
        if mount.storage is Storage.DATA and context.platform != "openshift":
            yield Risk.REVIEW, f'at the next start, files on volume "{mount.volume}" change to the fsGroup'


def _image_doubts(container: Container, facts: ImageFacts) -> Iterator[tuple[Risk, str]]:
    image = short_name(container)
    if facts.runs_as_nonroot is None:
        yield Risk.REVIEW, f"no source says that {image} starts without root"
    if facts.confidence.value not in _SURE:
        yield Risk.REVIEW, f"that {image} runs as {facts.uid} is concluded, not written in its sources"
    if not keeps_its_command(container, facts):
        yield Risk.REVIEW, f"what the command does as user {facts.uid} is not known"


def data_folder_in_scratch(plan: UserPlan, workload: Workload) -> str | None:
    """Return the emptyDir that PostgreSQL would have to own as its data folder, None where there is none."""
    if (
        plan.facts is None
        or not plan.changes_user
        or any(item.get("name") == "PGDATA" for item in environment(plan.container))
    ):
        return None
    strict = strict_folder(plan.container, plan.facts)
    found = (mount.path for mount in mounts(workload, plan.container) if mount.storage is Storage.SCRATCH)
    return next((path for path in found if clean(path) == strict), None)
