"""The commands: what they print where, what they write, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from cli_session import POD, ROOT, Session, put, run_alone, tree
from report_samples import failures, file, outcome, run, shop, workload

from harden import __version__
from harden.adapters.unwritten import with_problem
from harden.cli.run.exit_code import status
from harden.model.finding import Risk
from harden.model.report import FileReport, Problem, Stage
from harden.model.text import SourceText

#: A pod that is short of restricted whatever is accepted: nobody can say what its hostPath volume is for.
STUCK = POD + "  volumes:\n  - name: logs\n    hostPath: {path: /var/log}\n"
SCHEMA = json.loads((ROOT / "harden" / "schemas" / "report.schema.json").read_text())

#: A strategic merge patch: what it leaves out makes it one.
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx
"""


@pytest.fixture
def harden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Session:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Session(monkeypatch, capfdbinary)


@pytest.fixture
def hardened(harden: Session) -> bytes:
    """Return the pod as `apply` leaves it."""
    return harden("apply", "-", stdin=POD.encode()).out


class TestApply:
    def test_rewrites_in_place_and_says_so_on_stdout(self, harden: Session, hardened: bytes) -> None:
        put(d__a_yaml=POD)
        done = harden("apply", "d")
        assert (done.code, done.err) == (0, "")
        assert "  Pod web   restricted: refused by 4 checks -> admitted\n" in done.text
        assert done.last.endswith(", 0 before · 1 of 1 file changed · 4 fixes: 4 to review")
        assert tree() == {"d/a.yaml": hardened}
        assert hardened != POD.encode()
        assert b"  name: web  # kept\n" in hardened

    def test_a_second_run_changes_nothing(self, harden: Session, hardened: bytes) -> None:
        put(a_yaml=hardened)
        done = harden("apply")
        assert (done.code, done.text) == (
            0,
            "1 of 1 workload admitted at restricted (v1.37), 1 before · 0 of 1 file changed\n",
        )
        assert tree() == {"a.yaml": hardened}

    def test_without_a_path_it_works_on_the_current_folder(self, harden: Session, hardened: bytes) -> None:
        put(a_yaml=POD, d__b_yml=POD, package_json='{"name": "x"}', notes_txt=POD)
        assert harden("apply", "-q").last.startswith(
            "2 of 2 workloads admitted at restricted (v1.37), 0 before · 2 of 3 files changed"
        )
        assert tree() == {
            "a.yaml": hardened, "d/b.yml": hardened, "notes.txt": POD.encode(), "package.json": b'{"name": "x"}',
        }  # fmt: skip

    def test_what_stays_short_is_exit_code_1(self, harden: Session) -> None:
        put(a_yaml=STUCK)
        done = harden("apply")
        assert done.code == 1
        assert "still refused at restricted (v1.37):\n  a.yaml:1: Pod web: restrictedVolumes\n" in done.text
        assert "1 for you to decide" in done.last

    def test_a_risk_that_is_not_accepted_is_held(self, harden: Session) -> None:
        unknown = POD.replace("nginx", "registry.example.com/web:1")
        put(a_yaml=unknown)
        done = harden("apply", "--risk", "safe")
        assert done.code == 1
        assert "review (--risk review)" in done.last
        assert tree() == {"a.yaml": unknown.encode()}

    def test_line_ends_mark_and_missing_last_line_feed_stay(self, harden: Session) -> None:
        before = b"\xef\xbb\xbf" + POD.replace("\n", "\r\n").encode().removesuffix(b"\r\n")
        put(a_yaml=before)
        harden("apply")
        after = tree()["a.yaml"]
        assert after.startswith(b"\xef\xbb\xbfapiVersion: v1\r\n")
        assert after.count(b"\n") == after.count(b"\r\n")
        assert not after.endswith(b"\n")

    def test_numbers_of_lines_are_those_of_the_new_file(self, harden: Session) -> None:
        put(a_yaml=POD)
        said = harden("apply").text
        lines = Path("a.yaml").read_text().splitlines()
        for title, key in (("drop ALL", "drop:"), ("allowPrivilegeEscalation false", "allowPrivilegeEscalation")):
            row = next(line for line in said.splitlines() if title in line)
            assert key in lines[int(row.split()[1]) - 1]

    def test_a_symbolic_link_stays(self, harden: Session, hardened: bytes) -> None:
        put(real__a_yaml=POD)
        Path("a.yaml").symlink_to("real/a.yaml")
        assert harden("apply", "a.yaml").code == 0
        assert Path("a.yaml").is_symlink()
        assert Path("real/a.yaml").read_bytes() == hardened


