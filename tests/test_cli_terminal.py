"""What a person sees: colours, widths, the progress bar, and what Ctrl-C does."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from cli_session import POD, ROOT, run_alone

_FORCING = ("FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")
LONG = POD.replace("web", "a-container-with-a-name-that-is-as-long-as-people-make-them-when-they-are-let")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / "long.yaml").write_text(LONG)
    return tmp_path


def on_terminal(*words: str, width: int = 80, env: dict[str, str] | None = None) -> str:
    """Return what harden writes to a terminal of that width."""
    return spoken([sys.executable, "-m", "harden", *words], width=width, env=env)


def spoken(command: list[str], *, width: int = 80, env: dict[str, str] | None = None) -> str:
    """Return what a command writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    inherited = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS", *_FORCING}}
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **(env or {})},
        close_fds=True,
    )
    os.close(theirs)
    said = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    process.wait()
    return said.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


@pytest.mark.usefixtures("here")
class TestColours:
    def test_a_terminal_is_coloured(self) -> None:
        said = on_terminal("check", "a.yaml")
        assert "\x1b[33m" in said
        assert plain(said).startswith("a.yaml\n  Pod web   restricted: refused by 4 checks\n")

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    @pytest.mark.parametrize("command", ["check", "diff"])
    def test_not_where_it_is_not_wanted(self, env: dict[str, str], command: str) -> None:
        assert "\x1b" not in on_terminal(command, "a.yaml", env=env)

    @pytest.mark.parametrize("command", ["check", "diff"])
    def test_not_with_no_color(self, command: str) -> None:
        assert "\x1b" not in on_terminal(command, "a.yaml", "--no-color")

    def test_an_empty_no_color_says_nothing(self) -> None:
        assert "\x1b[" in on_terminal("check", "a.yaml", env={"NO_COLOR": ""})

    @pytest.mark.parametrize("name", ["FORCE_COLOR", "CLICOLOR_FORCE"])
    @pytest.mark.parametrize("against", ["NO_COLOR", "CLICOLOR"])
    def test_colours_can_be_forced_on_what_people_read(self, name: str, against: str) -> None:
        env = {name: "1", against: "" if against == "NO_COLOR" else "0"}
        assert "\x1b[33m" in run_alone("check", "a.yaml", env=env).text
        assert "\x1b" not in run_alone("check", "a.yaml", "--color", "never", env=env).text

    @pytest.mark.parametrize("env", [{"FORCE_COLOR": ""}, {"CLICOLOR_FORCE": "0"}, {"CLICOLOR_FORCE": ""}])
    def test_not_by_what_says_nothing(self, env: dict[str, str]) -> None:
        assert "\x1b" not in run_alone("check", "a.yaml", env=env).text

    def test_what_programs_read_is_never_forced(self) -> None:
        env = {"FORCE_COLOR": "1"}
        assert "\x1b" not in run_alone("diff", "a.yaml", env=env).text
        assert "\x1b" not in run_alone("check", "a.yaml", "--format", "json", env=env).text
        assert "\x1b[32m" in run_alone("diff", "a.yaml", "--color", "always").text

    def test_clicolor_switches_them_off(self) -> None:
        assert "\x1b" not in on_terminal("check", "a.yaml", env={"CLICOLOR": "0"})

    def test_a_patch_is_coloured_line_by_line(self) -> None:
        said = on_terminal("diff", "a.yaml")
        assert "\x1b[32m+    securityContext:" in said
        assert "--- a/a.yaml\n+++ b/a.yaml\n@@ -" in plain(said)

    def test_json_is_never_coloured(self) -> None:
        assert "\x1b" not in on_terminal("check", "a.yaml", "--format", "json")

    def test_files_get_no_colour(self) -> None:
        on_terminal("check", "a.yaml", "--output", "out.txt")
        assert "\x1b" not in Path("out.txt").read_text()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("color", [[], ["--no-color"]], ids=["color", "plain"])
def test_findings_fit_the_terminal(width: int, color: list[str]) -> None:
    said = plain(on_terminal("apply", "--risk", "safe", *color, width=width))
    lines = said.splitlines()
    words = {word for line in lines for word in line.split()}
    assert {"seccomp-profile:", "seccomp-profile"} & words
    longest = max((line for line in lines if line.startswith("    ")), key=len)
    # A name is not broken, however long.
    assert len(longest) <= max(
        width, 11 + len("a-container-with-a-name-that-is-as-long-as-people-make-them-when-they-are-let") + 2
    )


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("width", [80, 160])
def test_a_manual_page_is_text_that_is_wrapped_at_words(width: int) -> None:
    said = plain(on_terminal("explain", "capabilities", width=width))
    lines = said.splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert lines[0] == "capabilities"
    for mark in ("##", "`", "|", "**", "]("):
        assert mark not in said
    assert "Why" in lines
    page = run_alone("explain", "capabilities").text
    words = re.sub(r"[`#|]|\*\*", "", page).split()
    assert [word for word in said.split() if word not in words] == []


