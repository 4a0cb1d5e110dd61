"""Standard input, output and errors that are closed or full: one line where it can be read, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_session import POD, ROOT
from requirements import need

CLOSED = "harden: standard output is closed: nothing was done; > /dev/null is for who needs none\n"
FULL = "harden: standard output: cannot be written: No space left on device\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    need(Path("/dev/full").exists(), "there is no /dev/full, a disk that is always full")
    (tmp_path / "a.yaml").write_text(POD)
    return tmp_path


def shell(folder: Path, line: str, *, unbuffered: bool = False) -> tuple[int, str, str]:
    """Run a line of sh, whose `harden` is ours, and return its exit code, standard output and errors."""
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["sh", "-c", f'harden() {{ "{sys.executable}" -m harden "$@"; }}\n{line}'],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **({"PYTHONUNBUFFERED": "1"} if unbuffered else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", ["--help", "check a.yaml", "apply --quiet", "aply", "check --risk", "--version", "explain"]
)
def test_a_closed_output_is_told_before_anything_is_done(here: Path, words: str) -> None:
    assert shell(here, f"harden {words} >&-") == (4, "", CLOSED)
    assert (here / "a.yaml").read_text() == POD


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize(
    "words", ["--help", "check -h", "--version", "check a.yaml", "check a.yaml --format json", "diff a.yaml", "explain"]
)
def test_a_full_disk_is_told(here: Path, words: str, *, unbuffered: bool) -> None:
    assert shell(here, f"harden {words} >/dev/full", unbuffered=unbuffered) == (4, "", FULL)


@pytest.mark.parametrize("words", ["check -", "check --risk safe -", "diff -", "apply -"])
def test_a_closed_input_cannot_be_read(here: Path, words: str) -> None:
    code, out, err = shell(here, f"harden {words} <&-")
    report, other = (out, err) if words.startswith("check") else (err, out)
    assert (code, other) == (3, "")
    assert report.splitlines()[0] == "<stdin>: error: cannot be read: Bad file descriptor"


def test_a_closed_input_that_nobody_reads_is_no_matter(here: Path) -> None:
    assert shell(here, "harden check a.yaml <&-") == shell(here, "harden check a.yaml")


@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full"])
def test_nobody_is_there_to_be_told(here: Path, to: str) -> None:
    assert shell(here, f"harden check --risk nope {to}") == (2, "", "")
    assert shell(here, f"harden apply a.yaml - {to}") == (2, "", "")
    assert shell(here, f"harden check a.yaml >/dev/full {to}") == (4, "", "")
    assert shell(here, f"harden check a.yaml <&- >&- {to}") == (4, "", "")


def test_messages_may_go_nowhere(here: Path) -> None:
    code, out, _ = shell(here, "harden diff a.yaml")
    assert shell(here, "harden diff a.yaml 2>&-") == (code, out, "")
    assert shell(here, "harden diff a.yaml 2>/dev/full") == (4, out, "")


@pytest.mark.parametrize("option", ["--output", "--report-file"])
def test_a_result_file_that_is_full(here: Path, option: str) -> None:
    code, _, err = shell(here, f"harden check a.yaml {option} /dev/full")
    assert (code, err) == (4, "harden: /dev/full: cannot be written: No space left on device\n")


@pytest.mark.parametrize("words", ["--help", "diff a.yaml", "check --risk safe a.yaml"])
def test_who_has_seen_enough_is_no_error(here: Path, words: str) -> None:
    _, _, err = shell(here, f"harden {words} | true")
    assert "harden: " not in err
    assert "Traceback" not in err
