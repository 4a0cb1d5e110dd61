"""The check `hostPorts`: no container may listen on a port of its node."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, counted


def judge(pod: Pod) -> Refusal | None:
    """Judge ports[*].hostPort of every container; 0 counts as not set."""
    bad = [container for container in pod.containers if container.host_ports]
    if not bad:
        return None
    # The official list is sorted as strings: 10250 stands before 80.
    ports = sorted({str(port) for container in bad for port in container.host_ports})
    who = containers([container.name for container in bad])
    what = counted("hostPort", "hostPorts", len(ports))
    return "hostPort", f"{who} {counted('uses', 'use', len(bad))} {what} {', '.join(ports)}"


CHECKS = (Check("hostPorts", Level.BASELINE, (Revision((1, 0), judge),)),)