@pytest.mark.usefixtures("here")
def test_the_list_of_controls_fits() -> None:
    said = plain(on_terminal("explain"))
    assert max(map(len, said.splitlines())) <= 80
    assert said.split() == run_alone("explain").text.split()


@pytest.mark.usefixtures("here")
def test_colours_of_a_manual_page_are_those_of_the_terminal() -> None:
    assert on_terminal("explain", "probes").startswith("\x1b[1mprobes\x1b[0m\n")
    assert "\x1b" not in on_terminal("explain", "probes", env={"NO_COLOR": "1"})


@pytest.mark.usefixtures("here")
def test_beside_a_pager_the_summary_is_one_line_and_comes_last() -> None:
    Path("a.yaml").write_text(POD + "  volumes:\n  - name: logs\n    hostPath: {path: /var/log}\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harden", "diff", "a.yaml"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )
    os.close(theirs)
    with process:
        assert process.stdout is not None
        # Nothing is said before the patch is whole: the pipe is full until somebody reads.
        assert process.stdout.read().endswith(b"\n")
        said = os.read(ours, 65536).decode()
        assert process.wait(60) == 1
    os.close(ours)
    assert "\x1b" not in said
    assert said.startswith("0 of 1 workload admitted at restricted")
    assert "still refused" not in said


@pytest.mark.usefixtures("here")
def test_a_short_run_shows_no_bar() -> None:
    assert "━" not in on_terminal("check", "a.yaml")


def test_a_long_run_shows_a_bar_that_goes_away(tmp_path: Path) -> None:
    code = """
from harden.cli.console.progress import Progress
bar = Progress(3, patience=0)
bar.stage("parse", 3)
for name in ("a.yaml", "[b].yaml", "c.yaml"):
    bar(name)
    bar.draw()
bar.stage("judge")
bar.draw()
bar.close()
print("done")
"""
    script = tmp_path / "bar.py"
    script.write_text(code)
    said = spoken([sys.executable, str(script)])
    assert "\u2501" in said
    for shown in ("parse ", "0/3 ", "a.yaml", "1/3 ", " files/s", "[b].yaml", "2/3 ", "c.yaml", "judge "):
        assert shown in plain(said)
    assert plain(said).splitlines()[-1].endswith("done")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_without_a_traceback(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    # A process that is started in the background may have inherited that it ignores Ctrl-C.
    start = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom harden.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start, "check", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdin is not None
        # More than a pipe holds: when this returns, harden is reading.
        process.stdin.write(b"# \n" * 100_000)
        process.stdin.flush()
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")


class TestTimings:
    def test_stages_are_told_on_standard_error(self, here: Path) -> None:
        done = run_alone("check", "--timings", "a.yaml", "--format", "json")
        assert (done.code, done.text.startswith("{")) == (1, True)
        first, *rows, total = done.err.splitlines()
        assert first == "timings, without the start of the program:"
        names = [row[2:].rpartition("  ")[0].strip() for row in rows]
        assert [re.sub(r" +[\d,]+$", "", name) for name in names] == [
            "settings",
            "find files",
            "read files",
            "look around",
            "parse",
            "judge",
            "fix and prove",
            "describe",
            "write",
            "report",
        ]
        assert all(re.fullmatch(r"  [a-z ]+ +[\d,]+ ms", row) for row in rows)
        assert re.fullmatch(r"  total +[\d,]+ ms  1 file, [\d,]+ per second", total)
        assert here.exists()

    def test_a_long_stream_is_shared_out(self) -> None:
        pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: a}\n---\n"
        done = run_alone("check", "--timings", "-", stdin=(pod * 900).encode())
        assert ("  in parallel " in done.err) is (len(os.sched_getaffinity(0)) > 1)

    def test_nothing_is_told_unasked(self, here: Path) -> None:
        assert run_alone("check", "a.yaml").err == ""
        assert here.exists()


def test_explain_knows_every_official_check() -> None:
    from harden.cli.commands.explain import manual
    from harden.pss.registry import ALL

    for check in ALL:
        assert check.id in manual(check.id)
