"""A long stream made in shares is the very report that one process makes."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

import pytest
from requirements import need

from harden.engine import parallel
from harden.engine.check import Checker, ParsedFile
from harden.engine.exempt import RunExemptions
from harden.engine.run import harden
from harden.model.report import FileReport, Mode
from harden.model.text import SourceText
from harden.settings import load

WORKLOAD = """\
# workload {n}
apiVersion: {api}
kind: Deployment
metadata:
  name: web-{n}
spec:
  selector: {{matchLabels: {{app: web-{n}}}}}
  template:
    metadata: {{labels: {{app: web-{n}}}}}
    spec:
      containers:
      - name: web
        image: {image}  # pinned later
"""
PATCH = WORKLOAD.replace("        image: {image}  # pinned later\n", "        args: [x]\n")
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{n}}}\n"


def stream(*, broken: bool = False, newline: str = "\n") -> bytes:
    texts = []
    for n in range(480):
        shape = SERVICE if n % 5 == 1 else PATCH if n % 7 == 2 else WORKLOAD
        api = "extensions/v1beta1" if n % 11 == 3 else "apps/v1"
        texts.append(shape.format(n=n, api=api, image="nginx:1.27" if n % 2 else "registry.example.com/web:1"))
    if broken:
        texts[400] = "kind: Pod\nspec: [\n"
    return "---\n".join(texts).replace("\n", newline).encode()


def report(data: bytes, mode: Mode, profile: str = "restricted") -> FileReport:
    (only,) = harden([("all.yaml", data)], load(profile), mode)
    return only


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return what each call of `spread` came to; two processors are taken to be there."""
    calls: list[bool] = []
    spread = parallel.run_in_parallel

    def counting(*words: object) -> FileReport | None:
        found = spread(*words)  # type: ignore[arg-type]
        calls.append(found is not None)
        return found

    monkeypatch.setattr(parallel, "processors", lambda: 2)
    monkeypatch.setattr(parallel, "run_in_parallel", counting)
    return calls


