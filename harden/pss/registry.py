"""Which checks run at a level and version, and in which order."""

from __future__ import annotations

from functools import cache

from harden.model.finding import Level
from harden.model.kube import Version
from harden.pss import (
    allow_privilege_escalation,
    app_armor_profile,
    capabilities,
    host_namespaces,
    host_ports,
    host_probes,
    privileged,
    proc_mount,
    run_as_non_root,
    run_as_user,
    se_linux_options,
    seccomp_profile,
    sysctls,
    volumes,
    windows_host_process,
)
from harden.pss.check import Check, Judge, validate

#: The newest version with rules of its own; newer ones are judged by the same rules.
NEWEST: Version = (1, 37)

_MODULES = (
    allow_privilege_escalation,
    app_armor_profile,
    capabilities,
    host_namespaces,
    host_ports,
    host_probes,
    privileged,
    proc_mount,
    run_as_non_root,
    run_as_user,
    se_linux_options,
    seccomp_profile,
    sysctls,
    volumes,
    windows_host_process,
)

#: All checks in the official order: baseline before restricted, each sorted by id (upper case before lower).
ALL: tuple[Check, ...] = tuple(
    sorted(
        (check for module in _MODULES for check in module.CHECKS),
        key=lambda check: (check.level is Level.RESTRICTED, check.id),
    )
)

validate(ALL)


#: Checks that came to refuse more, and when; every other change to a check has it refuse less, or is another check.
_TIGHTENED: dict[str, Version] = {"seccompProfile_baseline": (1, 19)}


def lacking(level: Level, older: Version, newer: Version) -> tuple[str, ...]:
    """Return the checks of a level at a newer version that refuse pods which the older version admits, in order."""
    before = dict(plan(level, older))
    functions = set(before.values())
    missing = []
    for name, judge in plan(level, newer):
        tightened = _TIGHTENED.get(name, older)
        if (name not in before and judge not in functions) or older < tightened <= newer:
            missing.append(name)
    return tuple(missing)


@cache
def plan(level: Level, version: Version | None) -> tuple[tuple[str, Judge], ...]:
    """Return the id and function of every check that runs, in order; None and newer versions than NEWEST mean NEWEST.

    Raises ValueError for a version before 1.0, the first one that has a policy.
    """
    version = NEWEST if version is None else min(version, NEWEST)
    if version < (1, 0):
        raise ValueError(f"there is no Pod Security policy for version {version[0]}.{version[1]}")
    if level is Level.PRIVILEGED:
        return ()
    taken = [check for check in ALL if level is Level.RESTRICTED or check.level is Level.BASELINE]
    running = [(check, revision) for check in taken if (revision := check.at(version)) is not None]
    overridden = {name for _, revision in running for name in revision.overrides}
    return tuple((check.id, revision.judge) for check, revision in running if check.id not in overridden)
