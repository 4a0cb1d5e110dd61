"""The check `hostProbesAndHostLifecycle`: probes and hooks call no host but their own pod (from 1.34)."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod
from harden.pss.wording import containers, counted, named


def judge(pod: Pod) -> Refusal | None:
    """Judge the host of httpGet and tcpSocket in the three probes and the two lifecycle hooks of every container."""
    names = {container.name for container in pod.containers if container.hosts}
    if not names:
        return None
    # This check alone lists its containers sorted and each name once.
    hosts = sorted({host for container in pod.containers for host in container.hosts})
    what = named("probe or lifecycle host", "probe or lifecycle hosts", hosts)
    return "probe or lifecycle host", f"{containers(sorted(names))} {counted('uses', 'use', len(names))} {what}"


CHECKS = (Check("hostProbesAndHostLifecycle", Level.BASELINE, (Revision((1, 34), judge),)),)
