"""The check `sysctls`: kernel parameters from a list of safe ones, which grows with the versions."""

from __future__ import annotations

from harden.model.finding import Level
from harden.model.kube import Version
from harden.pss.check import Check, Judge, Refusal, Revision
from harden.pss.pod import Pod

#: What each version added to the list.
_ADDED: tuple[tuple[Version, tuple[str, ...]], ...] = (
    (
        (1, 0),
        (
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        ),
    ),
    ((1, 27), ("net.ipv4.ip_local_reserved_ports",)),
    (
        (1, 29),
        (
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ),
    ),
    ((1, 32), ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")),
    ((1, 37), ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")),
)


def _judge_with(allowed: frozenset[str]) -> Judge:
    def judge(pod: Pod) -> Refusal | None:
        if allowed.issuperset(pod.sysctls):
            return None
        return "forbidden sysctls", ", ".join(name for name in pod.sysctls if name not in allowed)

    return judge


def _revisions() -> tuple[Revision, ...]:
    allowed: frozenset[str] = frozenset()
    found = []
    for since, names in _ADDED:
        allowed = allowed.union(names)
        found.append(Revision(since, _judge_with(allowed)))
    return tuple(found)


CHECKS = (Check("sysctls", Level.BASELINE, _revisions()),)