class TestStream:
    def test_apply_goes_from_stdin_to_stdout(self, harden: Session, hardened: bytes) -> None:
        done = harden("apply", "-", stdin=POD.encode())
        assert (done.code, done.out) == (0, hardened)
        assert done.err.startswith("<stdin>\n  Pod web   restricted: refused by 4 checks -> admitted\n")
        assert tree() == {}

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", 0),
            (b"# nothing\r\n---\r\n", 0),
            (b"kind: Pod\na: [\n", 3),
            (b"\xff\xfea\x00", 3),
            (b"\x00" * 60_000_000, 3),
        ],
        ids=["empty", "comment", "broken", "utf-16", "huge"],
    )
    def test_what_is_not_changed_comes_out_as_it_was(self, harden: Session, data: bytes, code: int) -> None:
        done = harden("apply", "-", "-q", stdin=data)
        assert (done.code, done.out == data) == (code, True)

    def test_errors_are_on_stderr(self, harden: Session) -> None:
        done = harden("apply", "-", stdin=POD.encode() + b"    env: [\n")
        assert (done.code, done.out) == (3, POD.encode() + b"    env: [\n")
        assert done.err.startswith("<stdin>:9: error: ")

    def test_hardened_bytes_go_to_the_output_file(self, harden: Session, hardened: bytes) -> None:
        done = harden("apply", "-", "--output", "new.yaml", stdin=POD.encode())
        assert (done.code, done.out) == (0, b"")
        assert tree() == {"new.yaml": hardened}

    def test_diff_and_check(self, harden: Session) -> None:
        done = harden("diff", "-", stdin=POD.encode())
        assert (done.code, done.text.splitlines()[:2]) == (1, ["--- a/<stdin>", "+++ b/<stdin>"])
        assert harden("check", "-", stdin=POD.encode()).text.startswith(
            "<stdin>\n  Pod web   restricted: refused by 4 checks\n"
        )

    @pytest.mark.parametrize("words", [("apply", "-", "a.yaml"), ("check", "a.yaml", "-")])
    def test_stdin_stands_alone(self, harden: Session, words: tuple[str, ...]) -> None:
        put(a_yaml=POD)
        done = harden(*words, stdin=POD.encode())
        assert (done.code, done.out) == (2, b"")
        assert done.err == "harden: - (standard input) must be the only path: pass files in a run of their own\n"

    @pytest.mark.parametrize("form", ["json", "diff"])
    def test_apply_has_no_room_for_a_report_on_stdout(self, harden: Session, form: str) -> None:
        done = harden("apply", "-", "--format", form, stdin=POD.encode())
        assert (done.code, done.out) == (2, b"")
        assert "use --report-file" in done.err


class TestDiff:
    def test_the_patch_is_what_apply_does(self, harden: Session, hardened: bytes) -> None:
        put(d__a_yaml=POD, b_yaml=hardened)
        done = harden("diff")
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith(
            "2 of 2 workloads admitted at restricted (v1.37), 1 before · 1 of 2 files would change · 4 fixes: "
        )
        assert tree() == {"b.yaml": hardened, "d/a.yaml": POD.encode()}
        subprocess.run(["git", "apply", "-"], input=done.out, check=True)
        assert tree() == {"b.yaml": hardened, "d/a.yaml": hardened}

    def test_nothing_to_do_is_no_patch(self, harden: Session, hardened: bytes) -> None:
        put(a_yaml=hardened)
        done = harden("diff", "-q")
        assert (done.code, done.out) == (0, b"")

    def test_what_has_no_fix_is_no_difference(self, harden: Session) -> None:
        put(a_yaml=STUCK)
        harden("apply")
        done = harden("diff")
        assert (done.code, done.out) == (0, b"")
        assert "  a.yaml:1: Pod web: restrictedVolumes\n" in done.err

    def test_as_text(self, harden: Session) -> None:
        put(a_yaml=POD)
        done = harden("diff", "--format", "text")
        assert (done.code, done.err) == (1, "")
        assert done.text.startswith("a.yaml\n  Pod web   restricted: refused by 4 checks -> admitted\n")

    def test_quiet(self, harden: Session) -> None:
        put(a_yaml=POD)
        done = harden("diff", "-q")
        assert done.text.startswith("--- a/a.yaml\n")
        assert done.err.count("\n") == 1


