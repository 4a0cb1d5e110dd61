"""The check `hostNamespaces`: the pod may not share the network, processes or IPC of its node."""

from __future__ import annotations

from harden.model.finding import Level
from harden.pss.check import Check, Refusal, Revision
from harden.pss.pod import Pod


def judge(pod: Pod) -> Refusal | None:
    """Judge hostNetwork, hostPID and hostIPC."""
    if not (pod.host_network or pod.host_pid or pod.host_ipc):
        return None
    flags = {"hostNetwork=true": pod.host_network, "hostPID=true": pod.host_pid, "hostIPC=true": pod.host_ipc}
    return "host namespaces", ", ".join(name for name, is_set in flags.items() if is_set)


CHECKS = (Check("hostNamespaces", Level.BASELINE, (Revision((1, 0), judge),)),)
