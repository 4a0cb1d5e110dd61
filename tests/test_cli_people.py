"""What people run into: pipes without `-`, folders with nothing in them, links, choices of controls, and colours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_session import POD, ROOT, Session, put, tree

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
CHECK = [sys.executable, "-m", "harden", "check", "-q"]
HINT = "harden: standard input is not read without -: write `harden {0} -` for it, or name the folder: `harden {0} .`\n"
CHART = {"chart__Chart_yaml": "name: shop\n", "chart__templates__web_yaml": "{{ x }}\n"}


class TestPiped:
    """Real processes with real pipes."""

    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        put(a_yaml=POD)

    def shell(self, line: str) -> tuple[int, str]:
        words = f'harden() {{ "{sys.executable}" -m harden "$@"; }}\n{line}'
        done = subprocess.run(
            ["bash", "-c", words],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    @pytest.mark.parametrize("command", ["apply", "diff", "check", "graph"])
    @pytest.mark.parametrize("source", ["cat a.yaml | ", "{ sleep 2; cat a.yaml; } | "])
    def test_a_pipe_without_a_dash_is_refused(self, source: str, command: str) -> None:
        assert self.shell(f"{source}harden {command}") == (2, HINT.format(command))
        assert tree() == {"a.yaml": POD.encode()}

    def test_so_is_one_that_is_open_and_silent(self) -> None:
        with subprocess.Popen(CHECK, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
            # As long as it is not closed, something may come.
            assert process.wait(60) == 2
            assert process.stderr is not None
            assert process.stderr.read().decode() == HINT.format("check")

    def test_so_is_a_redirected_file(self) -> None:
        assert self.shell("harden apply < a.yaml") == (2, HINT.format("apply"))
        assert tree() == {"a.yaml": POD.encode()}

    @pytest.mark.parametrize("line", ["cat a.yaml | harden apply -q .", "cat a.yaml | harden apply -q a.yaml"])
    def test_a_path_is_what_is_meant(self, line: str) -> None:
        assert self.shell(line)[0] == 0
        assert tree() != {"a.yaml": POD.encode()}

    @pytest.mark.parametrize(
        "line",
        [
            "harden apply < /dev/null",
            "true | harden apply",
            "printf '' | harden apply",
            ": > empty; harden apply < empty",
            "harden apply <&-",
            "while read -r name; do harden apply; done < <(echo one)",
        ],
    )
    def test_what_brings_nothing_is_no_matter(self, line: str) -> None:
        code, err = self.shell(line)
        assert (code, err) == (0, "")
        assert tree()["a.yaml"] != POD.encode()

    def test_a_program_that_closes_its_pipe_late_is_waited_for(self) -> None:
        with subprocess.Popen(CHECK, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=ENVIRONMENT) as process:
            assert process.stdin is not None
            time.sleep(0.2)
            process.stdin.close()
            assert process.wait(60) == 1

    def test_a_socket_that_nobody_writes_to_is_no_matter(self) -> None:
        import socket

        ours, theirs = socket.socketpair()
        with ours, theirs:
            done = subprocess.run(CHECK, stdin=theirs, capture_output=True, env=ENVIRONMENT, check=False)
            assert done.returncode == 1
            ours.sendall(POD.encode())
            done = subprocess.run(CHECK, stdin=theirs, capture_output=True, env=ENVIRONMENT, check=False)
            assert (done.returncode, done.stderr.decode()) == (2, HINT.format("check"))

    def test_flows_may_come_through_it(self) -> None:
        code, err = self.shell("printf 'shop,cart,shop,store,8080\\n' | harden check -q --companions --flows -")
        assert (code, err) == (1, "")


class TestNothing:
    def test_an_empty_folder(self, harden: Session) -> None:
        Path("empty").mkdir()
        for words in (["check", "empty/"], ["check", "-q", "empty"], ["check", "./empty"]):
            done = harden(*words)
            assert done.code == 0
            said = "nothing was looked at: no file below it matches *.yaml *.yml *.json (--include GLOB takes others)"
            assert f"{words[-1]}: note: {said}\n" in done.text
        assert harden("check", "--strict", "empty").code == 1

    def test_the_current_folder(self, harden: Session) -> None:
        assert ".: note: nothing was looked at: " in harden("check").text
        assert harden("apply", "--strict").code == 1

    def test_a_glob_that_matches_nothing(self, harden: Session) -> None:
        put(d__a_yaml=POD)
        done = harden("check", "--include", "*.tmpl", "d")
        assert "d: note: nothing was looked at: no file below it matches *.tmpl" in done.text
        assert done.code == 0

    def test_one_of_several_folders(self, harden: Session) -> None:
        put(d__a_yaml=POD)
        Path("e").mkdir()
        said = harden("check", "d", "e").text
        assert "e: note: nothing was looked at" in said
        assert "d: note" not in said

    def test_a_chart(self, harden: Session) -> None:
        put(**CHART)
        done = harden("check", "-q", "chart")
        assert (
            done.code,
            "chart: note: no workload was looked at: a chart's templates are no YAML before" in done.text,
        ) == (
            0,
            True,
        )
        assert "(helm template chart | harden check -)" in done.text
        assert harden("check", "--strict", "chart").code == 1

    @pytest.mark.parametrize("path", ["chart/templates/web.yaml", "./chart/templates/web.yaml"])
    def test_the_chart_of_a_named_template_is_what_helm_renders(self, harden: Session, path: str) -> None:
        put(chart__Chart_yaml="name: chart\n", chart__templates__web_yaml="{{ .Values.x }}\n")
        said = harden("check", "--force-exclude", path).text
        assert "(helm template chart | harden check -)" in said

    def test_named_files_that_hold_no_object(self, harden: Session) -> None:
        put(a_yaml="a: []\n", b_yaml="foo: 1\n", c_yaml=POD, d_yaml='"k\\u0069nd": Pod\n')
        said = "note: nothing was looked at: no object stands in it (apiVersion, kind)"
        for words in (["a.yaml"], ["./b.yaml"], ["a.yaml", "b.yaml"]):
            done = harden("check", *words)
            assert (done.code, done.text.count(said)) == (0, len(words))
            assert harden("check", "--strict", *words).code == 1
        for words in (["a.yaml", "c.yaml"], ["d.yaml"], ["--force-exclude", "a.yaml"], ["."]):
            assert said not in harden("check", *words).text

    def test_a_named_file_that_is_no_yaml_is_an_error_though_no_kind_stands_in_it(self, harden: Session) -> None:
        put(d__a_yaml="metadata: [\n", c_yaml=POD, b_txt="metadata: [\n", e_yaml="a: {{ .Values.a }}\n")
        for words in (["d/a.yaml"], ["c.yaml", "d/a.yaml"]):
            done = harden("check", *words)
            assert done.code == 3
            assert "d/a.yaml:1: error: " in done.text
            assert "nothing was looked at" not in done.text
        # In a folder, and where a hook names it, it is another tool's.
        assert "a.yaml" not in harden("check", "d", "c.yaml").text
        assert harden("check", "--force-exclude", "d/a.yaml").code == 0
        assert harden("check", "b.txt", "e.yaml").code == 0

    @pytest.mark.parametrize("data", [b"", b" \n\n"])
    def test_a_pipe_that_brings_nothing(self, harden: Session, data: bytes) -> None:
        done = harden("check", "-", stdin=data)
        assert (done.code, "<stdin>: note: nothing was looked at: nothing came in" in done.text) == (0, True)
        assert harden("check", "--strict", "-", stdin=data).code == 1
        assert harden("apply", "-", stdin=data).out == data
        assert "note:" not in harden("check", "--strict", "-", stdin=b"# nothing to deploy\n").text

    def test_a_chart_beside_workloads(self, harden: Session) -> None:
        put(a_yaml=POD, **CHART)
        done = harden("check", ".")
        assert "note:" not in done.text
        assert "left out: 1 chart template" in done.text

    def test_a_file_without_a_manifest_may_be_named_as_hooks_do(self, harden: Session) -> None:
        put(notes_yaml="a: 1\n")
        for words in ([], ["--strict"]):
            done = harden("check", "--force-exclude", *words, "notes.yaml")
            assert (done.code, "note:" in done.text) == (0, False)

    def test_quiet_says_what_was_left_alone_and_the_last_line_counts_it(self, harden: Session) -> None:
        put(a_yaml="apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n")
        done = harden("check", "-q")
        assert "a.yaml: document 1, Deployment web: left alone, " in done.text
        assert done.last.endswith(" · 1 left alone")


class TestLinks:
    def test_diff_and_apply_name_what_they_change(self, harden: Session) -> None:
        put(real__a_yaml=POD)
        Path("d").mkdir()
        Path("d/link.yaml").symlink_to("../real/a.yaml")
        patch = harden("diff", "d/link.yaml").out
        assert patch.startswith(b"--- a/real/a.yaml\n+++ b/real/a.yaml\n")
        before = Path("real/a.yaml").read_bytes()
        subprocess.run(["git", "apply", "-"], input=patch, check=True)
        patched = Path("real/a.yaml").read_bytes()
        Path("real/a.yaml").write_bytes(before)
        assert harden("apply", "d/link.yaml").text.startswith("real/a.yaml\n")
        assert Path("real/a.yaml").read_bytes() == patched
        assert Path("d/link.yaml").is_symlink()

    def test_a_link_that_leaves_the_folder_is_not_written_through(self, harden: Session) -> None:
        put(real__a_yaml=POD, d__b_yaml=POD)
        Path("d/link.yaml").symlink_to("../real/a.yaml")
        done = harden("apply", "d")
        assert "left out: 1 link that leaves the folders (--follow-links)" in done.text
        assert Path("real/a.yaml").read_text() == POD
        assert "real/a.yaml\n" in harden("apply", "--follow-links", "d").text
        assert Path("real/a.yaml").read_text() != POD

    def test_a_link_to_nothing_is_left_out(self, harden: Session) -> None:
        put(a_yaml=POD)
        Path("gone.yaml").symlink_to("nowhere.yaml")
        done = harden("apply")
        assert (done.code, "left out: 1 link to nothing" in done.text) == (0, True)
        assert harden("apply", "gone.yaml").code == 3


class TestChosen:
    def controls(self, harden: Session, *words: str) -> set[str]:
        data = json.loads(harden("check", "--format", "json", *words).out)
        found = {f["control"] for file in data["files"] for w in file["workloads"] for f in w["findings"]}
        # What no control of the run answers for is said all the same.
        return found - {"pod-security"}

    def test_select_and_ignore(self, harden: Session) -> None:
        put(a_yaml=POD)
        every = self.controls(harden)
        assert self.controls(harden, "--select", "seccomp-profile") == {"seccomp-profile"}
        assert self.controls(harden, "--ignore", "seccomp-profile") == every - {"seccomp-profile"}
        assert self.controls(harden, "--ignore", "seccomp-profile", "--ignore", "capabilities") == every - {
            "seccomp-profile", "capabilities",
        }  # fmt: skip
        # One that no level asks for.
        assert self.controls(harden, "--select", "read-only-root-filesystem") == {"read-only-root-filesystem"}

    def test_what_is_not_looked_at_stays(self, harden: Session) -> None:
        put(a_yaml=POD)
        assert harden("apply", "--select", "seccomp-profile").code == 1
        said = Path("a.yaml").read_text()
        assert "seccompProfile" in said
        assert "capabilities" not in said

    def test_in_harden_yaml_and_options_win(self, harden: Session) -> None:
        put(a_yaml=POD, harden_yaml="select: [seccomp-profile, capabilities]\nignore: [capabilities]\n")
        assert self.controls(harden, "a.yaml") == {"seccomp-profile"}
        assert "capabilities" in self.controls(harden, "a.yaml", "--ignore", "probes")

    def test_a_profile_shows_who_chose(self, harden: Session) -> None:
        put(harden_yaml="ignore: [capabilities]\n")
        lines = harden("profile", "restricted").text.splitlines()
        row = lines[lines.index("  capabilities:") + 1]
        assert row.split() == ["enabled:", "false", "#", "harden.yaml"]

    def test_to_select_a_companion_asks_for_companions(self, harden: Session) -> None:
        put(a_yaml=POD.replace("name: web  # kept", "name: web\n  namespace: shop\n  labels: {app: web}"))
        data = json.loads(harden("check", "--format", "json", "--select", "network-policy").out)
        assert {found["kind"] for found in data["companions"]} == {"NetworkPolicy"}


@pytest.mark.parametrize("word", ["1.30", "v1.30", "v1.30.4", "1.30.4"])
def test_versions_as_people_write_them(harden: Session, word: str) -> None:
    put(a_yaml=POD)
    assert harden("check", "--pss-version", word).last.startswith("0 of 1 workload admitted at restricted (v1.30)")
    for key in ("version", "pss-version"):
        put(harden_yaml=f"{key}: '{word}'\n", ours_yaml=f"extends: restricted\n{key}: '{word}'\n")
        assert harden("check", "a.yaml").last.startswith("0 of 1 workload admitted at restricted (v1.30)")
        Path("harden.yaml").unlink()
        assert harden("check", "a.yaml", "-p", "ours.yaml").last.startswith(
            "0 of 1 workload admitted at restricted (v1.30)"
        )


def test_flows_are_what_was_observed(harden: Session) -> None:
    workload = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: c
        image: registry.example.com/{name}:1
        ports: [{{containerPort: 8080}}]
"""
    put(a_yaml=workload.format(name="cart"), b_yaml=workload.format(name="store"))
    put(flows_csv="shop,cart,shop,store,8080\nnonsense\n")
    without, observed = harden("graph").text, harden("graph", "--flows", "flows.csv").text
    assert "(its namespace)" in without
    assert "(its namespace)" not in observed
    assert "(named clients only)" in observed
    done = harden("diff", "--companions", "--flows", "flows.csv")
    assert "flows.csv" in done.text
    said = "harden: --flows: flows.csv: 1 line is no connection with both ends, and passed over\n"
    assert done.err.startswith(said)


