"""Containers do not write to their root file system.

## Why
Who breaks into a container can otherwise replace its programs and leave tools behind; a program that writes where
nobody expects it loses that with the next start anyway.

## Allowed values
`true` on every container and init container; there is no field for the whole pod. Windows pods have no such field.

## What a fix may change
With a read-only root a program fails where it writes to a folder that is no volume. So the same fix adds an emptyDir
for each folder that image facts say the program writes to, unless a volume is mounted there or above; each container
has its own, as it had its own root. Never on `medium: Memory`, which would count against the memory limit. It is safe
where facts name the folders and the manifest leaves program, arguments and configuration as they are, else review.
It is breaking where `false` was chosen, where the manifest runs a command whose writing is not known, and where a
folder that ships files has to stay writable: an init container of the same image copies them first. Without a shell in
the image, and where nothing is known of the image, there is no fix: `harden images IMAGE` says what is known; add
`writable` to your own facts. What an emptyDir holds is gone with the pod, as it was with the container before.
PostgreSQL gets PGDATA below an emptyDir, because initdb must own its folder.

## Sources
- kubernetes, pkg/apis/core/validation/validation.go, validateWindows
- kubernetes, pkg/kubelet/container/helpers.go and CRI `readonly_rootfs`; Filesystem Hierarchy Standard 3.0, 3.15, 5.13
- docker-library and other Dockerfiles: the sources of each image's facts, `harden images IMAGE`
- nginxinc/docker-nginx, entrypoint/20-envsubst-on-templates.sh (conf.d is written only where templates are)
- NSA and CISA, Kubernetes Hardening Guidance 1.2, "Immutable container file systems"
- NSA and CISA, Kubernetes Hardening Guidance 1.2: Immutable container file systems
- CIS Kubernetes Benchmark 1.12: 5.6.3
- Design principles: restrict permissions, limit attack surface
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.controls import Context, control
from harden.controls._images import folders_of, image_of, is_base, keeps_its_command, only_reads, short_name
from harden.controls._needs import variable
from harden.controls._pods import environment, is_windows
from harden.controls._postgres import strict_folder
from harden.controls._scripts import command_line, unknown_writer
from harden.controls._seeds import seeded
from harden.controls._users import Standing, UserPlan, plan_users
from harden.controls._volumes import Storage, clean, covers, empty_dirs, mounts, uncovered
from harden.model.finding import Because, Change, Finding, Fix, Level, NoFix, Risk, SetField
from harden.model.kube import Container, Workload

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

_FIELD = ("securityContext", "readOnlyRootFilesystem")
_KINDS = ("initContainers", "containers")
_SCRATCH = "/tmp"  # noqa: S108 - a folder in a container
#: Folders that ship files and are written only where another one is mounted.
_ONLY_WITH = {"/etc/nginx/conf.d": "/etc/nginx/templates"}


@control(
    level=Level.RESTRICTED,
    since=(1, 0),
    checks=(),
    profiles=("hardened",),
    fields=tuple(f"spec.{kind}[*].securityContext.readOnlyRootFilesystem" for kind in _KINDS),
    by_image=True,
)
def check(workload: Workload, context: Context) -> Iterator[Finding]:
    """Yield a finding for each container and init container whose root file system can be written."""
    writing = [each for each in workload.containers if each.field in _KINDS and each.get(*_FIELD) is not True]
    if not writing or is_windows(workload):
        return
    for plan in plan_users(workload, context).users:
        if any(plan.container is container for container in writing):
            yield _judged(workload, _left_to_platform(plan) if context.platform == "openshift" else plan)


def _left_to_platform(plan: UserPlan) -> UserPlan:
    """Return the plan without a user that only facts name: OpenShift gives one to all containers of the pod."""
    return plan if plan.standing is Standing.OWN else plan._replace(uid=None, gid=None)


def _judged(workload: Workload, plan: UserPlan) -> Finding:
    container, facts = plan.container, plan.facts
    value = container.get(*_FIELD)
    path = container.path if value is None else (*container.path, *_FIELD)
    verb = "may write" if value is None else "says that it writes"
    message = f'container "{container.name}" {verb} to its root file system'
    if plan.standing is Standing.OWNERS:
        return Finding(path, message, NoFix("it only changes owners: fsGroup can take its place (run-as-non-root)"))
    if facts is None or (facts.writable is None and not is_base(facts)):
        image = image_of(container) or "the image"
        reason = f"harden does not know where {image} writes: list the folders in harden-images.yaml"
        return Finding(path, message, NoFix(reason, Because.NEEDS_FACTS))
    seeds = _seeds(workload, container, facts)
    obstacle = _obstacle(plan, facts, seeds)
    if obstacle is not None:
        return Finding(path, message, NoFix(obstacle))
    changes: list[Change] = [SetField((*container.path, *_FIELD), value=True)]
    changes += _folders(workload, container, facts, seeds)
    if seeds:
        changes += seeded(workload, plan, seeds)
    risk, reason = max(_doubts(workload, plan, facts, seeds), key=lambda said: said[0])
    return Finding(path, message, Fix(risk, reason, tuple(changes)))


def _obstacle(plan: UserPlan, facts: ImageFacts, seeds: tuple[str, ...]) -> str | None:
    if plan.standing is Standing.STUCK and facts.writable is None:
        return plan.reason
    if not seeds:
        return None
    if facts.shell is not True:
        return f"{', '.join(seeds)} must stay writable and ships files, and the image has no shell to copy them"
    if plan.standing not in {Standing.KNOWN, Standing.OWN}:
        return f"{', '.join(seeds)} must stay writable and ships files, and no user to copy them is known"
    return None


def _seeds(workload: Workload, container: Container, facts: ImageFacts) -> tuple[str, ...]:
    """Return the folders that ship files and have to be copied."""
    held = [mount.path for mount in mounts(workload, container)]
    wanted = [path for path in facts.writable_seeded if _is_written(path, held)]
    return uncovered(workload, container, wanted) if keeps_its_command(container, facts) else ()


def _is_written(path: str, held: list[str]) -> bool:
    needed = _ONLY_WITH.get(path)
    return needed is None or any(clean(mount) == needed for mount in held)


def _folders(workload: Workload, container: Container, facts: ImageFacts, seeds: tuple[str, ...]) -> Iterator[Change]:
    """Yield the changes that make the folders writable which facts name, and PGDATA below one that is new.

    A command that only reads, tests and waits needs none of the folders of the image's own program.
    """
    if only_reads(container, facts):
        return
    wanted = [*(facts.writable or ()), *(facts.volumes or ())]
    if is_base(facts):
        wanted.append(_SCRATCH)
    wanted = [path for path in wanted if not any(covers(seed, path) for seed in seeds)]
    yield from empty_dirs(workload, container, wanted, folders_of(facts))
    strict = strict_folder(container, facts)
    named = any(item.get("name") == "PGDATA" for item in environment(container))
    if strict is not None and strict in uncovered(workload, container, wanted) and not named:
        yield variable(container, "PGDATA", f"{strict}/pgdata")


def _doubts(
    workload: Workload, plan: UserPlan, facts: ImageFacts, seeds: tuple[str, ...]
) -> Iterator[tuple[Risk, str]]:
    """Yield what speaks against the fix, each with its risk, the most telling first."""
    container, image = plan.container, short_name(plan.container)
    if container.get(*_FIELD) is False:
        yield Risk.BREAKING, "somebody chose false"
    if seeds:
        yield Risk.BREAKING, f"an init container copies {', '.join(seeds)} from the image"
    if not keeps_its_command(container, facts):
        writer = unknown_writer(container)
        if writer is not None or not command_line(container):
            yield Risk.BREAKING, f"harden does not know where {writer or 'the program'} in {image} writes"
        yield Risk.REVIEW, "the command only reads, tests and waits, as far as one sees"
    if command_line(container):
        yield Risk.REVIEW, "the arguments may name other folders to write to"
    if facts.origins.get("writable", "").startswith("rule "):
        yield Risk.REVIEW, f"where {image} writes to is concluded from its name"
    if any(mount.storage is Storage.FILES for mount in mounts(workload, container)):
        yield Risk.REVIEW, "its own configuration may name other folders to write to"
    yield Risk.SAFE, f"it is known where {image} writes to"
