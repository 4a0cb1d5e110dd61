"""Judges whether a container may listen on the ports below 1024 that it listens on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harden.model.plain import is_number
from harden.model.start import Topic
from harden.starts.case import Case, Statements, beyond_tag, doubt, no, stated, yes
from harden.starts.places import covering
from harden.starts.reader import Pod
from harden.starts.settings import mounted_texts

if TYPE_CHECKING:
    from harden.images.facts import ImageFacts

_SYSCTL = "net.ipv4.ip_unprivileged_port_start"
_FIRST_FREE = 1024


def opened(pod: Pod) -> int | None:
    """Return the first port that the pod opens to every user; None where it sets none (with hostNetwork it may not)."""
    value = pod.sysctls.get(_SYSCTL)
    return int(value) if value is not None and is_number(value) else None


def check(case: Case) -> Statements:
    """Yield whether the ports below 1024 can be bound.

    That takes CAP_NET_BIND_SERVICE, or net.ipv4.ip_unprivileged_port_start at or below the port (Linux,
    Documentation/networking/ip-sysctl.rst; capabilities(7)). Containerd from 2.0 sets it to 0 in the pod's network
    namespace by default (enable_unprivileged_ports; containerd 9348), older ones and CRI-O (cri-o 10050) do not:
    without the sysctl it depends on the node. With hostNetwork the node's own value counts.
    """
    if case.process.root is None or not case.container.stays or _bind(case):
        return
    low = sorted({port for port in _ports(case) if port < _FIRST_FREE})
    if not low:
        yield from _moved(case)
        return
    first, shown = opened(case.pod), ", ".join(str(port) for port in low)
    who = "root without NET_BIND_SERVICE" if case.process.root else f"user {_user(case)}"
    if first is None:
        where = (
            "the node's sysctl: hostNetwork" if case.pod.host_network else f"the node's runtime: {_SYSCTL} is not set"
        )
        yield doubt(Topic.PORTS, f"whether {who} may listen on port {shown} depends on {where}")
    elif first > low[0]:
        yield no(Topic.PORTS, f"{who} may not listen on port {shown}: {_SYSCTL} is {first}")
    else:
        yield yes(Topic.PORTS, f"the pod opens port {shown} to every user ({_SYSCTL})")


def _user(case: Case) -> str:
    if case.process.uid is not None:
        return str(case.process.uid)
    return "of the image" if case.facts is None else f"{case.facts.default_user}"


def _bind(case: Case) -> bool:
    """Return whether the process has CAP_NET_BIND_SERVICE.

    A file gives it to a user other than root, unless no_new_privs takes that back (execve(2), no_new_privs).
    """
    if case.process.root:
        return "NET_BIND_SERVICE" in case.process.bounding
    by_file = case.own and case.facts is not None and "NET_BIND_SERVICE" in case.facts.file_caps
    return by_file and "NET_BIND_SERVICE" in case.process.bounding and not case.process.locked


def _ports(case: Case) -> tuple[int, ...]:
    """Return the ports that it listens on, as far as is known: the declared ones, the image's, the configuration's."""
    facts, declared = case.facts, case.container.ports
    if facts is None or not case.program.own:
        return declared
    if _says_its_ports(case, facts):
        return (*declared, *_of_configuration(case))
    return (*declared, *(facts.ports or ()), *_of_configuration(case))


def _says_its_ports(case: Case, facts: ImageFacts) -> bool:
    """Return whether the manifest moves the image's ports: by a variable, an argument or its own file."""
    fix = facts.low_port_fix
    if fix is None:
        return False
    if fix.command and (*(case.container.command or ()), *(case.container.args or ())) == fix.command:
        return True
    flags = {word.partition("=")[0] for word in fix.args}
    if flags & {word.partition("=")[0] for word in case.program.arguments}:
        return True
    if fix.env.keys() & {variable.name for variable in case.container.env}:
        return True
    return fix.config_file is not None and covering(case.container, fix.config_file) is not None


def _moved(case: Case) -> Statements:
    facts = case.facts
    if facts is None or not case.program.own or not any(port < _FIRST_FREE for port in facts.ports or ()):
        return
    yield from beyond_tag(case, "ports", "low_port_fix")
    yield yes(Topic.PORTS, f"{stated(case, 'low_port_fix')}: the manifest moves its ports to 1024 and above")


#: How the configurations of servers say where to listen: `listen 80;` (nginx), `Listen 80` (httpd), `bind *:80`
#: (HAProxy), `http_port 80`. Read only where the configuration is mounted, to see ports below 1024.
_LISTENS = r"(?im)^\s*(?:listen|bind)\s+(?:\S*?:)?(\d{1,5})\b"


def _of_configuration(case: Case) -> tuple[int, ...]:
    texts = mounted_texts(case.pod, case.container, case.neighbours)
    return tuple(int(found) for text in texts if text for found in re.findall(_LISTENS, text))