class TestCheck:
    def test_says_what_is_short_and_changes_nothing(self, harden: Session) -> None:
        put(a_yaml=POD)
        done = harden("check")
        assert (done.code, done.err) == (1, "")
        assert done.text.startswith("a.yaml\n  Pod web   restricted: refused by 4 checks\n    *  ")
        assert done.last.startswith("0 of 1 workload admitted at restricted (v1.37) · ")
        assert tree() == {"a.yaml": POD.encode()}

    def test_nothing_to_do(self, harden: Session, hardened: bytes) -> None:
        put(a_yaml=hardened)
        done = harden("check")
        assert (done.code, done.text) == (0, "1 of 1 workload admitted at restricted (v1.37) · 1 file\n")

    def test_makes_no_diff(self, harden: Session) -> None:
        done = harden("check", "--format", "diff")
        assert (done.code, done.err) == (2, "harden: --format: check makes no diff: use harden diff\n")

    @pytest.mark.parametrize("mode", ["check", "diff", "apply"])
    def test_json_is_the_same_report_on_stdout_and_in_a_file(self, harden: Session, mode: str) -> None:
        put(a_yaml=STUCK, bad_yaml="kind: Pod\na: [\n")
        done = harden(mode, ".", "gone.yaml", "--format", "json", "--report-file", "report.json")
        assert done.code == 3
        assert Path("report.json").read_bytes() == done.out
        data = json.loads(done.out)
        jsonschema_rs.validate(SCHEMA, data)
        assert [entry["path"] for entry in data["files"]] == ["a.yaml", "bad.yaml", "gone.yaml"]
        pod = data["files"][0]["workloads"][0]
        assert pod["admitted"] is False
        assert {finding["applied"] for finding in pod["findings"]} == ({False} if mode == "check" else {False, True})
        assert [line.split(" ")[0] for line in done.err.splitlines()] == ["gone.yaml:", "bad.yaml:2:"]


class TestGoals:
    def test_profile_level_and_version_are_named(self, harden: Session) -> None:
        put(a_yaml=POD)
        assert harden("check", "-p", "baseline").last == "1 of 1 workload admitted at baseline (v1.37) · 1 file"
        assert harden("check", "--pss-version", "v1.20").last.startswith(
            "0 of 1 workload admitted at restricted (v1.20)"
        )

    def test_a_profile_file(self, harden: Session) -> None:
        put(a_yaml=POD, ours_yaml="extends: baseline\nname: ours\n")
        assert harden("check", "a.yaml", "-p", "ours.yaml").last.startswith(
            "1 of 1 workload admitted at baseline (v1.37)"
        )

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-p", "restrictd"], 'unknown profile "restrictd": did you mean "restricted"?'),
            (["-p", "./gone.yaml"], 'the profile file "./gone.yaml" does not exist'),
            (["--risk", "braking"], '--risk: unknown risk "braking": did you mean "breaking"?'),
            (["--pss-version", "2.30"], "--pss-version: version must be v1.N"),
            (["--format", "pdf"], '--format: unknown format "pdf"; known formats: text, diff, json'),
            (["--config", "gone.yaml"], 'the configuration file "gone.yaml" does not exist'),
            (
                ["--report-file", "gone/out"],
                "gone/out: cannot be written: its folder does not exist, or it is a folder itself",
            ),
            (["--report-file", "."], ".: cannot be written: its folder does not exist, or it is a folder itself"),
        ],
    )
    def test_what_is_wrong_is_one_line_and_nothing_is_done(self, harden: Session, words: list[str], said: str) -> None:
        put(a_yaml=POD)
        done = harden("apply", *words)
        assert (done.code, done.out) == (2, b"")
        assert done.err.startswith(f"harden: {said}")
        assert done.err.count("\n") == 1
        assert tree() == {"a.yaml": POD.encode()}

    def test_companions_are_accepted(self, harden: Session, hardened: bytes) -> None:
        put(a_yaml=hardened)
        assert harden("apply", "--companions").code == harden("apply", "--no-companions").code == 0


