"""Judges what an image needs in some settings only, where the settings cannot be seen, or root is no longer there."""

from __future__ import annotations

from harden.model.start import Topic
from harden.starts.case import Case, Statements, doubt

#: Fields of facts that say how a start without root works.
_USER = frozenset({"host_access", "nonroot_env", "nonroot_needs", "runs_as_nonroot", "stays_root", "uid"})
_WRITES = frozenset({"volumes", "writable", "writable_seeded"})
#: What an entrypoint needs to prepare folders and to change the user, and a start without root does not.
_PREPARING = frozenset(
    ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID")
)


def check(case: Case) -> Statements:
    """Yield the doubts of settings that are not to be seen, as far as they matter for what the container may do."""
    if case.facts is None or not case.program.own:
        return
    relevant = _relevant(case)
    for follows in case.may:
        topic = next((topic for field in follows.fields for topic in (relevant.get(field),) if topic is not None), None)
        if topic is not None:
            yield doubt(topic, f"{case.image} may need more, if {follows.because}: the manifest does not show it")
    yield from _lost_with_root(case)


def _relevant(case: Case) -> dict[str, Topic]:
    """Return the fields that a rule asks for in this case, each with what a doubt about it is about."""
    process = case.process
    fields: dict[str, Topic] = {}
    if process.reduced:
        fields["file_caps"] = Topic.FILE_CAPABILITIES
        if process.root is not False:
            fields["root_caps"] = Topic.CAPABILITIES
    if process.read_only:
        fields |= dict.fromkeys(_WRITES, Topic.WRITES)
    if process.non_root and not process.user_set:
        fields["default_user"] = Topic.USER
    if process.root is False and not process.own_user:
        fields |= dict.fromkeys(_USER, Topic.USER)
        fields["root_caps"] = Topic.CAPABILITIES
    if process.root is False:
        fields["ports"] = Topic.PORTS
    if process.root is False and case.pod.fs_group is not None:
        fields["strict_files"] = Topic.MODES
    return fields


def _lost_with_root(case: Case) -> Statements:
    """Yield the capabilities that a setting asks for and no user other than root has (capabilities(7)).

    What an entrypoint needs to change the user is not asked for without root.
    """
    if case.process.root is not False or case.process.own_user or case.facts is None:
        return
    for follows in case.follows:
        if "root_caps" not in follows.fields:
            continue
        for name in case.facts.root_caps or ():
            if name not in _PREPARING:
                yield doubt(Topic.CAPABILITIES, f"{case.image} needs {name}, which user {case.process.uid} has not")
