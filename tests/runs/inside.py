"""Owns the first process of a pod's namespaces: starts the containers as a runtime would, and asks the server.

Called by sandbox.py with an order as JSON on stdin; prints what it has seen as JSON. The server and all that it has
started end with this process.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from answers import WrongAnswerError, ask
from kubelet import Container, Pod, make_pod
from layout import make_root, make_volume, mount_on
from sandbox import Process, Seen
from servers import Server, server_named

#: Seconds. How long a start may take says the order; RabbitMQ takes about 10 on a busy machine.
_TO_END = 20.0
_TURN = 0.05

#: What a pod may change of the network that the pods of one order share here.
_LOW_PORTS = "net.ipv4.ip_unprivileged_port_start"

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


class Runner:
    """Starts pods one after the other on the same claims; `place` is an empty folder."""

    def __init__(self, server: Server, root: Path, place: Path, patience: float) -> None:
        self.server = server
        self.root = root
        self.place = place
        self.patience = patience

    def prepare(self) -> None:
        """Set up what the pod's containers share: the network, a place for files."""
        mount_on(self.place, "-t", "tmpfs", "-o", "mode=0755", "pod")
        # The /proc of these namespaces: what is written below /proc/sys/net is for this network only.
        mount_on(Path("/proc"), "-t", "proc", "proc")
        _raise_loopback()

    def start(self, pod: Pod, turn: int) -> Seen:
        """Start a pod, for the `turn`-th time that one is, and end it."""
        socket.sethostname(pod.hostname)
        for name, value in {_LOW_PORTS: "1024", **pod.sysctls}.items():
            Path("/proc/sys", *name.split(".")).write_text(value)
        for volume in pod.volumes:
            make_volume(volume, self.place / "volumes")
        log = self.place / f"log-{turn}"
        for container in pod.init:
            with _open_log(log, container.uid) as output:
                command = (*self._enter(pod, container, turn), *container.argv)
                ended = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
            if ended != 0:
                return Seen(None, None, ended, _read(log), ())
        enter = self._enter(pod, pod.main, turn)
        with _open_log(log, pod.main.uid) as output:
            server = subprocess.Popen((*enter, *pod.main.argv), stdout=output, stderr=output)
        answer, wrong = self._ask(server, enter)
        processes = tuple(_processes()) if answer is not None else ()
        ended_itself = server.poll()
        _end(server)
        return Seen(answer, wrong, ended_itself, _read(log), processes)

    def _ask(self, server: subprocess.Popen[bytes], enter: tuple[str, ...]) -> tuple[str | None, str | None]:
        """Return the answer, or what was wrong with it; neither where the server ends, or says nothing in time."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline and server.poll() is None:
            try:
                answer = ask(self.server.name, self.server.port)
                if answer is not None and self.server.proof:
                    answer = f"{answer}; {_prove(enter, self.server.proof)}"
                if answer is not None and self.server.kept:
                    _keep(enter, self.server.kept)
            except WrongAnswerError as error:
                return None, str(error)
            if answer is not None:
                return answer, None
            time.sleep(_TURN)
        return None, None

    def _enter(self, pod: Pod, container: Container, turn: int) -> tuple[str, ...]:
        """Make the container's root, and return the command that starts what follows it in there, as its user."""
        base = self.place / "containers" / f"{container.name}-{turn}"
        root = make_root(pod, container, base, self.root, self.place / "volumes")
        groups = ",".join(str(group) for group in container.groups)
        kept = ",".join(("-all", *(f"+{name.lower()}" for name in container.capabilities)))
        return (
            *("chroot", str(root), "setpriv"),
            *(f"--reuid={container.uid}", f"--regid={container.gid}"),
            f"--groups={groups}" if groups else "--clear-groups",
            *("--inh-caps=-all", f"--bounding-set={kept}"),
            *(("--no-new-privs",) if container.no_new_privileges else ()),
            *("env", "--ignore-environment", f"--chdir={container.work_dir}"),
            *(f"{name}={value}" for name, value in container.env.items()),
        )


def _prove(enter: tuple[str, ...], proof: tuple[str, ...]) -> str:
    """Run a command in the container, as `kubectl exec` would, and return the last line that it prints."""
    done = subprocess.run((*enter, *proof), capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise WrongAnswerError(done.stderr)
    return done.stdout.strip().rpartition("\n")[2]


def _keep(enter: tuple[str, ...], path: str) -> None:
    """Read a file as another user of the container would, who must not be able to."""
    chroot = enter[: enter.index("setpriv")]
    stranger = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "cat", path)
    if subprocess.run((*chroot, *stranger), capture_output=True, check=False).returncode == 0:
        raise WrongAnswerError(f"everybody may read {path}")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _open_log(path: Path, uid: int) -> BinaryIO:
    """Open what becomes stdout and stderr; it belongs to the container's user, as runtimes see to."""
    output = path.open("ab")
    os.fchown(output.fileno(), uid, -1)
    return output


def _read(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")


def _processes() -> Iterator[Process]:
    """Yield every process of these namespaces but this one."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
            # A process that has ended and waits for its parent has neither memory nor mounts any more.
            if "VmRSS" in status:
                yield _process(status, (folder / "mountinfo").read_text(), (folder / "root").readlink())
        except (FileNotFoundError, ProcessLookupError):
            continue


def _process(status: Mapping[str, str], mounts: str, root: Path) -> Process:
    # mountinfo: the fifth field is the place as seen from the process's root, the sixth its options.
    roots = [line.split()[5].split(",") for line in mounts.splitlines() if line.split()[4] == "/"]
    return Process(
        name=status["Name"],
        uid=int(status["Uid"].split()[1]),
        gid=int(status["Gid"].split()[1]),
        groups=tuple(int(group) for group in status["Groups"].split()),
        effective=int(status["CapEff"], 16),
        bounding=int(status["CapBnd"], 16),
        no_new_privileges=status["NoNewPrivs"] == "1",
        read_only_root=str(root) != "/" and bool(roots) and "ro" in roots[-1],
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server as the kubelet does: TERM, some time, KILL."""
    server.terminate()
    try:
        server.wait(timeout=_TO_END)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main() -> None:
    order = json.load(sys.stdin)
    server = server_named(order["server"])
    runner = Runner(server, Path(order["root"]), Path(order["place"]), order["patience"])
    runner.prepare()
    seen: list[Seen] = []
    for bundle in order["bundles"]:
        seen.append(runner.start(make_pod(bundle, server), len(seen)))
        if seen[-1].answer is None:
            break
    print(json.dumps([dataclasses.asdict(each) for each in seen]))


if __name__ == "__main__":
    main()