class TestConfig:
    def test_the_nearest_one_upwards_holds(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(harden_yaml="profile: baseline\n", d__e__a_yaml=POD)
        monkeypatch.chdir("d/e")
        assert harden("check").last == "1 of 1 workload admitted at baseline (v1.37) · 1 file"

    def test_options_win(self, harden: Session) -> None:
        put(harden_yaml="profile: baseline\npss-version: v1.20\nformat: json\n", a_yaml=POD)
        done = harden("check", "a.yaml", "-p", "restricted", "--format", "text")
        assert done.last.startswith("0 of 1 workload admitted at restricted (v1.20) · ")

    def test_its_globs_hold_from_its_folder(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        put(harden_yaml="include: ['d/*.tmpl', '*.yaml']\nexclude: ['d/b.yaml', 'skipped']\n")
        put(d__a_yaml=POD, d__b_yaml=POD, d__c_tmpl=POD, d__skipped__x_yaml=POD, e__d__b_yaml=POD, e__c_tmpl=POD)

        def looked_at(*words: str) -> list[str]:
            data = json.loads(harden("check", "--format", "json", *words).out)
            return [entry["path"] for entry in data["files"]]

        assert looked_at() == ["d/a.yaml", "d/c.tmpl", "e/d/b.yaml", "harden.yaml"]
        assert looked_at("--exclude", "e", "--exclude", "harden.yaml") == ["d/a.yaml", "d/c.tmpl"]
        assert looked_at("--include", "*.tmpl") == ["d/c.tmpl", "e/c.tmpl"]
        monkeypatch.chdir("d")
        assert looked_at() == ["a.yaml", "c.tmpl"]

    def test_a_named_one(self, harden: Session) -> None:
        put(ci__config_yaml="profile: ours.yaml\n", ci__ours_yaml="extends: baseline\n", a_yaml=POD)
        assert harden("check", "a.yaml", "--config", "ci/config.yaml").last.startswith(
            "1 of 1 workload admitted at baseline (v1.37)"
        )

    def test_what_is_wrong_in_it_names_file_and_line(self, harden: Session) -> None:
        put(harden_yaml="profile: baseline\nrisc: safe\n")
        done = harden("check")
        assert (done.code, done.err) == (2, 'harden: harden.yaml:2: unknown key "risc": did you mean "risk"?\n')


class TestInputs:
    def test_what_was_left_out_is_counted(self, harden: Session) -> None:
        put(chart__Chart_yaml="a: 1\n", chart__templates__a_yaml="{{ x }}\n", chart__templates__b_yaml="{{ x }}\n")
        assert "left out: 2 chart templates\n" in harden("check").text

    def test_a_kustomize_patch_is_left_alone_even_when_its_kustomization_is_not_named(self, harden: Session) -> None:
        put(base__kustomization_yaml="patches:\n- path: sub/patch.yaml\n", base__sub__patch_yaml=PATCH)
        done = harden("apply", "base/sub/patch.yaml")
        assert done.code == 0
        assert "left alone, a patch of base/kustomization.yaml" in done.text
        assert tree()["base/sub/patch.yaml"] == PATCH.encode()

    def test_a_whole_object_that_is_called_a_patch_is_looked_at(self, harden: Session, hardened: bytes) -> None:
        put(base__kustomization_yaml="patches:\n- path: sub/patch.yaml\n", base__sub__patch_yaml=POD)
        assert harden("apply", "base/sub/patch.yaml").code == 0
        assert tree()["base/sub/patch.yaml"] == hardened

    def test_a_broken_kustomization_nearby_disturbs_nobody(self, harden: Session, hardened: bytes) -> None:
        put(kustomization_yaml="patches: [\n", kustomization_yml=b"\xff\xfe", a_yaml=POD)
        assert harden("apply", "a.yaml").code == 0
        assert tree()["a.yaml"] == hardened

    def test_a_name_that_is_no_utf8(self, harden: Session, hardened: bytes) -> None:
        name = os.fsdecode(b"caf\xe9.yaml")
        Path(name).write_text(POD)
        assert "caf\\udce9.yaml\n" in harden("check").text
        assert harden("check", "--format", "json").code == 1
        patch = harden("diff").out
        subprocess.run(["git", "apply", "-"], input=patch, check=True)
        assert Path(name).read_bytes() == hardened


class TestPages:
    def test_explain(self, harden: Session) -> None:
        done = harden("explain", "capabilities")
        assert (done.code, done.err) == (0, "")
        assert done.text.startswith("# capabilities\n")
        assert any(line.startswith("capabilities ") for line in harden("explain").text.splitlines())

    def test_explain_suggests(self, harden: Session) -> None:
        done = harden("explain", "capability")
        assert (done.code, done.out) == (2, b"")
        assert 'did you mean "capabilities"?' in done.err

    def test_profile(self, harden: Session) -> None:
        assert "restricted  " in harden("profile").text
        assert "(default)" in harden("profile").text
        put(harden_yaml="risk: safe\n")
        done = harden("profile", "baseline", "--pss-version", "v1.30")
        rows = [line.split() for line in done.text.splitlines()[:4]]
        assert rows[1:] == [
            ["level:", "baseline", "#", "baseline", "(shipped)"],
            ["pss-version:", "v1.30", "#", "--pss-version"],
            ["risk:", "safe", "#", "harden.yaml"],
        ]

    def test_version(self, harden: Session) -> None:
        assert (harden("--version").text, harden("--version").code) == (f"harden {__version__}\n", 0)


class TestUsage:
    def test_no_command_prints_the_help(self, harden: Session) -> None:
        done = harden()
        assert done.code == 2
        assert "Commands:" in done.text + done.err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["aply"], "Did you mean 'apply'?"),
            (["apply", "--riks", "safe"], "--risk"),
            (["check", "--risk"], "requires an argument"),
            (["explain", "a", "b"], "unexpected extra argument"),
        ],
    )
    def test_wrong_words(self, harden: Session, words: list[str], said: str) -> None:
        done = harden(*words)
        assert (done.code, done.out) == (2, b"")
        assert said in done.err
        assert "Traceback" not in done.err

    @pytest.mark.parametrize("command", ["apply", "diff", "check"])
    def test_help_names_every_option_under_its_heading(self, harden: Session, command: str) -> None:
        said = harden(command, "--help").text
        assert max(map(len, said.partition("Examples:")[0].splitlines())) <= 80
        heads = [line for line in said.splitlines() if line.endswith(":") and not line.startswith(" ")]
        assert heads == [
            "Arguments:",
            "What to reach:",
            "What to write beside the manifests:",
            "What to look at:",
            "What comes out:",
            "Options:",
        ]
        assert "Examples:" in said
        for option in ("--profile", "--pss-version", "--risk", "--companions", "--include", "--exclude", "--config"):
            assert option in said
        for option in ("--format", "--output", "--report-file", "--quiet", "--no-color"):
            assert option in said

    def test_help_of_the_program_names_commands_and_exit_codes(self, harden: Session) -> None:
        said = harden("-h").text
        for word in ("apply", "diff", "check", "explain", "profile", "Exit codes:", "--install-completion"):
            assert word in said
        assert "..." not in said.partition("Commands:")[2]


