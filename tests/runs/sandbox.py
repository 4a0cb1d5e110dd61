"""Owns starting a pod for real, in namespaces of its own, and what was seen of it.

All that a start makes ends with its namespaces (mounts, processes, host name, IPC, and a network that has nothing but
loopback); inside.py is the first process in them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubelet import Plain
from servers import Server

_UNSHARE = ("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child")

#: Seconds for all that one call may take; the parts inside have limits of their own.
_PATIENCE = 240


@dataclass(frozen=True, slots=True)
class Process:
    """What the kernel says of a process of the server (/proc/PID/status); capabilities are bit masks."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    effective: int
    bounding: int
    no_new_privileges: bool
    read_only_root: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one start.

    `answer` is None where the server gave none, `wrong` says what was wrong with one, `exit_code` is None where the
    server did not end by itself; `processes` are those of the moment of the answer.
    """

    answer: str | None
    wrong: str | None
    exit_code: int | None
    log: str
    processes: tuple[Process, ...]


def why_not() -> str | None:
    """Return why nothing can be started here, None where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "starting servers needs Linux and root"
    try:
        made = subprocess.run((*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"), capture_output=True, check=False)
    except FileNotFoundError:
        return "unshare is not installed (package util-linux)"
    return None if made.returncode == 0 else "neither the kernel nor what runs above it lets root make namespaces"


def start(
    server: Server, bundles: Sequence[Sequence[Plain]], root: Path, place: Path, *, patience: float = 60.0
) -> tuple[Seen, ...]:
    """Start the workload of each bundle after the other on the same claims; return what was seen, up to a failure.

    `root` is the folder that server_root.py has made, which is not changed; `place` is an empty folder to mount on.
    `patience` is how many seconds an answer may take.
    """
    order = {
        "server": server.name,
        "bundles": bundles,
        "root": str(root),
        "place": str(place),
        "patience": patience,
    }
    inside = Path(__file__).with_name("inside.py")
    done = subprocess.run(
        (*_UNSHARE, sys.executable, str(inside)),
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"the sandbox itself failed: {done.stderr}")
    return tuple(_seen(item) for item in json.loads(done.stdout))


def _seen(item: dict[str, object]) -> Seen:
    found = item.pop("processes")
    assert isinstance(found, list)
    processes = tuple(Process(**{**process, "groups": tuple(process["groups"])}) for process in found)
    return Seen(**item, processes=processes)  # type: ignore[arg-type]  # written by inside.py from a Seen