class TestStatistics:
    def test_counts_by_control(self, harden: Session) -> None:
        put(a_yaml=POD, b_yaml=POD)
        lines = harden("check", "--statistics").text.splitlines()
        assert lines[0] == "2  allow-privilege-escalation  2 fixable"
        assert len(lines) == 5
        assert " 2 fixed" in harden("apply", "--statistics").text.splitlines()[0]

    def test_beside_a_patch(self, harden: Session) -> None:
        put(a_yaml=POD)
        assert "--statistics: counts are text" in harden("diff", "--statistics").err
        assert "1  capabilities" in harden("diff", "--statistics", "--format", "text").text


class TestColor:
    def test_always_is_for_pipes_too(self, harden: Session) -> None:
        put(a_yaml=POD)
        assert b"\x1b[" in harden("check", "--color", "always").out
        assert b"\x1b[32m+" in harden("diff", "--color", "always").out
        for words in (["--color", "never"], ["--color", "auto"], []):
            assert b"\x1b[" not in harden("check", *words).out

    def test_it_wins_over_no_color(self, harden: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        put(a_yaml=POD)
        assert b"\x1b[" in harden("check", "--color", "always").out
        assert b"\x1b[" not in harden("check", "--color", "always", "--no-color").out

    def test_json_never_is(self, harden: Session) -> None:
        put(a_yaml=POD)
        assert b"\x1b[" not in harden("check", "--color", "always", "--format", "json").out


class TestExplain:
    @pytest.mark.parametrize(
        ("check", "control"),
        [
            ("runAsNonRoot", "run-as-non-root"),
            ("capabilities_restricted", "capabilities"),
            ("hostPathVolumes", "host-path-volumes"),
            ("RUNASUSER", "run-as-user"),
        ],
    )
    def test_official_checks(self, harden: Session, check: str, control: str) -> None:
        assert f"# {control}\n" in harden("explain", check).text

    def test_controls_that_look_at_bundles(self, harden: Session) -> None:
        assert harden("explain", "network-policy").text.startswith("# network-policy\n")

    def test_a_page_that_is_piped_is_markdown(self, harden: Session) -> None:
        assert "\n## Why\n" in harden("explain", "probes").text
