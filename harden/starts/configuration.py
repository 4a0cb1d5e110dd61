"""Finds what mounted configuration asks of a container that its image's own configuration does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.kube.containers import OPEN_TO_ALL
from harden.model.start import Topic
from harden.starts.case import Case, Statements, doubt, yes
from harden.starts.places import covering, within
from harden.starts.settings import mounted_texts, shown

#: Words in a configuration that ask for a capability: chroot(2), and ICMP over raw sockets (capabilities(7)).
_WORDS = {"chroot": "SYS_CHROOT", "icmp": "NET_RAW"}
#: An absolute path of at least one part, at the start of a word.
_PATH = r"(?<![\w./:@$}])/[\w.+-]+(?:/[\w.+-]+)*"
#: Folders of which configurations name files that are written: data, logs, sockets and scratch, not programs.
_WRITTEN = ("/cache", "/data", "/home", "/log", "/logs", "/mnt", "/opt", "/run", "/srv", "/tmp", "/var")  # noqa: S108

#: Where the kubelet mounts a service account's token, read-only (kubernetes, plugin/pkg/admission/serviceaccount).
_TOKEN = "/var/run/secrets"  # noqa: S105 - a folder


def check(case: Case) -> Statements:
    """Yield what mounted configuration may ask for, where the container may do less than its image's authors ship.

    A configuration that cannot be seen may name any folder and any right.
    """
    process = case.process
    # A user other than root has no capabilities that a smaller bounding set could take (capabilities(7)).
    as_another = process.root is False and not process.own_user
    restricted = process.read_only or as_another or (process.reduced and process.root is not False)
    if not restricted or not case.program.own or case.facts is None:
        return
    texts = list(mounted_texts(case.pod, case.container, case.neighbours))
    if any(text is None for text in texts):
        yield doubt(
            Topic.CONFIGURATION, f"what the configuration that is mounted into {case.image} asks for is not known"
        )
    seen = [text for text in texts if text]
    found = list(dict.fromkeys(told for text in seen for told in _asked(case, text)))
    for topic, told in found:
        yield doubt(topic, told)
    if seen and not found:
        yield yes(
            Topic.CONFIGURATION, f"the configuration that is mounted names no folder or right that {case.image} lacks"
        )


def _asked(case: Case, text: str) -> Iterator[tuple[Topic, str]]:
    spoken = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", ";", "//")))
    for name, capability in _WORDS.items():
        if capability not in case.process.effective and re.search(rf"\b{name}\b", spoken):
            yield Topic.CAPABILITIES, f"the mounted configuration says {name}, which needs {capability}"
    if not case.process.read_only and case.process.root is not False:
        return
    for path in _paths(case, spoken):
        if not _writable(case, path):
            yield (
                Topic.WRITES,
                f"the mounted configuration names {path}, which user {case.process.uid} may not write to",
            )


def _paths(case: Case, spoken: str) -> Iterator[str]:
    """Yield the paths that may be written to: those that facts know how to find, else all that look like it."""
    facts = case.facts
    if facts is not None and facts.config_writes:
        from harden.images.conditions import config_writes  # noqa: PLC0415 - few facts know how

        yield from config_writes(facts, shown(case.pod, case.container, case.neighbours))
        return
    for path in dict.fromkeys(re.findall(_PATH, spoken)):
        if any(within(path, folder) for folder in _WRITTEN) and not within(path, _TOKEN):
            yield path


def _writable(case: Case, path: str) -> bool:
    """Return whether a path is in a mount, or in a folder that the image itself leaves to its user."""
    if covering(case.container, path) is not None:
        return True
    if case.process.read_only:
        return False
    own = () if case.facts is None else case.facts.writable or ()
    needs_mounts = case.facts is not None and case.facts.needs("writable")
    return any(within(path, folder) for folder in ((*OPEN_TO_ALL,) if needs_mounts else (*OPEN_TO_ALL, *own)))