NOTE = Problem("a", Stage.NOTE, "m")
FIXED = outcome(1, "c", "t", "r", Risk.SAFE)
OPEN = outcome(1, "c", "t", "r", None)
DONE = file("a", workload("Pod", "p", failures("x"), (), FIXED), changed=True)
LEFT = file("a", workload("Pod", "p", failures("x"), failures("x"), FIXED, OPEN), changed=True)
ADVISED = file("a", workload("Pod", "p", (), (), OPEN))
FINE = file("a", workload("Pod", "p", (), ()), problems=(NOTE,))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (run(), 0),
        (run(FINE), 0),
        (run(FINE, mode="check"), 0),
        (run(DONE), 0),
        (run(DONE, mode="diff"), 1),
        (run(DONE, mode="check"), 1),
        (run(LEFT), 1),
        (run(ADVISED), 1),
        (run(ADVISED, mode="diff"), 0),
        (run(ADVISED, mode="check"), 1),
        (run(LEFT, problems=(Problem("b", Stage.READ, "m"),)), 3),
        (run(file("a", problems=(Problem("a", Stage.MALFORMED, "m"),))), 3),
        (run(file("a", problems=(Problem("a", Stage.VERIFY, "m"),))), 4),
        (run(file("a", problems=(Problem("a", Stage.WRITE, "m"), Problem("a", Stage.READ, "m")))), 4),
        (shop(), 3),
    ],
)
def test_exit_codes(report: object, code: int) -> None:
    assert status(report) == code  # type: ignore[arg-type] # the table holds reports


