"""Judges whether an image's program starts as the user it gets, where that is not the image's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden.kube.containers import OPEN_TO_ALL
from harden.model.start import Topic
from harden.starts.case import Case, Statements, beyond_tag, doubt, no, stated, yes
from harden.starts.command import ROOT_PROGRAMS
from harden.starts.commands import fetches
from harden.starts.places import covering
from harden.starts.process import image_user

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts


def check(case: Case) -> Statements:
    """Yield what facts say of a start as another user than the image's own.

    The same user as the image's is what its authors ship. Root in place of another user is not: some programs refuse
    it (elasticsearch, Bootstrap.initializeNatives: "can not run elasticsearch as root").
    """
    process, facts = case.process, case.facts
    yield from _puid(case)
    yield from _group(case)
    yield from _setting(case)
    if not process.user_set:
        return
    if process.own_user:
        yield from beyond_tag(case, "default_user")
        return
    if facts is None or not case.program.own:
        if case.program.own or not _needs_no_user(case):
            yield doubt(Topic.USER, f"whether {_what(case)} starts as user {process.uid} is not known{case.looks}")
        return
    if process.uid == 0:
        yield doubt(Topic.USER, f"whether {case.image} starts as root is not known: its own user is {_own(facts)}")
        return
    yield from _as_non_root(case, facts)


def _setting(case: Case) -> Statements:
    """Yield the doubt that a setting raises which needs root, where the image has a user of its own.

    As shipped it runs without such a setting. Whether it then stops, or goes on without what it was asked for, the
    facts do not say (haproxy with chroot exits, an exporter whose ICMP probes fail stays).
    """
    process, facts = case.process, case.facts
    if facts is None or not case.program.own or process.root is not False or not process.own_user:
        return
    if facts.runs_as_nonroot is False and any("runs_as_nonroot" in follows.fields for follows in case.follows):
        yield doubt(Topic.USER, f"{case.image} may not start as its own user, because {facts.root_reason}")


def _group(case: Case) -> Statements:
    """Yield the doubt about a group that is not the image's: its folders may be open to that one only.

    Images that are made for any user leave their folders to the group 0 (OpenShift, "Creating images", Support
    arbitrary user ids).
    """
    wanted = case.container.group if case.container.group is not None else case.pod.group
    process, facts = case.process, case.facts
    if wanted is None or process.root is not False or not case.program.own:
        return
    own = image_user(facts)
    known = own.gid if process.own_user and own.gid is not None else None
    if known is None and facts is not None and facts.uid == process.uid:
        known = facts.gid
    if known is None:
        yield doubt(Topic.USER, f"whether {case.image} starts as group {wanted} is not known")
    elif known not in process.groups:
        yield doubt(Topic.USER, f"whether {case.image} starts as group {wanted} is not known: its own is {known}")


def _what(case: Case) -> str:
    return case.image if case.program.own else f"{case.program.name} in {case.image}"


def _own(facts: ImageFacts) -> str:
    return "not known" if facts.default_user is None else facts.default_user


def _needs_no_user(case: Case) -> bool:
    """Return whether the commands are all such that this package judges them itself."""
    return case.program.whole and all(
        command.harmless or command.name in ROOT_PROGRAMS or fetches(case, command) for command in case.program.commands
    )


def _as_non_root(case: Case, facts: ImageFacts) -> Statements:
    uid = case.process.uid
    yield from beyond_tag(case, "runs_as_nonroot", "uid", "nonroot_needs")
    if facts.runs_as_nonroot is False:
        because = f", because {facts.root_reason}" if facts.root_reason is not None else ""
        yield no(Topic.USER, f"{case.image} does not start without root{because}")
        return
    if facts.host_access is not None:
        yield doubt(Topic.USER, f"{case.image} {facts.host_access}: whether user {uid} can is not known")
        return
    if facts.runs_as_nonroot is None:
        yield doubt(Topic.USER, f"no source says that {case.image} starts without root")
        return
    if facts.uid != uid:
        known = "no user is known for it" if facts.uid is None else f"it is known to start as {facts.uid}"
        yield doubt(Topic.USER, f"whether {case.image} starts as user {uid} is not known: {known}")
        return
    yield yes(Topic.USER, f"{stated(case, 'uid', 'runs_as_nonroot')}: starts as {uid} ({facts.confidence.value})")
    yield from _environment(case, facts)
    yield from _folders(case, facts)


def _environment(case: Case, facts: ImageFacts) -> Statements:
    """Yield whether the variables that a start without root takes are set; their values are named nowhere."""
    if not facts.needs("env"):
        return
    given = {variable.name: variable.value for variable in case.container.env}
    for name, value in facts.nonroot_env.items():
        if name not in given:
            if case.container.env_from:
                yield doubt(Topic.ENVIRONMENT, f"{case.image} needs {name} without root, which envFrom may set")
            else:
                yield no(Topic.ENVIRONMENT, f"{case.image} needs {name} set to start without root")
        elif given[name] != value:
            yield doubt(Topic.ENVIRONMENT, f"{case.image} needs {name} without root, and it holds something else")
        else:
            yield yes(Topic.ENVIRONMENT, f"{stated(case, 'nonroot_env')}: {name} is set")


def _folders(case: Case, facts: ImageFacts) -> Statements:
    """Yield whether folders that belong to root in the image have something that can be written in their place.

    /tmp is open to every user in all images that have it (Filesystem Hierarchy Standard 3.0, 3.18).
    """
    if not facts.needs("writable"):
        return
    for path in facts.writable or ():
        if path in OPEN_TO_ALL:
            continue
        if covering(case.container, path, writable=True) is None:
            yield no(Topic.WRITES, f"{path} of {case.image} belongs to root, and nothing is mounted there")
        else:
            yield yes(Topic.WRITES, f"{stated(case, 'writable')}: {path} is mounted")


def _puid(case: Case) -> Statements:
    """Yield the doubt that PUID and PGID raise about a start without root.

    Images with s6 read them as root and change to that user themselves; as another user its supervision fails in /run
    (linuxserver/docker-baseimage-alpine, root/etc/s6-overlay/s6-rc.d/init-adduser/run).
    """
    names = {variable.name for variable in case.container.env}
    known = case.facts is not None and case.facts.runs_as_nonroot is not None
    if {"PUID", "PGID"} <= names and case.process.root is False and case.process.user_set and not known:
        yield doubt(Topic.USER, f"PUID and PGID show that {case.image} starts as root and changes the user itself")