def alone(data: bytes, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> FileReport:
    with monkeypatch.context() as patch:
        patch.setattr(parallel, "processors", lambda: 1)
        return report(data, mode)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mode", Mode)
def test_the_report_is_the_same(mode: Mode, newline: str, counted: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\xef\xbb\xbf" * (newline == "\r\n") + stream(newline=newline)
    shared = report(data, mode)
    assert counted == [True]
    whole = alone(data, mode, monkeypatch)
    assert counted == [True, False]
    assert shared == whole
    assert len(shared.workloads) > 300
    assert shared.skipped
    assert shared.problems
    assert shared.changed is (mode is not Mode.CHECK)


def test_a_second_run_keeps_the_text(counted: list[bool]) -> None:
    once = report(stream(), Mode.APPLY)
    assert once.before is not None
    assert once.after is not None
    again = report(once.before.encode(once.after), Mode.APPLY)
    assert counted == [True, True]
    assert not again.changed


def test_a_syntax_error_in_one_share_holds_the_whole_file(counted: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    data = stream(broken=True)
    shared = report(data, Mode.APPLY)
    assert counted == [False]
    assert not shared.changed
    assert shared == alone(data, Mode.APPLY, monkeypatch)


def test_short_streams_and_controls_that_look_around_stay_in_one_process(counted: list[bool]) -> None:
    report(b"---\n".join([WORKLOAD.format(n=1, api="apps/v1", image="x").encode()] * 20), Mode.CHECK)
    report(stream(), Mode.CHECK, "hardened")
    assert counted == []


def test_a_worker_that_dies_leaves_the_work_to_its_caller(counted: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = alone(stream(), Mode.APPLY, monkeypatch)
    mine = os.getpid()

    def dying(self: Checker, source: SourceText, **options: Any) -> ParsedFile:
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, source, **options)

    read = Checker.read
    monkeypatch.setattr(Checker, "read", dying)
    assert report(stream(), Mode.APPLY) == whole
    assert counted == [False, True]


def test_a_process_with_threads_does_it_alone(counted: list[bool]) -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert report(stream(), Mode.APPLY).changed
    finally:
        done.set()
        other.join()
    assert counted == [False]


def test_a_worker_of_somebody_elses_pool_does_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(_changes)


def _changes() -> bool:
    return report(stream(), Mode.APPLY).changed


def test_without_room_for_a_process_there_is_none(counted: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    whole = alone(stream(), Mode.APPLY, monkeypatch)
    monkeypatch.setattr(os, "fork", refused)
    assert report(stream(), Mode.APPLY) == whole
    assert counted == [False, True]


def test_no_process_is_left_when_the_caller_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def paused(_source: SourceText) -> FileReport:
        while True:
            signal.pause()

    def interrupted(_answers: object) -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        parallel.run_in_parallel(SourceText("all.yaml", stream().decode()), paused, "apply", 3)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


#: Files enough for several processes, each kind of outcome among them.
EXEMPT = WORKLOAD.replace("# pinned later", "# harden: ignore[run-as-non-root] by hand")
SHAPES = (WORKLOAD, SERVICE, PATCH, "kind: Pod\nspec: [{n}\n", EXEMPT)


def files(count: int = 240) -> list[tuple[str, bytes]]:
    texts = [SHAPES[n % len(SHAPES)].format(n=n, api="apps/v1", image="nginx:1.27") for n in range(count)]
    return [(f"{n}.yaml", text.encode()) for n, text in enumerate(texts)]


def reports(mode: Mode, jobs: int) -> tuple[list[FileReport], RunExemptions]:
    exempting = RunExemptions()
    return list(harden(files(), load("restricted"), mode, jobs=jobs, exempting=exempting)), exempting


@pytest.mark.parametrize("mode", Mode)
def test_files_made_by_several_processes_are_the_same_in_order(mode: Mode) -> None:
    alone, exempting = reports(mode, 1)
    shared, told = reports(mode, 3)
    assert shared == alone
    assert [each.name for each in shared] == [name for name, _ in files()]
    active = ("run-as-non-root",)
    assert told.account(active, whole=True) == exempting.account(active, whole=True) != ()


def test_files_whose_process_dies_are_made_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, _ = reports(Mode.APPLY, 1)
    mine, read, left = os.getpid(), Checker.read, [40]

    def dying(self: Checker, source: SourceText, **options: Any) -> ParsedFile:
        left[0] -= 1
        if os.getpid() != mine and left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, source, **options)

    monkeypatch.setattr(Checker, "read", dying)
    assert reports(Mode.APPLY, 2)[0] == alone


def test_what_reports_say_alike_is_sent_once_with_all_that_are_sent_together() -> None:
    inputs = [(f"{n}.yaml", WORKLOAD.format(n=n, api="apps/v1", image="nginx:1.27").encode()) for n in range(240)]
    found = harden(inputs, load("restricted"), Mode.DIFF, jobs=2)
    outcomes = [outcome for report in found for workload in report.workloads for outcome in workload.outcomes]
    assert len({id(outcome) for outcome in outcomes}) < len(outcomes) / 8


@pytest.mark.parametrize("count", [9, 100, 4_000, 300_000])
@pytest.mark.parametrize("jobs", [2, 7, 64])
def test_each_item_is_in_one_block_and_the_last_blocks_are_small(count: int, jobs: int) -> None:
    blocks = parallel.blocks_of(8, count, jobs)
    assert [at for block in blocks for at in range(count)[block]] == list(range(8, count))
    # Their numbers have to fit into a pipe (Linux gives one page to those who have many).
    assert len(blocks) * 2 <= 4096
    sizes = [block.stop - block.start for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] <= max(8, count // 1_000 + 1)


def test_a_process_takes_what_is_next_while_another_one_is_at_work() -> None:
    """Whoever has the first block waits until all others are done: by one process, because the other one waits."""
    reading, writing = os.pipe()
    others = len(parallel.blocks_of(8, 400, 2)) - 1

    def work(some: Sequence[int]) -> list[tuple[int, int]]:
        done = 0
        if some[0] == 8:
            while done < others and select.select([reading], [], [], 60)[0]:
                done += len(os.read(reading, 1))
        elif some[0] > 8:
            os.write(writing, b".")
        return [(each, done) for each in some]

    found = list(parallel.in_parallel(range(400), work, 2))
    assert [each for each, _ in found] == list(range(400))
    assert {done for _, done in found} == {0, others}


def test_few_files_and_one_job_stay_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        pytest.fail("a process was started")

    monkeypatch.setattr(os, "fork", refused)
    reports(Mode.CHECK, 1)
    list(harden(files(50), load("restricted"), Mode.CHECK, jobs=8))


def test_nobody_is_left_when_the_run_is_killed(tmp_path: Path) -> None:
    """Whoever writes into a pipe that nobody reads any more ends."""
    for name, data in files(2000):
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-m", "harden", "check", "--jobs", "2", "."]
    for wanted in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        run = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        while run.poll() is None and not children.read_text():
            time.sleep(0.01)
        os.kill(run.pid, wanted)
        run.wait(60)
        until = time.monotonic() + 60
        while _lives(run.pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not _lives(run.pid)


def _lives(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("command", ["apply", "diff", "check"])
def test_whole_processes_end_by_themselves(command: str) -> None:
    """The handlers of main are in place here: a worker that took SIGTERM for an order to unwind once hung."""
    need(len(os.sched_getaffinity(0)) > 1, "there is one processor only")
    wanted = 1  # what is not known of half of the images leaves something to do
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-m", "harden", command, "-"],
            input=stream(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == wanted, done.stderr.decode()
        assert b"Traceback" not in done.stderr