def test_a_file_that_could_not_be_written_is_reported_as_it_was() -> None:
    before = "".join(f"{number}\n" for number in range(1, 11))
    after = "new\n" + before.replace("5\n", "5\nnew\nnew\n")
    pod = workload(
        "Pod", "p", failures("x"), (),
        *(outcome(line, "c", "t", "r", Risk.SAFE) for line in (1, 4, 7, 8)), outcome(9, "c", "t", "r", None), line=2,
    )  # fmt: skip
    report = FileReport("a", SourceText("a", before), after, (pod,))
    failed = with_problem(report, Problem("a", Stage.WRITE, "could not be written"))
    assert not failed.changed
    assert failed.workloads[0].after == failures("x")
    assert failed.workloads[0].line == 1
    outcomes = failed.workloads[0].outcomes
    assert [found.line for found in outcomes] == [1, 3, 5, 5, 6]
    assert [found.applied for found in outcomes] == [False] * 5
    assert [found.held and found.held.text for found in outcomes] == ["the file could not be written"] * 4 + ["r"]
    noted = with_problem(report, Problem("a", Stage.NOTE, "hard links"))
    assert (noted.changed, noted.workloads) == (True, (pod,))


class TestAlone:
    """Whole processes: what only they can show."""

    def test_a_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        put(a_yaml=POD)
        done = run_alone("check", "a.yaml", env={"LC_ALL": "C", "PYTHONUTF8": "0"})
        assert (done.code, done.err) == (1, "")
        assert " · " in done.last

    def test_nobody_reads_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        put(a_yaml="---\n".join(POD.replace("web", f"web-{number}") for number in range(300)))
        shell = f"{{ PYTHONPATH='{ROOT}' {sys.executable} -m harden diff a.yaml; echo $? >&2; }} | head -n 1"
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
        assert done.stdout == "--- a/a.yaml\n"
        assert done.stderr.splitlines()[-1] == "1"
        assert "Error" not in done.stderr


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "--quiet", "-i"]], ids=["git", "patch"])
def test_the_patch_of_the_examples_is_what_apply_does(
    tool: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    trees = []
    for name in ("patched", "applied"):
        folder = tmp_path / name
        shutil.copytree(ROOT / "examples", folder)
        monkeypatch.chdir(folder)
        session = Session(monkeypatch, capfdbinary)
        if name == "applied":
            session("apply", "--risk", "breaking")
        else:
            Path("../the.patch").write_bytes(session("diff", "--risk", "breaking").out)
            subprocess.run([*tool, "../the.patch"], check=True)
        trees.append(tree())
    assert trees[0] == trees[1]
    assert any(data != (ROOT / "examples" / name).read_bytes() for name, data in trees[1].items())
