"""Files are written whole or not at all, with the attributes that they had, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from requirements import tool

from harden.adapters import files, replacing
from harden.adapters.replacing import ChangedError
from harden.model.report import Problem, Stage
from harden.source.regular import read_regular

POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: x}
"""
HARDEN = [sys.executable, "-m", "harden"]
RESULTS = (("diff", "--output"), ("check", "--report-file"), ("graph", "--output"))


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*HARDEN, *words], cwd=cwd, capture_output=True, check=False, timeout=60)


def attributes(path: Path) -> tuple[int, dict[str, bytes]]:
    return path.stat().st_mode, {name: os.getxattr(path, name) for name in os.listxattr(path)}


class TestResults:
    def test_a_result_never_takes_the_place_of_an_input(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(POD)
        (tmp_path / "link.yaml").symlink_to("a.yaml")
        os.link(tmp_path / "a.yaml", tmp_path / "hard")
        for output in ("a.yaml", "./a.yaml", "link.yaml", "hard"):
            for words in ((*result, output) for result in RESULTS):
                done = run(*words, "a.yaml", cwd=tmp_path)
                assert done.returncode == 2, (words, done)
                assert (tmp_path / "a.yaml").read_text() == POD

    def test_a_result_is_put_whole_with_the_mode_that_was_there(self, tmp_path: Path) -> None:
        target = tmp_path / "report.json"
        files.put(str(target), b"one")
        target.chmod(0o640)
        inode = target.stat().st_ino
        files.put(str(target), b"two")
        assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"two", 0o640)
        assert target.stat().st_ino != inode, "written in place"
        (tmp_path / "link").symlink_to("behind")
        files.put(str(tmp_path / "link"), b"three")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "behind").read_bytes() == b"three"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["behind", "link", "report.json"]

    def test_a_result_goes_to_a_device_as_it_comes(self) -> None:
        files.put("/dev/null", b"x")
        assert not Path("/dev/null").is_file()


class TestReplacing:
    def test_an_edit_right_before_the_rename_wins(self, tmp_path: Path) -> None:
        target = tmp_path / "a"
        target.write_bytes(b"old")

        def edit() -> bool:
            target.write_bytes(b"theirs")
            return target.read_bytes() == b"old"

        with pytest.raises(ChangedError):
            replacing.replace(target, target.stat(), b"new", edit)
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"theirs")]

    def test_a_new_file_takes_nobody_elses_place(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"theirs")
        problem = files.create(str(tmp_path / "a"), b"ours")
        assert problem is not None
        assert problem.stage is Stage.WRITE
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"theirs")]

    def test_rights_of_others_are_as_they_were(self, tmp_path: Path) -> None:
        tool("setfacl")
        folder = tmp_path / "open"
        folder.mkdir()
        target = folder / "secret.yaml"
        target.write_text("a: 1\n")
        target.chmod(0o600)
        own = folder / "shared.yaml"
        own.write_text("a: 1\n")
        subprocess.run(["setfacl", "-m", "u:1234:r,g:99:rw", str(own)], check=True)
        subprocess.run(["setfacl", "-d", "-m", "u:65534:rwx,g:33:rwx,o::rwx", str(folder)], check=True)
        os.setxattr(target, "user.note", b"mine")
        before = [attributes(path) for path in (target, own)]
        for path in (target, own):
            assert files.write(str(path), b"a: 2\n", original=b"a: 1\n") is None
        assert [attributes(path) for path in (target, own)] == before


class TestStrays:
    @pytest.mark.parametrize(
        ("pid", "age", "stays"), [("4194304", 3600, False), ("4194304", 0, True), ("1", 3600, True)]
    )
    def test_only_old_ones_of_dead_processes_go(self, tmp_path: Path, pid: str, age: int, *, stays: bool) -> None:
        (tmp_path / "a.yaml").write_text(POD)
        stray = tmp_path / f".harden-{pid}-0123456789abcdef.tmp"
        stray.write_bytes(b"half")
        os.utime(stray, (time.time() - age,) * 2)
        others = [tmp_path / ".harden-notes.tmp", tmp_path / f"harden-{pid}-0123456789abcdef.tmp"]
        for other in others:
            other.write_bytes(b"mine")
            os.utime(other, (0, 0))
        run("apply", "a.yaml", cwd=tmp_path)
        assert stray.exists() is stays
        assert all(other.exists() for other in others)

    @pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
    def test_a_signal_while_the_temporary_file_is_there_leaves_none(
        self, tmp_path: Path, number: signal.Signals
    ) -> None:
        tool("strace")
        for call in ("fchmod", "fsync", "rename"):
            (tmp_path / "a.yaml").write_text(POD)
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
            command += ["-e", f"inject={call}:signal={number.name}:when=1"]
            done = subprocess.run(
                [*command, *HARDEN, "apply", "a.yaml"], cwd=tmp_path, capture_output=True, check=False
            )
            assert done.returncode in {128 + number, -number}, call
            assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"], call


@pytest.mark.parametrize("name", ["kustomization.yaml", ".gitignore", "harden.yaml", "harden-images.yaml", "pipe.yaml"])
@pytest.mark.parametrize("kind", ["pipe", "zero", "socket"])
def test_nothing_waits_for_a_pipe_or_reads_a_device_to_its_end(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / ".git").mkdir()
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    for words in (("check", "."), ("check", "--companions", "a.yaml"), ("graph", ".")):
        done = run(*words, cwd=tmp_path)
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode in {0, 1, 2}


def test_a_regular_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than"):
        read_regular(path, 4)


def test_a_neighbour_that_is_no_regular_file_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(files.look(str(tmp_path / "pipe")), Problem)
    assert files.look(str(tmp_path / "none")) is None
