"""`harden apply --interactive` on a terminal: what it shows, what each answer does, and that nothing is half done."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_session import POD, ROOT, Session, put, run_alone, tree

PROMPT = "Make this fix [y,n,a,d,c,C,f,F,q,?]? "
#: Redis is known to start as user 999, and `drop: [ALL]` is right for that user only.
REDIS = POD.replace("image: nginx", "image: redis:7.2-alpine").replace("web", "redis")
#: Two fixes: privilege escalation and seccomp.
NUMBERED = POD.replace(
    "image: nginx",
    "image: nginx\n    securityContext: {runAsUser: 7, runAsNonRoot: true, capabilities: {drop: [ALL]}}",
)


@dataclass(frozen=True, slots=True)
class Talk:
    """A run that asked: its exit code, all that it said, and the questions by their control, in order."""

    code: int
    text: str

    @property
    def asked(self) -> list[str]:
        pieces = self.text.split(PROMPT)[:-1]
        heads = [piece.rpartition("\n(")[2] for piece in pieces if "\n(" in piece]
        found = (re.search(r"^(?:safe|review|breaking)  ([a-z-]+): ", head, re.MULTILINE) for head in heads)
        return [each[1] for each in found if each is not None]

    @property
    def report(self) -> str:
        return self.text.rpartition(PROMPT)[2]


def talk(answers: str, *words: str, width: int = 100, end: bytes = b"") -> Talk:
    """Answer each question with a letter, what is left with `end`; words stand behind `apply --interactive`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "harden", "apply", "--interactive", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1"},
        start_new_session=True,
        # Ctrl-C reaches those whose terminal it is.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - there is one thread
    )
    os.close(theirs)
    said, left, sent, waits = "", [f"{answer}\n".encode() for answer in answers], b"", 0
    while waits < 6:
        if not select.select([ours], [], [], 10)[0]:
            # A signal that comes between Python's last look and its read is noticed with the next one only.
            waits += 1
            os.write(ours, sent)
            continue
        try:
            piece = os.read(ours, 65536).decode()
        except OSError:  # the other end is closed
            break
        said += piece
        if said.endswith(PROMPT) and (left or end):
            sent = b"" if left else end
            os.write(ours, left.pop(0) if left else end)
            said += "\n"
    os.close(ours)
    return Talk(process.wait(), said.replace("\r\n", "\n"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
class TestAnswers:
    def test_one_yes_and_one_no(self) -> None:
        put(a_yaml=NUMBERED)
        done = talk("yn")
        assert done.code == 1
        assert sorted(done.asked) == ["allow-privilege-escalation", "seccomp-profile"]
        text = Path("a.yaml").read_text()
        assert ("allowPrivilegeEscalation: false" in text, "seccompProfile" in text) in {(True, False), (False, True)}
        assert "you left it" in done.report

    def test_the_hunk_the_risk_and_the_reason_are_shown(self) -> None:
        put(a_yaml=NUMBERED)
        done = talk("dd")
        assert "(1/2) a.yaml:7  Pod web\n@@ -" in done.text
        assert "+" in done.text
        assert "review  allow-privilege-escalation: container " in done.text
        assert "would stop sudo, ping" in done.text

    @pytest.mark.parametrize("answer", ["a", "all"])
    def test_all(self, answer: str) -> None:
        put(a_yaml=POD, b__c_yaml=NUMBERED, d_yaml=REDIS)
        shutil.copytree(".", "../plain", dirs_exist_ok=True)
        done = talk("", end=f"{answer}\n".encode())
        assert len(done.asked) == 1
        subprocess.run(
            [sys.executable, "-m", "harden", "apply"],
            cwd="../plain",
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert tree() == {name: Path("../plain", name).read_bytes() for name in tree()}

    @pytest.mark.parametrize("answer", ["d", "q", "F", "n"])
    def test_none(self, answer: str) -> None:
        put(a_yaml=NUMBERED)
        before = tree()
        done = talk("", end=f"{answer}\n".encode())
        assert len(done.asked) == (2 if answer == "n" else 1)
        assert (done.code, tree()) == (1, before)

    def test_what_was_said_before_quitting_is_done(self) -> None:
        put(a_yaml=NUMBERED, b_yaml=NUMBERED)
        talk("yq")
        assert Path("a.yaml").read_text() != NUMBERED
        assert Path("b.yaml").read_text() == NUMBERED

    def test_a_file(self) -> None:
        put(a_yaml=NUMBERED, b_yaml=NUMBERED, c_yaml=NUMBERED)
        done = talk("fF", end=b"d\n")
        assert len(done.asked) == 3
        assert run_alone("check", "a.yaml").code == 0
        assert (Path("b.yaml").read_text(), Path("c.yaml").read_text()) == (NUMBERED, NUMBERED)

    def test_a_control(self) -> None:
        put(a_yaml=NUMBERED, b_yaml=NUMBERED)
        done = talk("cC")
        assert len(done.asked) == 2
        made, left = done.asked
        for name in ("a.yaml", "b.yaml"):
            text = Path(name).read_text()
            assert ("seccompProfile" in text) is (made == "seccomp-profile")
            assert ("allowPrivilegeEscalation" in text) is (left == "seccomp-profile")

    @pytest.mark.parametrize(
        ("then", "escalates"), [("cd", False), ("cq", False), ("Ca", True), ("CF", True), ("Cf", True)]
    )
    def test_what_a_control_was_told_stands_against_later_answers(self, then: str, escalates: bool) -> None:  # noqa: FBT001
        put(a_yaml=NUMBERED, b_yaml=NUMBERED)
        done = talk(then + "dd")
        assert done.asked[:2] == ["allow-privilege-escalation", "seccomp-profile"]
        texts = [Path(name).read_text() for name in ("a.yaml", "b.yaml")]
        assert ["allowPrivilegeEscalation: false" not in text for text in texts] == [escalates, escalates]

    def test_help_and_what_is_no_answer_ask_again(self) -> None:
        put(a_yaml=NUMBERED)
        done = talk("?xad")
        assert done.text.count("C - leave this and all that are left of its control") == 2
        assert run_alone("check", "a.yaml").code == 0


@pytest.mark.usefixtures("here")
class TestLeaning:
    def test_what_a_fix_takes_goes_with_it(self) -> None:
        put(a_yaml=REDIS)
        asked = talk("", end=b"n\n").asked
        put(a_yaml=REDIS)
        done = talk("".join("y" if each == "capabilities" else "n" for each in asked), end=b"n\n")
        carried = done.text.partition("with it, because it takes that:\n")[2]
        assert carried.startswith("safe  run-as-non-root: ")
        text = Path("a.yaml").read_text()
        assert ("drop:" in text, "runAsNonRoot: true" in text, "seccompProfile" in text) == (True, True, False)
        assert "run-as-non-root" not in done.asked

    def test_what_leans_on_a_fix_that_is_left_is_left(self) -> None:
        put(a_yaml=REDIS.replace("spec:\n", "spec:\n  securityContext: {fsGroup: 7}\n"))
        every = talk("", "--select", "run-as-non-root", "--select", "capabilities", end=b"n\n")
        assert "capabilities" in every.asked
        assert "you left" in every.report
        assert "drop:" not in Path("a.yaml").read_text()

    @pytest.mark.parametrize("seed", range(4))
    def test_whatever_is_chosen_is_proved_and_asked_about(self, seed: int) -> None:
        chance = random.Random(seed)
        for name in ("cart", "payments", "web"):
            shutil.copy(ROOT / "examples" / "shop" / "base" / f"{name}.yaml", f"{name}.yaml")
        done = talk("".join(chance.choice("yyyn") for _ in range(60)), end=b"d\n")
        assert done.code == 1
        assert "error" not in done.report
        # What was left can still be done, and what was done stays.
        assert run_alone("apply").code in {0, 1}
        assert run_alone("diff").code == 0


@pytest.mark.usefixtures("here")
class TestNothingIsHalfDone:
    @pytest.mark.parametrize("end", [b"\x03", b"\x04"], ids=["Ctrl-C", "end of input"])
    def test_an_end_in_between(self, end: bytes) -> None:
        put(a_yaml=NUMBERED, b_yaml=POD)
        before = tree()
        done = talk("yy", end=end)
        assert (done.code, tree()) == (130, before)
        assert "Traceback" not in done.text

    def test_a_file_that_changes_meanwhile_is_left(self) -> None:
        put(a_yaml=NUMBERED)
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "harden", "apply", "-i"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            said = ""
            while not said.endswith(PROMPT):
                said += os.read(ours, 65536).decode()
            put(a_yaml=f"# edited\n{NUMBERED}")
            os.write(ours, b"a\n")
            while select.select([ours], [], [], 60)[0]:
                try:
                    said += os.read(ours, 65536).decode()
                except OSError:
                    break
            assert process.wait(60) == 4
        os.close(ours)
        assert "changed since it was read" in said
        assert Path("a.yaml").read_text() == f"# edited\n{NUMBERED}"


@pytest.mark.usefixtures("here")
class TestWhatIsShown:
    def test_values_of_secrets_are_hidden(self) -> None:
        put(a_yaml=f"{POD}    env:\n    - {{name: DB_PASSWORD, value: hunter2-xK9}}\n")
        done = talk("d")
        assert "hunter2" not in done.text

    @pytest.mark.parametrize("width", [60, 80, 160])
    def test_it_fits_the_terminal(self, width: int) -> None:
        put(a_yaml=POD)
        done = talk("n", width=width, end=b"n\n")
        assert max(len(line) for line in done.text.splitlines() if not line.startswith(("+", "-", " ", "  "))) <= width

    def test_nothing_to_do_asks_nothing(self) -> None:
        put(a_yaml=NUMBERED)
        assert run_alone("apply").code == 0
        done = talk("")
        assert (done.code, done.asked) == (0, [])


class TestWhereNobodyCanAnswer:
    def test_without_a_terminal(self, harden: Session) -> None:
        put(a_yaml=POD)
        done = harden("apply", "--interactive")
        assert (done.code, done.out, tree()) == (2, b"", {"a.yaml": POD.encode()})
        assert done.err.startswith("harden: --interactive: it needs a terminal to ask on")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["check"], "only apply on files asks"),
            (["diff"], "only apply on files asks"),
            (["apply", "-"], "only apply on files asks"),
            (["apply", "--format", "json"], "leave --format out"),
            (["apply", "--companions"], "add --no-companions"),
            (["apply", "-p", "hardened"], "add --no-companions"),
        ],
    )
    def test_where_it_makes_no_sense(self, harden: Session, words: list[str], said: str) -> None:
        put(a_yaml=POD)
        done = harden(*words, "--interactive", stdin=POD.encode())
        assert (done.code, said in done.err, tree()) == (2, True, {"a.yaml": POD.encode()})
